// SPDX-License-Identifier: BSL-1.0
//
// The steps of a switch, and the purge of tombstones. A step is one UPDATE of all fence rows of
// this side (sql_control.cpp), and whatever has to happen with it, in one BEGIN IMMEDIATE
// transaction: the file's write lock is the exclusive fence lock.
#include "sqlite/steps.hpp"

#include "tandem/sqlite/store.hpp"

#include "sqlite/fences.hpp"
#include "sqlite/sequences.hpp"

#include <algorithm>

namespace tandem::sqlite {

using detail::unit;

namespace detail {

result<void> empty_tables(connection& c, const state& s, side which) {
    for (std::size_t t = 0; t < s.bound.tables.size(); ++t) {
        TANDEM_TRY(erase_all(c, s.table(which, static_cast<table_id>(t))));
    }
    return success();
}

namespace {

/// Joint mode has no second authority, so nothing is handed over in parts.
bool exists_in_joint_mode(step_kind kind) noexcept {
    switch (kind) {
    case step_kind::begin_handover:
    case step_kind::enter_primary:
    case step_kind::leave:
    case step_kind::roll_primary:
    case step_kind::mark_synced: return true;
    case step_kind::decide:
    case step_kind::enable:
    case step_kind::abort:
    case step_kind::enter_secondary:
    case step_kind::roll_secondary:
    case step_kind::retire: return false;
    }
    return false;
}

const statement_text& text_of(const state& s, step_kind kind) noexcept {
    if (s.bound.is_joint() && kind == step_kind::begin_handover) return s.sql.control.joint_flip;
    return s.sql.control.steps[static_cast<std::size_t>(kind)];
}

std::string_view to_text(era_mode mode) noexcept {
    switch (mode) {
    case era_mode::reset: return "reset";
    case era_mode::keep: return "keep";
    case era_mode::adopt: return "adopt";
    }
    return "adopt";
}

/// How many fence rows changed.
result<std::int64_t> update_fences(connection& c, const state& s, const switch_step& wanted) {
    TANDEM_TRY(auto at, c.prepare(text_of(s, wanted.kind)));
    at.bind(1, s.bound.id).bind_text(2, s.side_text()).bind(3, wanted.expected);
    at.bind_text(4, wanted.by).bind_text(5, wanted.reason);
    if (wanted.kind == step_kind::enable) {
        at.bind(6, static_cast<int>(wanted.phase)).bind(7, wanted.floor.value);
    }
    if (wanted.kind == step_kind::enter_secondary || wanted.kind == step_kind::enter_primary) {
        at.bind_text(6, to_text(wanted.mode));
    }
    TANDEM_TRY(at.run());
    return c.changes();
}

result<void> raise_floor(connection& c, const state& s, std::int64_t bucket, std::int64_t to) {
    TANDEM_TRY(auto at, c.prepare(s.sql.control.raise_floor));
    return at.bind(1, s.bound.id).bind_text(2, s.side_text()).bind(3, bucket).bind(4, to).run();
}

result<void> run_for_side(connection& c, const state& s, const statement_text& text) {
    TANDEM_TRY(auto at, c.prepare(text));
    return at.bind(1, s.bound.id).bind_text(2, s.side_text()).run();
}

/// The secondary begins its era empty, the floor above every tombstone it had.
result<void> reset_side(connection& c, const state& s) {
    TANDEM_TRY(empty_tables(c, s, s.bound.side));
    std::vector<std::pair<std::int64_t, std::int64_t>> floors;
    {
        TANDEM_TRY(auto found, c.prepare(s.sql.control.tombstone_floors));
        found.bind(1, s.bound.id).bind_text(2, s.side_text());
        for (;;) {
            TANDEM_TRY(const bool more, found.step());
            if (!more) break;
            floors.emplace_back(found.integer(0), found.integer(1));
        }
    }
    for (const auto& [bucket, to] : floors) {
        TANDEM_TRY(raise_floor(c, s, bucket, to));
    }
    return run_for_side(c, s, s.sql.control.drop_tombstones);
}

result<void> drop_outbox(connection& c, const state& s) {
    TANDEM_TRY(run_for_side(c, s, s.sql.control.drop_failures));
    return run_for_side(c, s, s.sql.control.drop_intents);
}

/// What belongs to a step beside its fences. Runs only where they changed.
result<void> follow(connection& c, const state& s, const switch_step& wanted) {
    const bool resets = wanted.mode == era_mode::reset;
    switch (wanted.kind) {
    case step_kind::enter_secondary:
        if (resets) return reset_side(c, s);
        return success();
    case step_kind::enter_primary: {
        if (!resets) return success();
        // The secondary begins empty: what a mark stands for is no longer missed.
        TANDEM_TRY(run_for_side(c, s, s.sql.control.drop_marks));
        if (!s.bound.is_joint()) return success();
        TANDEM_TRY(const auto now, read_fence(c, s, 0));
        return empty_tables(c, s, other(primary_of(now.phase)));
    }
    case step_kind::begin_handover: {
        if (!s.bound.is_joint()) return success();
        TANDEM_TRY(const auto now, read_fence(c, s, 0));
        return move_joint_sequences(c, s, primary_of(now.phase), wanted.sequence_margin);
    }
    case step_kind::enable: return move_sequences(c, s, wanted.sequences, wanted.sequence_margin);
    case step_kind::leave: return drop_outbox(c, s);
    case step_kind::decide:
    case step_kind::abort:
    case step_kind::roll_primary:
    case step_kind::roll_secondary:
    case step_kind::mark_synced:
    case step_kind::retire: break;
    }
    return success();
}

struct purged_tombstone {
    table_id table = 0;
    std::string key;
    std::int64_t version = 0;
    std::int64_t bucket = 0;
};

result<std::vector<purged_tombstone>> list_purgeable(connection& c, const state& s,
                                                     std::size_t limit) {
    TANDEM_TRY(auto found, c.prepare(s.sql.control.purgeable));
    found.bind(1, s.bound.id).bind_text(2, s.side_text()).bind(3, limit_of(limit));
    std::vector<purged_tombstone> out;
    for (;;) {
        TANDEM_TRY(const bool more, found.step());
        if (!more) return out;
        out.push_back({static_cast<table_id>(found.integer(0)), std::string(found.blob(1)),
                       found.integer(2), found.integer(3)});
    }
}

} // namespace

} // namespace detail

result<bool> store::step(const switch_step& wanted, const call_context& call) {
    auto& s = *state_;
    TANDEM_TRY(s.ready());
    if (s.bound.is_joint() && !detail::exists_in_joint_mode(wanted.kind)) return false;
    if (wanted.expected < 0 || wanted.expected >= epoch_max) {
        return error(errc::out_of_range,
                     "the epoch of a step must be 0 to " + std::to_string(epoch_max - 1));
    }
    TANDEM_TRY(auto open, unit::begin(s, call, detail::foreign_keys::ignored));
    TANDEM_TRY(const auto changed, detail::update_fences(*open, s, wanted));
    if (changed == 0) {
        TANDEM_TRY(detail::read_fences(*open, s)); // no rows at all is an error, and not "false"
        return false;
    }
    if (changed != s.bound.buckets) {
        return error(errc::invariant, "the step fitted " + std::to_string(changed) + " of " +
                                          std::to_string(s.bound.buckets) +
                                          " fences, which always change together; stop and look "
                                          "at tandem_fence");
    }
    TANDEM_TRY(detail::follow(*open, s, wanted));
    TANDEM_TRY(open.commit(call));
    return true;
}

result<std::int64_t> store::purge(std::size_t limit, const call_context& call) {
    auto& s = *state_;
    TANDEM_TRY(auto open, unit::begin(s, call, detail::foreign_keys::ignored));
    TANDEM_TRY(detail::read_fences(*open, s));
    TANDEM_TRY(const auto purged, detail::list_purgeable(*open, s, limit));
    std::map<std::int64_t, std::int64_t> floors;
    for (const auto& dead : purged) {
        TANDEM_TRY(detail::drop_tombstone(*open, s, dead.table, dead.key));
        auto& to = floors[dead.bucket];
        to = std::max(to, dead.version);
    }
    for (const auto& [bucket, to] : floors) {
        TANDEM_TRY(detail::raise_floor(*open, s, bucket, to));
    }
    TANDEM_TRY(open.commit(call));
    return static_cast<std::int64_t>(purged.size());
}

/// A row's tombstone goes with the transaction that writes the row, so none stands beside one.
result<sweep_report> store::sweep(table_id table, std::string_view, std::size_t,
                                  const call_context&) {
    TANDEM_TRY(state_->ready(table));
    return sweep_report{};
}

result<tombstone_stats> store::count_tombstones(const call_context& call) {
    TANDEM_TRY(auto view, detail::snapshot::begin(*state_, call));
    TANDEM_TRY(auto found, (*view).prepare(state_->sql.control.count_tombstones));
    found.bind(1, state_->bound.id).bind_text(2, state_->side_text());
    TANDEM_TRY(const bool is_there, found.bind(3, tombstone_stats::count_max).step());
    if (!is_there) return tombstone_stats{};
    return tombstone_stats{.count = found.integer(0), .oldest_age_ms = found.integer(1)};
}

} // namespace tandem::sqlite
