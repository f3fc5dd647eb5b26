// SPDX-License-Identifier: BSL-1.0
//
// The blocking driver of the relay machine, and housekeeping.

#include "tandem/engine/relay.hpp"

#include "caretaker.hpp"

#include <algorithm>

namespace tandem::detail {
namespace {

constexpr std::size_t settle_batch = 1'000;

} // namespace

relay_report coordinator::relay_from(side owing, const relay_options& options, relay_for whom,
                                     monotonic_time deadline) {
    if (joint()) return {};
    if (whom == relay_for::worker) {
        // What a secondary owes is nothing, or was owed before a switch: it can wait.
        if (is_shut(owing)) return {};
        if (is_shut(other(owing))) {
            relay_report shut;
            shut.trouble = shut_error(other(owing));
            shut.breaker_open = true;
            if (meter_) meter_->relayed(shut);
            return shut;
        }
    }
    relay_report report = relay_changes(owing, options, whom, deadline);
    if (meter_) meter_->relayed(report);
    if (report.trouble) return report;
    const auto moved = relay_operations(owing, options, whom, deadline);
    if (moved) {
        report.operations = moved.value();
    } else {
        report.trouble = moved.error();
    }
    return report;
}

relay_report coordinator::relay_changes(side owing, const relay_options& options, relay_for whom,
                                        monotonic_time deadline) {
    using action = relay_machine::action;
    any_store& from = store_at(owing);
    const bool drains = whom == relay_for::drain;
    const owed_scope scope = drains ? owed_scope::all : owed_scope::due;
    relay_machine machine(options, next_seed());

    action next = machine.resume(relay_machine::begin{});
    while (next != action::done) {
        const call_context call{std::min(deadline, clock_->now() + options.batch_timeout)};
        const auto fail = [&](const error& why) {
            return machine.resume(relay_machine::failed{why, clock_->now() >= deadline});
        };
        switch (next) {
        case action::load: {
            const auto load = [&] {
                return from.owed(machine.after(), machine.batch_rows(), scope, call);
            };
            auto owed = is_secondary(owing)
                            ? at_secondary(owing, breaker::asker::background, drains, call, load)
                            : load();
            next = owed ? machine.resume(relay_machine::loaded{std::move(owed.value())})
                        : fail(owed.error());
            break;
        }
        case action::apply: {
            auto statuses =
                at_secondary(other(owing), breaker::asker::background, drains, call,
                             [&] { return apply_at(other(owing), machine.changes(), call); });
            next = statuses ? machine.resume(relay_machine::applied{std::move(statuses.value())})
                            : fail(statuses.error());
            break;
        }
        case action::settle: {
            auto done = from.settle(machine.intents(), call);
            next = done ? machine.resume(relay_machine::ok{}) : fail(done.error());
            break;
        }
        case action::note_failure: {
            const auto noted = from.note_failure(
                machine.intents(),
                {machine.failure().message(), machine.dead(), machine.retry_after()}, call);
            if (noted && machine.dead()) tell_dead_letter(owing, machine);
            next = noted ? machine.resume(relay_machine::ok{}) : fail(noted.error());
            break;
        }
        case action::check_closed: {
            auto owed = from.is_owed(machine.intents().front(), call);
            next =
                owed ? machine.resume(relay_machine::still_owed{owed.value()}) : fail(owed.error());
            break;
        }
        case action::done: break;
        }
    }
    return machine.report();
}

result<relay_report> coordinator::relay_once(const relay_options& options) {
    TANDEM_TRY(check_running());
    if (options.batch_rows < 1 || options.batch_rows > 10'000 || options.attempts_max < 1 ||
        options.retry_pause_min.count() < 0 || options.batch_timeout.count() < 1) {
        return error(errc::invalid_options,
                     "relay_options: batch_rows is 1 to 10000, attempts_max and batch_timeout at "
                     "least 1, retry_pause_min not negative");
    }
    relay_report sum;
    for (const side s : sides()) {
        const relay_report one = relay_from(s, options, relay_for::worker);
        sum.loaded += one.loaded;
        sum.applied += one.applied;
        sum.superseded += one.superseded;
        sum.settled += one.settled;
        sum.failed += one.failed;
        sum.dead += one.dead;
        sum.operations += one.operations;
        if (!one.trouble) continue;
        // A failure says more than a breaker that is open.
        sum.breaker_open = one.breaker_open && (!sum.trouble || sum.breaker_open);
        sum.trouble = one.trouble;
    }
    return sum;
}

void coordinator::abort_abandoned_drain(const authority& now, const call_context& call) {
    const std::lock_guard lock(drain_.mutex);
    if (now.what != verdict::draining) {
        drain_.epoch = 0;
    } else if (drain_.epoch != now.belief.epoch) {
        drain_.epoch = now.belief.epoch;
        drain_.seen = clock_->now();
    } else if (clock_->now() - drain_.seen > options_.drain_limit) {
        // A compare-and-set like the decision: one of the two wins (protocol, section 10).
        (void)store_at(now.at).step({.kind = step_kind::abort,
                                     .expected = now.belief.epoch,
                                     .by = "tandem",
                                     .reason = "the drain outlived its limit"},
                                    call);
    }
}

result<void> coordinator::keep_house_at(side s, bool purges) {
    const call_context call = context(std::nullopt);
    result<void> outcome = success();
    for (;;) {
        const auto ids = settled_[index(s)].take(settle_batch);
        if (ids.empty()) break;
        if (auto done = store_at(s).settle(ids, call); !done) {
            outcome = done.error(); // the relay finds them superseded and removes them
            break;
        }
    }
    if (!purges) return outcome;
    if (auto done = caretaker{*this}.purge(s, call); !done) outcome = done.error();
    if (auto done = caretaker{*this}.sweep(s, call); !done) outcome = done.error();
    if (auto done = caretaker{*this}.purge_operations(s, call); !done) outcome = done.error();
    return outcome;
}

// One short query a side, each time that housekeeping comes by: nothing is counted per write.
void coordinator::tell_sides(const fence_pair& seen, const call_context& call) {
    if (!meter_) return;
    for (const side s : sides()) {
        std::optional<owed_stats> owed;
        if (seen.at(s) && !is_shut(s)) {
            if (auto here = store_at(s).stats(call)) owed = here.value();
        }
        meter_->side_is(s, owed);
        meter_->breaker_is(s, breaker_at(s).state);
    }
}

void coordinator::tell_phase(const authority& now, const fence_pair& seen) {
    if (!meter_) return;
    if (now.what == verdict::heir) {
        meter_->phase_is(now.belief.phase, now.belief.epoch, true, true);
    } else if (now.what == verdict::writable || now.what == verdict::draining) {
        meter_->phase_is(now.belief.phase, now.belief.epoch, now.what == verdict::draining,
                         seen.at(now.at)->synced);
    }
}

result<void> coordinator::keep_house(bool purges, std::int64_t roll_at) {
    TANDEM_TRY(check_running());
    // A side that does not answer must not keep this thread from the other one.
    std::optional<admitted_call> pending[2];
    breaker::answer given[2];
    bool shut = false;
    for (const side s : sides()) {
        if (!is_secondary(s)) continue;
        given[index(s)] = admit(s, breaker::asker::background);
        if (given[index(s)] == breaker::answer::refused) {
            shut = true;
        } else {
            pending[index(s)].emplace(breakers_[index(s)], given[index(s)], *clock_);
        }
    }
    const call_context brief = context(std::min(options_.timeout, 2 * options_.sync_timeout));
    const auto seen = read_fences_of(0, brief, shut ? look::for_primary : look::at_both);
    for (const side s : sides()) {
        if (!pending[index(s)]) continue;
        pending[index(s)]->end();
        const bool answered = seen.fences.at(s).has_value();
        report_call(s, given[index(s)], answered ? std::nullopt : std::optional(seen.why),
                    brief.deadline);
    }
    result<void> outcome = success();
    for (const side s : sides()) {
        if (!seen.fences.at(s)) continue;
        if (auto done = keep_house_at(s, purges); !done) outcome = done.error();
    }
    if (purges && roll_at > 0) caretaker{*this}.roll_if_full(seen.fences, roll_at);
    const authority now = find_authority(seen.fences);
    if (now.what == verdict::heir) enable(now, context(std::nullopt));
    abort_abandoned_drain(now, context(std::nullopt));
    tell_sides(seen.fences, brief);
    tell_phase(now, seen.fences);
    log_.tell_suppressed();
    return outcome;
}

} // namespace tandem::detail
