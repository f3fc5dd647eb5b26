// SPDX-License-Identifier: BSL-1.0
//
// The blocking driver of the relay machine, direct delivery (sync mode), and housekeeping.

#include "tandem/engine/relay.hpp"

#include "coordinator.hpp"

#include <algorithm>

namespace tandem::detail {
namespace {

constexpr milliseconds relay_timeout{15'000}; // of one batch at one store
constexpr std::size_t settle_batch = 1'000;
constexpr std::size_t purge_batch = 1'000;
constexpr int purge_batches = 100; // a round of housekeeping stays short

} // namespace

relay_report coordinator::relay_from(side owing, const relay_options& options,
                                     monotonic_time deadline) {
    using action = relay_machine::action;
    if (joint()) return {};
    any_store& from = store_at(owing);
    any_store& to = store_at(other(owing));
    relay_machine machine(options);

    action next = machine.resume(relay_machine::begin{});
    while (next != action::done) {
        const call_context call{std::min(deadline, clock_->now() + relay_timeout)};
        const auto fail = [&](const error& why) {
            return machine.resume(relay_machine::failed{why});
        };
        switch (next) {
        case action::load: {
            auto owed = from.owed(machine.after(), machine.batch_rows(), call);
            next = owed ? machine.resume(relay_machine::loaded{std::move(owed.value())})
                        : fail(owed.error());
            break;
        }
        case action::apply: {
            auto statuses = to.apply(machine.changes(), call);
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
            result<void> noted = success();
            for (const std::int64_t id : machine.intents()) {
                noted = from.note_failure(id, machine.failure().message(), machine.dead(), call);
                if (!noted) break;
            }
            if (machine.dead()) {
                log().log(log_level::error, "a change became a dead letter",
                          std::initializer_list<log_field>{{"migration", options_.name},
                                                           {"side", std::string(to_string(owing))},
                                                           {"error", machine.failure().message()}});
            }
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
    if (options.batch_rows < 1 || options.batch_rows > 10'000 || options.attempts_max < 1) {
        return error(errc::invalid_options,
                     "relay_options: batch_rows is 1 to 10000, attempts_max at "
                     "least 1");
    }
    relay_report sum;
    for (const side s : sides()) {
        const relay_report one = relay_from(s, options);
        sum.loaded += one.loaded;
        sum.applied += one.applied;
        sum.superseded += one.superseded;
        sum.settled += one.settled;
        sum.failed += one.failed;
        sum.dead += one.dead;
        if (one.trouble) sum.trouble = one.trouble;
    }
    return sum;
}

void coordinator::deliver(side primary, std::span<const write_reply> replies,
                          const call_context& call) {
    std::vector<owed_change> owed;
    for (const write_reply& r : replies) {
        if (r.change && r.dual) owed.push_back({r.intent, *r.change, 0});
    }
    if (owed.empty()) return;
    // A transaction may have written a key twice.
    const auto deliveries = coalesce(owed);
    std::vector<change> changes;
    for (const delivery& d : deliveries)
        changes.push_back(d.change);
    const auto statuses = store_at(other(primary)).apply(changes, call);
    if (!statuses) return; // owed: the relay delivers it
    for (std::size_t i = 0; i < deliveries.size(); ++i) {
        // A closed one is the relay's to look at.
        if (statuses.value()[i] == apply_status::closed) continue;
        for (const std::int64_t id : deliveries[i].intents) {
            settled_[index(primary)].push(id, options_.limits.settle_queue_max);
        }
    }
}

result<std::int64_t> coordinator::revive() {
    TANDEM_TRY(check_running());
    std::int64_t revived = 0;
    for (const side s : sides()) {
        TANDEM_TRY(const auto here, store_at(s).revive(context(std::nullopt)));
        revived += here;
    }
    return revived;
}

void coordinator::abort_abandoned_drain(const authority& now, const call_context& call) {
    const std::lock_guard lock(drain_mutex_);
    if (now.what != verdict::draining) {
        drain_epoch_ = 0;
    } else if (drain_epoch_ != now.belief.epoch) {
        drain_epoch_ = now.belief.epoch;
        drain_seen_ = clock_->now();
    } else if (clock_->now() - drain_seen_ > options_.drain_limit) {
        // A compare-and-set like the decision: one of the two wins (protocol, section 10).
        (void)store_at(now.at).step({.kind = step_kind::abort,
                                     .expected = now.belief.epoch,
                                     .by = "tandem",
                                     .reason = "the drain outlived its limit"},
                                    call);
    }
}

result<void> coordinator::keep_house(bool purge) {
    TANDEM_TRY(check_running());
    const call_context call = context(std::nullopt);
    result<void> outcome = success();
    for (const side s : sides()) {
        for (;;) {
            const auto ids = settled_[index(s)].take(settle_batch);
            if (ids.empty()) break;
            if (auto done = store_at(s).settle(ids, call); !done) {
                outcome = done.error(); // the relay finds them superseded and removes them
                break;
            }
        }
        if (purge) {
            for (int i = 0; i < purge_batches; ++i) {
                const auto gone = store_at(s).purge(purge_batch, call);
                if (!gone) outcome = gone.error();
                if (!gone || gone.value() < static_cast<std::int64_t>(purge_batch)) break;
            }
        }
    }
    const auto seen = read_both_fences(0, call);
    const authority now = find_authority(seen.fences);
    if (now.what == verdict::heir) enable(now, call);
    abort_abandoned_drain(now, call);
    return outcome;
}

} // namespace tandem::detail
