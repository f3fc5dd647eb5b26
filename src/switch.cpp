// SPDX-License-Identifier: BSL-1.0
//
// The blocking driver of the switch machine.

#include "tandem/engine/switching.hpp"

#include "coordinator.hpp"

#include <algorithm>

namespace tandem::detail {
namespace {

constexpr milliseconds step_timeout{5'000};   // of one step, its retries under a held lock included
constexpr milliseconds abort_timeout{30'000}; // of the step that reopens a primary
constexpr milliseconds busy_pause{20};        // between two tries of a step that met a held lock
constexpr milliseconds drain_pause{2};        // when a relay pass settled nothing

// Short passes: between them the drain looks at its deadline.
const relay_options drain_pass{.pass_rows_max = 500};

} // namespace

result<bool> coordinator::take_step(side at, const switch_step& step, const call_context& call) {
    for (;;) {
        auto changed = store_at(at).step(step, call);
        // An abort gives the writers their primary back: it is not given up over a passing failure.
        const bool again =
            !changed &&
            (changed.error() == errc::busy || changed.error() == errc::serialization ||
             (step.kind == step_kind::abort && changed.error() == errc_condition::retryable));
        if (!again || clock_->now() + busy_pause >= call.deadline) return changed;
        clock_->sleep_until(clock_->now() + busy_pause);
    }
}

result<bool> coordinator::is_empty(side which, const call_context& call) {
    for (table_id t = 0; t < tables_[0].size(); ++t) {
        TANDEM_TRY(const auto rows, store_at(which).scan(which, t, {}, 1, call));
        if (!rows.rows.empty()) return false;
    }
    return true;
}

result<phase> coordinator::change_phase(direction where, const switch_options& options) {
    TANDEM_TRY(check_running());
    const auto begun = clock_->now();
    auto reached = walk(where, options);
    if (meter_) {
        meter_->walked(where, reached ? std::nullopt : std::optional(reached.error()),
                       clock_->now() - begun);
    }
    return reached;
}

/// Of a drain that this very walk began; rounded up by the time that its first step took.
void coordinator::note_write_stop(step_kind taken, monotonic_time begun,
                                  std::optional<monotonic_time>& stopped_at) {
    if (taken == step_kind::begin_handover) {
        stopped_at = begun;
    } else if ((taken == step_kind::enable || taken == step_kind::abort) && stopped_at) {
        if (meter_) meter_->writes_stood(clock_->now() - *stopped_at);
        stopped_at.reset();
    }
}

void coordinator::drain(side owing, monotonic_time deadline) {
    const relay_report pass = relay_from(owing, drain_pass, relay_for::drain, deadline);
    if (pass.settled > 0 || pass.operations > 0) return;
    clock_->sleep_until(std::min(deadline, clock_->now() + drain_pause));
}

result<phase> coordinator::walk(direction where, const switch_options& options) {
    using action = switch_machine::action;
    switch_machine machine(where, options, joint());
    std::optional<monotonic_time> drain_deadline;
    std::optional<monotonic_time> stopped_at;

    action next = machine.resume(switch_machine::begin{});
    while (next != action::done) {
        const call_context call{clock_->now() + step_timeout};
        switch (next) {
        case action::read_fences:
            next = machine.resume(switch_machine::fences_read{read_both_fences(0, call).fences});
            continue;
        case action::check_empty: {
            auto empty = is_empty(machine.at(), call);
            next = empty ? machine.resume(switch_machine::emptiness{empty.value()})
                         : machine.resume(switch_machine::failed{empty.error()});
            continue;
        }
        case action::read_sequences: {
            auto values = store_at(machine.at()).sequences(call);
            next = values
                       ? machine.resume(switch_machine::sequences_read{std::move(values.value())})
                       : machine.resume(switch_machine::failed{values.error()});
            continue;
        }
        case action::step: {
            const bool reopens = machine.next().kind == step_kind::abort;
            const call_context until{clock_->now() + (reopens ? abort_timeout : step_timeout)};
            const auto begun = clock_->now();
            auto changed = take_step(machine.at(), machine.next(), until);
            if (changed) note_write_stop(machine.next().kind, begun, stopped_at);
            next = changed ? machine.resume(switch_machine::stepped{changed.value()})
                           : machine.resume(switch_machine::failed{changed.error()});
            continue;
        }
        case action::relay:
            if (!drain_deadline) drain_deadline = clock_->now() + options.drain_timeout;
            drain(machine.at(), *drain_deadline);
            [[fallthrough]];
        case action::count_owed: {
            auto stats = store_at(machine.at()).stats({clock_->now() + step_timeout});
            next = stats ? machine.resume(switch_machine::counted{
                               stats.value(), drain_deadline && clock_->now() >= *drain_deadline})
                         : machine.resume(switch_machine::failed{stats.error()});
            continue;
        }
        case action::done: break;
        }
    }
    if (machine.failure()) return *machine.failure();
    (void)read_both_fences(0,
                           context(std::nullopt)); // what was reached is what this process believes
    return machine.phase();
}

result<migration_status> coordinator::status() {
    TANDEM_TRY(check_running());
    migration_status all;
    fence_pair pair;
    for (const side s : sides()) {
        const call_context call =
            context(std::nullopt); // a side that hangs takes none of the other's
        side_status& here = s == side::source ? all.source : all.target;
        here.breaker = breaker_at(s);
        auto fences_here = store_at(s).read_fences(call);
        if (!fences_here) continue;
        auto owed_here = store_at(s).stats(call);
        if (!owed_here) continue;
        auto tombstones_here = store_at(s).count_tombstones(call);
        if (!tombstones_here) continue;
        here.reachable = true;
        here.tombstones = tombstones_here.value();
        here.fence = fences_here.value().front();
        here.owed = owed_here.value();
        (s == side::source ? pair.source : pair.target) = here.fence;
    }
    const authority now = find_authority(pair);
    if (meter_) {
        for (const side s : sides()) {
            const side_status& here = s == side::source ? all.source : all.target;
            meter_->side_is(s, here.reachable ? std::optional(here.owed) : std::nullopt);
            meter_->breaker_is(s, here.breaker.state);
        }
        tell_phase(now, pair);
    }
    switch (now.what) {
    case verdict::writable:
    case verdict::draining:
        all.phase = now.belief.phase;
        all.draining = now.what == verdict::draining;
        all.synced = pair.at(now.at)->synced;
        return all;
    case verdict::heir:
        all.phase = now.belief.phase;
        all.draining = true;
        all.synced = true;
        return all;
    case verdict::unsettled:
    case verdict::closed: break;
    }
    return error(errc::unavailable,
                 "the side that decides cannot be told: a store cannot be reached, or "
                 "both sides are closed");
}

} // namespace tandem::detail
