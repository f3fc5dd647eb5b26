// SPDX-License-Identifier: BSL-1.0
//
// Reads. Each answer has its fence from the snapshot that gave the rows: one statement for one row,
// one read transaction for several.
#include "tandem/core/key.hpp"
#include "tandem/sqlite/store.hpp"

#include "sqlite/fences.hpp"
#include "sqlite/rows.hpp"

namespace tandem::sqlite {

using detail::snapshot;

result<read_reply> store::read(side which, table_id table, const row_key& wanted,
                               const call_context& call) {
    auto& s = *state_;
    TANDEM_TRY(s.ready(table));
    TANDEM_TRY(auto reader, s.readers.take(call));
    TANDEM_TRY(s.load_layouts(*reader));
    const auto t = s.table(which, table);
    TANDEM_TRY(auto found, reader->prepare(t.sql->find_fenced));
    TANDEM_TRY(detail::bind_key(found, t, wanted.parts, 1));
    const int next = static_cast<int>(wanted.parts.size()) + 1;
    found.bind(next, s.bound.id)
        .bind_text(next + 1, s.side_text())
        .bind(next + 2, bucket_of(wanted.encoded, s.bound.buckets));
    TANDEM_TRY(const bool is_installed, found.step());
    if (!is_installed) return detail::not_installed(s);
    read_reply out;
    TANDEM_TRY(out.fence, detail::read_fence_row(found, 0));
    // The join found no row where even the key is NULL.
    const int key_column = detail::fence_columns + static_cast<int>(t.layout->key_fields.front());
    if (found.is_null(key_column)) return out;
    TANDEM_TRY(out.found, detail::read_row(found, t, detail::fence_columns));
    return out;
}

result<read_many_reply> store::read_many(side which, table_id table, std::span<const row_key> keys,
                                         const call_context& call) {
    TANDEM_TRY(state_->ready(table));
    TANDEM_TRY(auto view, snapshot::begin(*state_, call));
    read_many_reply out;
    TANDEM_TRY(out.fences, detail::read_fences(*view, *state_));
    out.rows.reserve(keys.size());
    for (const auto& wanted : keys) {
        TANDEM_TRY(auto held, detail::find_row(*view, state_->table(which, table), wanted.parts));
        out.rows.push_back(std::move(held));
    }
    return out;
}

result<scan_reply> store::scan(side which, table_id table, const key_range& range,
                               std::size_t limit, const call_context& call) {
    TANDEM_TRY(state_->ready(table));
    TANDEM_TRY(auto view, snapshot::begin(*state_, call));
    scan_reply out;
    TANDEM_TRY(out.fences, detail::read_fences(*view, *state_));
    TANDEM_TRY(out.rows, detail::scan_rows(*view, state_->table(which, table), range, limit));
    return out;
}

result<tombstones_reply> store::tombstones(table_id table, std::string_view after,
                                           std::size_t limit, const call_context& call) {
    const auto& s = *state_;
    TANDEM_TRY(s.ready(table));
    TANDEM_TRY(auto view, snapshot::begin(*state_, call));
    tombstones_reply out;
    TANDEM_TRY(out.fences, detail::read_fences(*view, s));
    TANDEM_TRY(auto found, (*view).prepare(s.sql.control.list_tombstones));
    found.bind(1, s.bound.id).bind_text(2, s.side_text()).bind(3, table).bind_blob(4, after);
    found.bind(5, detail::limit_of(limit));
    for (;;) {
        TANDEM_TRY(const bool more, found.step());
        if (!more) return out;
        change c{.table = table, .key = std::string(found.blob(0))};
        c.version = {found.integer(1)};
        c.tombstone_epoch = found.integer(2);
        out.tombstones.push_back(std::move(c));
    }
}

} // namespace tandem::sqlite
