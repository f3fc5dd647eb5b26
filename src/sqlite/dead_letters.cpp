// SPDX-License-Identifier: BSL-1.0
//
// Dead letters, and the marks of the tables that lost one.
#include "tandem/sqlite/store.hpp"

#include "sqlite/fences.hpp"
#include "sqlite/rows.hpp"
#include "sqlite/state.hpp"

#include <set>

namespace tandem::sqlite {

using detail::snapshot;
using detail::unit;

namespace detail {

namespace {

/// Executes a statement of one id; how many rows it changed.
result<std::int64_t> run_for_id(connection& c, const state& s, const statement_text& text,
                                std::int64_t id) {
    TANDEM_TRY(auto at, c.prepare(text));
    TANDEM_TRY(at.bind(1, s.bound.id).bind_text(2, s.side_text()).bind(3, id).run());
    return c.changes();
}

result<void> put_mark(connection& c, const state& s, std::int64_t table, std::string_view reason) {
    TANDEM_TRY(auto forget, c.prepare(s.sql.control.forget_mark));
    forget.bind(1, s.bound.id).bind_text(2, s.side_text()).bind(3, table);
    TANDEM_TRY(forget.bind_text(4, reason).run());
    TANDEM_TRY(const auto id, next_id(c, s.sql.control.next_mark));
    TANDEM_TRY(auto at, c.prepare(s.sql.control.add_mark));
    at.bind(1, s.bound.id).bind_text(2, s.side_text()).bind(3, table);
    return at.bind_text(4, reason).bind(5, id).run();
}

/// The table of a dead letter; nothing where it is none.
result<std::optional<std::int64_t>> table_of_dead(connection& c, const state& s, std::int64_t id) {
    TANDEM_TRY(auto found, c.prepare(s.sql.control.find_dead));
    found.bind(1, s.bound.id).bind_text(2, s.side_text()).bind(3, id);
    TANDEM_TRY(const bool is_there, found.step());
    if (!is_there) return std::optional<std::int64_t>();
    return std::optional(found.integer(0));
}

} // namespace

} // namespace detail

result<std::vector<dead_letter>> store::dead_letters(std::int64_t after, std::size_t limit,
                                                     const call_context& call) {
    const auto& s = *state_;
    TANDEM_TRY(auto view, snapshot::begin(*state_, call));
    TANDEM_TRY(auto found, (*view).prepare(s.sql.control.dead_letters));
    found.bind(1, s.bound.id).bind_text(2, s.side_text()).bind(3, after);
    found.bind(4, detail::limit_of(limit));
    std::vector<dead_letter> out;
    for (;;) {
        TANDEM_TRY(const bool more, found.step());
        if (!more) return out;
        out.push_back({.owing = s.bound.side,
                       .id = found.integer(0),
                       .table = static_cast<table_id>(found.integer(1)),
                       .key = std::string(found.blob(2)),
                       .version = {found.integer(3)},
                       .attempts = static_cast<int>(found.integer(4)),
                       .last_error = std::string(found.text(5)),
                       .age_ms = found.integer(6)});
    }
}

result<std::int64_t> store::revive(std::span<const std::int64_t> ids, const call_context& call) {
    const auto& s = *state_;
    TANDEM_TRY(auto open, unit::begin(*state_, call, detail::foreign_keys::ignored));
    std::int64_t revived = 0;
    if (ids.empty()) {
        TANDEM_TRY(auto at, open->prepare(s.sql.control.revive_all));
        TANDEM_TRY(at.bind(1, s.bound.id).bind_text(2, s.side_text()).run());
        revived = open->changes();
    }
    for (const auto id : ids) {
        TANDEM_TRY(const auto one, detail::run_for_id(*open, s, s.sql.control.revive, id));
        revived += one;
    }
    TANDEM_TRY(open.commit(call));
    return revived;
}

result<std::int64_t> store::drop(std::span<const std::int64_t> ids, std::string_view reason,
                                 const call_context& call) {
    const auto& s = *state_;
    TANDEM_TRY(auto open, unit::begin(*state_, call, detail::foreign_keys::ignored));
    std::set<std::int64_t> tables;
    std::int64_t dropped = 0;
    for (const auto id : ids) {
        TANDEM_TRY(const auto table, detail::table_of_dead(*open, s, id));
        if (!table) continue;
        tables.insert(*table);
        TANDEM_TRY(const auto gone, detail::run_for_id(*open, s, s.sql.control.settle, id));
        dropped += gone;
        TANDEM_TRY(auto failure, open->prepare(s.sql.control.drop_dead));
        TANDEM_TRY(failure.bind(1, id).run());
    }
    for (const auto table : tables) {
        TANDEM_TRY(detail::put_mark(*open, s, table, reason));
    }
    TANDEM_TRY(open.commit(call));
    return dropped;
}

result<void> store::mark_dirty(table_id table, std::string_view reason, const call_context& call) {
    TANDEM_TRY(state_->ready(table));
    TANDEM_TRY(auto open, unit::begin(*state_, call, detail::foreign_keys::ignored));
    TANDEM_TRY(detail::put_mark(*open, *state_, table, reason));
    return open.commit(call);
}

result<std::vector<dirty_mark>> store::dirty_marks(const call_context& call) {
    const auto& s = *state_;
    TANDEM_TRY(auto view, snapshot::begin(*state_, call));
    TANDEM_TRY(auto found, (*view).prepare(s.sql.control.marks));
    found.bind(1, s.bound.id).bind_text(2, s.side_text());
    std::vector<dirty_mark> out;
    for (;;) {
        TANDEM_TRY(const bool more, found.step());
        if (!more) return out;
        out.push_back({found.integer(0), static_cast<table_id>(found.integer(1)),
                       std::string(found.text(2)), found.integer(3)});
    }
}

result<void> store::clear_dirty(std::span<const std::int64_t> ids, const call_context& call) {
    TANDEM_TRY(auto open, unit::begin(*state_, call, detail::foreign_keys::ignored));
    for (const auto id : ids) {
        TANDEM_TRY(detail::run_for_id(*open, *state_, state_->sql.control.drop_mark, id));
    }
    return open.commit(call);
}

} // namespace tandem::sqlite
