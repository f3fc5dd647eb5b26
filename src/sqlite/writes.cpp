// SPDX-License-Identifier: BSL-1.0
//
// Single writes at the primary, loading, and copying between the tables of a joint store.
#include "tandem/core/key.hpp"
#include "tandem/sqlite/store.hpp"

#include "sqlite/fences.hpp"
#include "sqlite/write_rules.hpp"

namespace tandem::sqlite {

using detail::unit;

namespace detail {

namespace {

/// Whether every bucket is at the primary in a dual phase of this era.
bool is_open(const fences& all, epoch era) noexcept {
    for (const auto& f : all) {
        if (f.role != role::primary || !is_dual(f.phase) || f.era != era) return false;
    }
    return true;
}

result<void> copy_row(connection& c, const table_ref& to, const key& parts, const row& image) {
    TANDEM_TRY(const auto there, find_version(c, to, parts));
    return there ? update_row(c, to, image, {}) : insert_row(c, to, image, {});
}

} // namespace

} // namespace detail

result<write_reply> store::write(const write_command& command, route, const call_context& call) {
    auto& s = *state_;
    TANDEM_TRY(s.ready(command.table));
    TANDEM_TRY(auto open, unit::begin(s, call, detail::foreign_keys::enforced));
    const int bucket = bucket_of(command.key.encoded, s.bound.buckets);
    TANDEM_TRY(const auto f, detail::read_fence(*open, s, bucket));
    if (f.role != role::primary) return write_reply{};
    TANDEM_TRY(auto reply, detail::write_under_fence(*open, s, f, command));
    if (reply.status != write_status::committed) return reply;
    TANDEM_TRY(detail::complete_reply(*open, s, command, reply));
    TANDEM_TRY(open.commit(call));
    return reply;
}

result<std::int64_t> store::bulk_load(table_id table, std::span<const row> rows,
                                      const call_context& call) {
    auto& s = *state_;
    TANDEM_TRY(s.ready(table));
    TANDEM_TRY(auto open, unit::begin(s, call, detail::foreign_keys::enforced));
    for (const auto& image : rows) {
        TANDEM_TRY(detail::insert_row(*open, s.own_table(table), image, {}));
    }
    TANDEM_TRY(open.commit(call));
    return static_cast<std::int64_t>(rows.size());
}

result<std::optional<key>> store::copy_chunk(table_id table, const std::optional<key>& after,
                                             epoch era, std::size_t limit,
                                             const call_context& call) {
    auto& s = *state_;
    TANDEM_TRY(s.ready(table));
    if (!s.bound.is_joint()) {
        return error(errc::unsupported,
                     "only a store bound in same_transaction mode copies between its own tables");
    }
    TANDEM_TRY(auto open, unit::begin(s, call, detail::foreign_keys::enforced));
    TANDEM_TRY(const auto all, detail::read_fences(*open, s));
    if (!detail::is_open(all, era)) {
        return error(errc::fenced, "the era of this backfill has ended; start it again with the "
                                   "era of the fence");
    }
    const side primary = primary_of(all.front().phase);
    const auto from = s.table(primary, table);
    key_range range;
    range.after = after;
    TANDEM_TRY(const auto rows, detail::scan_rows(*open, from, range, limit));
    if (rows.empty()) return std::optional<key>();
    for (const auto& held : rows) {
        TANDEM_TRY(detail::copy_row(*open, s.table(other(primary), table),
                                    from.schema->key_of(held.image), held.image));
    }
    TANDEM_TRY(open.commit(call));
    return std::optional(from.schema->key_of(rows.back().image));
}

} // namespace tandem::sqlite
