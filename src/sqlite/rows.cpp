// SPDX-License-Identifier: BSL-1.0
#include "sqlite/rows.hpp"

#include "tandem/core/key.hpp"

#include "sqlite/fences.hpp"

#include <algorithm>
#include <limits>

namespace tandem::sqlite::detail {

namespace {

result<void> bind_row(cursor& at, const table_ref& t, const row& image, version v) {
    const auto& columns = t.layout->columns;
    if (image.size() != columns.size()) {
        return error(errc::type_mismatch, "a row for '" + t.schema->name + "' has " +
                                              std::to_string(image.size()) + " values instead of " +
                                              std::to_string(columns.size()));
    }
    for (std::size_t field = 0; field < columns.size(); ++field) {
        TANDEM_TRY(const auto value, encode(image[field], columns[field]));
        at.bind(static_cast<int>(field) + 1, value);
    }
    if (!t.schema->version_column.empty()) {
        at.bind(static_cast<int>(columns.size()) + 1, v.value);
    }
    return success();
}

cursor& bind_control(cursor& at, const state& s, table_id t, std::string_view encoded) {
    return at.bind(1, s.bound.id).bind_text(2, s.side_text()).bind(3, t).bind_blob(4, encoded);
}

} // namespace

result<void> bind_key(cursor& at, const table_ref& t, const key& parts, int first) {
    const auto& fields = t.layout->key_fields;
    if (parts.size() != fields.size()) {
        return error(errc::type_mismatch, "a key for '" + t.schema->name + "' has " +
                                              std::to_string(parts.size()) + " parts instead of " +
                                              std::to_string(fields.size()));
    }
    for (std::size_t i = 0; i < parts.size(); ++i) {
        TANDEM_TRY(const auto value, encode(parts[i], t.layout->columns[fields[i]]));
        at.bind(first + static_cast<int>(i), value);
    }
    return success();
}

result<stored_row> read_row(const cursor& found, const table_ref& t, int first) {
    const auto& columns = t.layout->columns;
    stored_row out;
    out.image.reserve(columns.size());
    for (std::size_t field = 0; field < columns.size(); ++field) {
        TANDEM_TRY(auto value,
                   decode(found.value(first + static_cast<int>(field)), columns[field]));
        out.image.push_back(std::move(value));
    }
    if (!t.schema->version_column.empty()) {
        out.version = {found.integer(first + static_cast<int>(columns.size()))};
    }
    return out;
}

result<std::optional<stored_row>> find_row(connection& c, const table_ref& t, const key& parts) {
    TANDEM_TRY(auto found, c.prepare(t.sql->find));
    TANDEM_TRY(bind_key(found, t, parts, 1));
    TANDEM_TRY(const bool is_there, found.step());
    if (!is_there) return std::optional<stored_row>();
    TANDEM_TRY(auto held, read_row(found, t, 0));
    return std::optional(std::move(held));
}

result<std::optional<version>> find_version(connection& c, const table_ref& t, const key& parts) {
    TANDEM_TRY(auto found, c.prepare(t.sql->find_version));
    TANDEM_TRY(bind_key(found, t, parts, 1));
    TANDEM_TRY(const bool is_there, found.step());
    if (!is_there) return std::optional<version>();
    return std::optional(version{found.integer(0)});
}

std::int64_t limit_of(std::size_t limit) noexcept {
    constexpr auto most = static_cast<std::size_t>(std::numeric_limits<std::int64_t>::max());
    return static_cast<std::int64_t>(std::min(limit, most));
}

result<std::vector<stored_row>> scan_rows(connection& c, const table_ref& t, const key_range& range,
                                          std::size_t limit) {
    const auto& lower = range.after ? range.after : range.from;
    const std::size_t lower_kind = range.after ? 2 : (range.from ? 1 : 0);
    TANDEM_TRY(auto found, c.prepare(t.sql->scan[lower_kind][range.to ? 1 : 0]));
    int next = 1;
    for (const auto* bound : {&lower, &range.to}) {
        if (!*bound) continue;
        TANDEM_TRY(bind_key(found, t, **bound, next));
        next += static_cast<int>((*bound)->size());
    }
    found.bind(next, limit_of(limit));
    std::vector<stored_row> rows;
    for (;;) {
        TANDEM_TRY(const bool more, found.step());
        if (!more) return rows;
        TANDEM_TRY(auto held, read_row(found, t, 0));
        rows.push_back(std::move(held));
    }
}

result<void> insert_row(connection& c, const table_ref& t, const row& image, version v) {
    TANDEM_TRY(auto at, c.prepare(t.sql->insert));
    TANDEM_TRY(bind_row(at, t, image, v));
    return at.run();
}

result<void> update_row(connection& c, const table_ref& t, const row& image, version v) {
    TANDEM_TRY(auto at, c.prepare(t.sql->update));
    TANDEM_TRY(bind_row(at, t, image, v));
    TANDEM_TRY(at.run());
    if (c.changes() == 1) return success();
    return error(errc::type_mismatch, "the key in a row for '" + t.schema->name +
                                          "' is not the key that was named beside it");
}

result<bool> erase_row(connection& c, const table_ref& t, const key& parts) {
    TANDEM_TRY(auto at, c.prepare(t.sql->erase));
    TANDEM_TRY(bind_key(at, t, parts, 1));
    TANDEM_TRY(at.run());
    return c.changes() > 0;
}

result<void> erase_all(connection& c, const table_ref& t) {
    TANDEM_TRY(auto at, c.prepare(t.sql->erase_all));
    return at.run();
}

result<std::optional<tombstone>> find_tombstone(connection& c, const state& s, table_id t,
                                                std::string_view encoded) {
    TANDEM_TRY(auto found, c.prepare(s.sql.control.find_tombstone));
    bind_control(found, s, t, encoded);
    TANDEM_TRY(const bool is_there, found.step());
    if (!is_there) return std::optional<tombstone>();
    return std::optional(tombstone{{found.integer(0)}, found.integer(1)});
}

result<void> put_tombstone(connection& c, const state& s, table_id t, std::string_view encoded,
                           const tombstone& put) {
    TANDEM_TRY(auto at, c.prepare(s.sql.control.put_tombstone));
    bind_control(at, s, t, encoded)
        .bind(5, put.version.value)
        .bind(6, put.epoch)
        .bind(7, bucket_of(encoded, s.bound.buckets));
    return at.run();
}

result<void> drop_tombstone(connection& c, const state& s, table_id t, std::string_view encoded) {
    TANDEM_TRY(auto at, c.prepare(s.sql.control.drop_tombstone));
    bind_control(at, s, t, encoded);
    return at.run();
}

result<std::int64_t> add_intent(connection& c, const state& s, table_id t, std::string_view encoded,
                                version v, epoch e, bool deleted) {
    TANDEM_TRY(const auto id, next_id(c, s.sql.control.next_intent));
    TANDEM_TRY(auto at, c.prepare(s.sql.control.add_intent));
    at.bind(1, s.bound.id)
        .bind_text(2, s.side_text())
        .bind(3, bucket_of(encoded, s.bound.buckets))
        .bind(4, t)
        .bind_blob(5, encoded)
        .bind(6, v.value)
        .bind(7, e)
        .bind(8, deleted ? 1 : 0)
        .bind(9, id);
    TANDEM_TRY(at.run());
    return id;
}

result<change> present_state(connection& c, const state& s, table_id t, const row_key& wanted,
                             const tombstone& fallback) {
    change out{.table = t, .key = wanted.encoded};
    TANDEM_TRY(auto live, find_row(c, s.own_table(t), wanted.parts));
    TANDEM_TRY(const auto dead, find_tombstone(c, s, t, wanted.encoded));
    if (live && (!dead || dead->version < live->version)) {
        out.version = live->version;
        out.image = std::move(live->image);
        return out;
    }
    const tombstone& chosen = dead ? *dead : fallback;
    out.version = chosen.version;
    out.tombstone_epoch = chosen.epoch;
    return out;
}

} // namespace tandem::sqlite::detail
