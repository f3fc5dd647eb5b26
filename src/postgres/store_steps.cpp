// SPDX-License-Identifier: BSL-1.0
//
// The steps of a switch: one explicit transaction each. First round trip: the exclusive fence locks
// in ascending order, then the compare-and-set as a later statement. It has to change the fences of
// all buckets, else the step is rolled back. Then what belongs to the step besides, then the
// commit.

#include "tandem/core/clock_source.hpp"

#include "postgres/sequences.hpp"
#include "postgres/sql_text.hpp"

#include <algorithm>

namespace tandem::postgres {
namespace detail {

// A short lock timeout, because new writers queue behind the exclusive lock; for the statements the
// call's deadline alone, because emptying a table may take long.
parameters timeouts_of_step(const store_state& state, const call_context& call) {
    milliseconds lock = state.options().step_lock_timeout, statement_time{0};
    if (call.deadline != monotonic_time::max()) {
        statement_time = std::max(time_left(call), milliseconds(1));
        lock = std::min(lock, statement_time);
    }
    parameters out;
    out.add_bytes(std::to_string(lock.count()));
    out.add_bytes(std::to_string(statement_time.count()));
    return out;
}

result<void> run_texts(lease& on, std::initializer_list<const statement*> texts,
                       const call_context& call) {
    pipeline work;
    for (const statement* text : texts)
        work.add(*text);
    TANDEM_TRY(exchange(*on, work, call));
    return success();
}

// TRUNCATE, or DELETE where the privilege is missing or a foreign key from elsewhere forbids it.
result<void> empty_tables(store_state& state, side which, lease& on, const call_context& call) {
    const control_sql& sql = state.control();
    std::vector<std::string> names;
    for (std::size_t t = 0; t < state.bound().tables.size(); ++t) {
        TANDEM_TRY(const table_plan* plan, state.plan(which, static_cast<table_id>(t), on, call));
        names.push_back(plan->own.name);
    }
    const auto name = [&](std::size_t i) { return names[i]; };
    const statement truncate = one_off("truncate " + joined(names.size(), ", ", name));
    const auto truncated = run_texts(on, {&sql.savepoint, &truncate}, call);
    if (truncated.has_value()) return success();
    const bool may_delete = on->sqlstate() == "42501" || on->sqlstate() == "0A000";
    if (!may_delete) return truncated.error();
    // The fence locks were taken before the savepoint, so they stay.
    TANDEM_TRY(run_texts(on, {&sql.rollback_to_savepoint}, call));
    for (std::size_t i = names.size(); i-- > 0;) {
        const statement remove = one_off("delete from " + names[i]);
        TANDEM_TRY(run_texts(on, {&remove}, call));
    }
    return success();
}

namespace {

parameters values_of(const switch_step& what) {
    parameters out;
    out.add_bytes(what.by.substr(0, 200));
    out.add_bytes(what.reason.substr(0, 1000));
    out.add_int8(what.expected);
    const bool has_mode =
        what.kind == step_kind::enter_secondary || what.kind == step_kind::enter_primary;
    if (has_mode) {
        const char* mode = what.mode == era_mode::reset ? "r" : "k";
        out.add_bytes(what.mode == era_mode::adopt ? "a" : mode);
    }
    if (what.kind == step_kind::enable) {
        out.add_int2(static_cast<std::int16_t>(what.phase));
        out.add_int8(what.floor.value);
    }
    return out;
}

// True where the fences of all buckets changed; `now` is their state.
result<bool> change_fences(store_state& state, lease& on, const switch_step& what, fences& now,
                           const call_context& call) {
    const control_sql& sql = state.control();
    pipeline work;
    work.run(sql.begin[static_cast<std::size_t>(isolation::read_committed)]);
    limit_idle(work, on, sql);
    work.run(sql.set_timeouts, timeouts_of_step(state, call));
    work.run(sql.durable_commit);
    work.run(sql.lock_exclusive);
    const std::size_t at =
        work.add(sql.steps[static_cast<std::size_t>(what.kind)], values_of(what));
    const std::size_t fences_at = work.add(sql.fence_rows);
    TANDEM_TRY(auto answers, exchange(*on, work, call));
    now = fences_of(answers[fences_at]);
    if (now.empty()) return state.not_installed();
    return answers[at].affected() == state.bound().buckets;
}

// A1 in mode reset: no rows, no tombstones, the floor above all of them.
result<void> reset_side(store_state& state, lease& on, const call_context& call) {
    TANDEM_TRY(empty_tables(state, state.bound().side, on, call));
    return run_texts(on, {&state.control().purge_tombstones}, call);
}

// A2 in mode reset: the secondary begins empty, so what a mark stands for is no longer missed.
result<void> begin_empty_era(store_state& state, lease& on, phase now, const call_context& call) {
    TANDEM_TRY(run_texts(on, {&state.control().drop_marks}, call));
    if (!state.bound().is_joint()) return success();
    return empty_tables(state, other(primary_of(now)), on, call);
}

// A joint flip: the sequences of the table that becomes primary go above those of the other.
result<void> raise_joint_sequences(store_state& state, lease& on, phase now, std::int64_t margin,
                                   const call_context& call) {
    const side primary = primary_of(now);
    TANDEM_TRY(auto given, read_sequences(state, other(primary), on, call));
    return raise_sequences(state, primary, on, given, margin, call);
}

// What else belongs to the step, in the same transaction.
result<void> complete(store_state& state, lease& on, const switch_step& what, const fences& now,
                      const call_context& call) {
    const control_sql& sql = state.control();
    const bool joint = state.bound().is_joint();
    const phase reached = now.front().phase;
    switch (what.kind) {
    case step_kind::enter_secondary:
        if (what.mode != era_mode::reset) return success();
        return reset_side(state, on, call);
    case step_kind::enter_primary:
        if (what.mode != era_mode::reset) return success();
        return begin_empty_era(state, on, reached, call);
    case step_kind::begin_handover:
        if (!joint) return success();
        return raise_joint_sequences(state, on, reached, what.sequence_margin, call);
    case step_kind::enable:
        return raise_sequences(state, state.bound().side, on, what.sequences, what.sequence_margin,
                               call);
    case step_kind::leave:
        if (joint) return success();
        // In this order: a failure is noted under a lock of its intent.
        return run_texts(on, {&sql.drop_outbox, &sql.drop_failures}, call);
    case step_kind::decide:
    case step_kind::abort:
    case step_kind::roll_primary:
    case step_kind::roll_secondary:
    case step_kind::mark_synced:
    case step_kind::retire: return success();
    }
    return success();
}

result<bool> run_step(store_state& state, lease& on, const switch_step& what,
                      const call_context& call) {
    fences now;
    TANDEM_TRY(bool changed, change_fences(state, on, what, now, call));
    if (!changed) {
        roll_back(on, state.control(), call);
        return false;
    }
    TANDEM_TRY(complete(state, on, what, now, call));
    pipeline work;
    work.outcome = effect::commits_at_last;
    work.run(state.control().commit);
    TANDEM_TRY(exchange(*on, work, call));
    return true;
}

} // namespace
} // namespace detail

result<bool> store::step(const switch_step& what, const call_context& call) {
    return state_->run_control(call, [&](detail::lease& on) -> result<bool> {
        TANDEM_TRY(state_->prepare_plans(on, call));
        return detail::run_step(*state_, on, what, call);
    });
}

result<std::vector<sequence_value>> store::sequences(const call_context& call) {
    return state_->run(call, [&](detail::lease& on) {
        return detail::read_sequences(*state_, state_->bound().side, on, call);
    });
}

} // namespace tandem::postgres
