// SPDX-License-Identifier: BSL-1.0
#include "sqlite/sequences.hpp"

#include "tandem/sqlite/store.hpp"

#include <algorithm>
#include <limits>

namespace tandem::sqlite {

namespace detail {

namespace {

/// What sqlite_sequence says; 0 where it says nothing. The table exists once install() has run.
result<std::int64_t> given_out(connection& c, const state& s, const table_ref& t) {
    if (!t.layout->autoincrement) return std::int64_t{0};
    TANDEM_TRY(auto found, c.prepare(s.sql.control.sequence));
    TANDEM_TRY(const bool is_there, found.bind_text(1, t.layout->live_name).step());
    return is_there ? found.integer(0) : std::int64_t{0};
}

result<std::int64_t> greatest_key(connection& c, const table_ref& t) {
    TANDEM_TRY(auto found,
               c.prepare_once("SELECT coalesce(max(rowid), 0) FROM " + quote(t.layout->live_name),
                              "reading the greatest key"));
    TANDEM_TRY(const bool is_there, found.step());
    return is_there ? found.integer(0) : std::int64_t{0};
}

result<std::int64_t> last_value(connection& c, const state& s, const table_ref& t) {
    TANDEM_TRY(const auto given, given_out(c, s, t));
    TANDEM_TRY(const auto held, greatest_key(c, t));
    return std::max(given, held);
}

result<void> set_sequence(connection& c, const state& s, const table_ref& t, std::int64_t to) {
    TANDEM_TRY(auto at, c.prepare(s.sql.control.update_sequence));
    TANDEM_TRY(at.bind_text(1, t.layout->live_name).bind(2, to).run());
    if (c.changes() > 0) return success();
    TANDEM_TRY(auto add, c.prepare(s.sql.control.insert_sequence));
    return add.bind_text(1, t.layout->live_name).bind(2, to).run();
}

std::int64_t raised(std::int64_t last, std::int64_t margin) noexcept {
    const auto most = std::numeric_limits<std::int64_t>::max();
    return last > most - margin ? most : last + margin;
}

result<void> move_sequence(connection& c, const state& s, const table_ref& t, std::int64_t others,
                           std::int64_t margin) {
    if (!t.layout->autoincrement) return success();
    TANDEM_TRY(const auto own, last_value(c, s, t));
    return set_sequence(c, s, t, raised(std::max(own, others), std::max<std::int64_t>(margin, 0)));
}

} // namespace

result<std::vector<sequence_value>> list_sequences(connection& c, const state& s) {
    std::vector<sequence_value> out;
    for (std::size_t i = 0; i < s.bound.tables.size(); ++i) {
        const auto id = static_cast<table_id>(i);
        const auto t = s.own_table(id);
        if (!t.layout->rowid_field) continue;
        TANDEM_TRY(const auto last, last_value(c, s, t));
        out.push_back({.table = id, .field = *t.layout->rowid_field, .last = last});
    }
    return out;
}

result<void> move_sequences(connection& c, const state& s, std::span<const sequence_value> given,
                            std::int64_t margin) {
    for (std::size_t i = 0; i < s.bound.tables.size(); ++i) {
        const auto id = static_cast<table_id>(i);
        const auto t = s.own_table(id);
        std::int64_t others = 0;
        for (const auto& value : given) {
            if (value.table == id && value.field == t.layout->rowid_field) {
                others = std::max(others, value.last);
            }
        }
        TANDEM_TRY(move_sequence(c, s, t, others, margin));
    }
    return success();
}

result<void> move_joint_sequences(connection& c, const state& s, side primary,
                                  std::int64_t margin) {
    for (std::size_t i = 0; i < s.bound.tables.size(); ++i) {
        const auto id = static_cast<table_id>(i);
        const auto from = s.table(other(primary), id);
        std::int64_t others = 0;
        if (from.layout->rowid_field) {
            TANDEM_TRY(others, last_value(c, s, from));
        }
        TANDEM_TRY(move_sequence(c, s, s.table(primary, id), others, margin));
    }
    return success();
}

} // namespace detail

result<std::vector<sequence_value>> store::sequences(const call_context& call) {
    TANDEM_TRY(auto view, detail::snapshot::begin(*state_, call));
    return detail::list_sequences(*view, *state_);
}

} // namespace tandem::sqlite
