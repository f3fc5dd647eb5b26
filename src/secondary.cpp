// SPDX-License-Identifier: BSL-1.0
//
// Calls at a secondary that may be sick: its breaker, direct delivery (sync mode), and what is told
// of a change that it refuses for good.

#include "tandem/engine/delivery.hpp"

#include "coordinator.hpp"

#include <algorithm>

namespace tandem::detail {
namespace {

breaker::outcome outcome_of(const std::optional<error>& why, bool at_deadline) noexcept {
    // A row that it refuses says that it works.
    if (!why || blame_for(*why) == blame::one_row) return breaker::outcome::good;
    // A store that hangs while it is connected to is unavailable, too: then the time tells.
    return at_deadline || is_timeout(*why) ? breaker::outcome::timed_out : breaker::outcome::failed;
}

/// A sync write with less of its time left than this part of sync_timeout leaves the change owed.
constexpr int least_share = 10;

milliseconds between(monotonic_time from, monotonic_time to) {
    return std::chrono::duration_cast<milliseconds>(
        std::max(to - from, monotonic_time::duration{}));
}

} // namespace

std::uint64_t coordinator::next_seed() noexcept {
    return jitter(seed_.fetch_add(0x9e3779b97f4a7c15U, std::memory_order_relaxed)).next();
}

bool coordinator::is_secondary(side s) const noexcept {
    return !joint() && routes_.find(0).primary() != s;
}

bool coordinator::is_shut(side s) {
    if (!is_secondary(s)) return false;
    const std::lock_guard lock(breakers_[index(s)].mutex);
    return !breakers_[index(s)].machine.admits(clock_->now(), breaker::asker::background);
}

error coordinator::shut_error(side s) {
    const auto now = clock_->now();
    const std::lock_guard lock(breakers_[index(s)].mutex);
    const breaker& b = breakers_[index(s)].machine;
    return {errc::unavailable,
            "the breaker of the " + std::string(to_string(s)) + " has been open for " +
                std::to_string(between(b.since(), now).count()) + " ms: changes are only owed"};
}

breaker_status coordinator::breaker_at(side s) {
    const auto now = clock_->now();
    const std::lock_guard lock(breakers_[index(s)].mutex);
    const breaker& b = breakers_[index(s)].machine;
    return {b.state(now), between(b.since(), now)};
}

breaker::answer coordinator::admit(side at, breaker::asker who) {
    const std::lock_guard lock(breakers_[index(at)].mutex);
    return breakers_[index(at)].machine.admit(clock_->now(), who);
}

void coordinator::report_call(side at, breaker::answer given, const std::optional<error>& why,
                              monotonic_time deadline) {
    const auto now = clock_->now();
    breaker_state before{}, after{};
    {
        const std::lock_guard lock(breakers_[index(at)].mutex);
        breaker& b = breakers_[index(at)].machine;
        before = b.state(now);
        b.report(now, given, outcome_of(why, now >= deadline));
        after = b.state(now);
    }
    const bool was_closed = before == breaker_state::closed;
    if (was_closed == (after == breaker_state::closed)) return;
    if (meter_) {
        meter_->breaker_turned(at, was_closed);
        meter_->breaker_is(at, after);
    }
    log().log(was_closed ? log_level::warning : log_level::info,
              was_closed ? "the breaker of the secondary opened: changes are only owed"
                         : "the breaker of the secondary closed",
              std::initializer_list<log_field>{{"migration", options_.name},
                                               {"side", std::string(to_string(at))},
                                               {"error", why ? why->message() : std::string()}});
}

void coordinator::tell_dead_letter(side owing, const relay_machine& machine) {
    const change& c = machine.changes().front();
    if (meter_) meter_->dead_letter_appeared(owing);
    log().log(log_level::error, "a change became a dead letter",
              std::initializer_list<log_field>{{"migration", options_.name},
                                               {"side", std::string(to_string(owing))},
                                               {"table", tables_[index(owing)][c.table].name},
                                               {"error", machine.failure().message()}});
    if (!options_.on_dead_letter) return;
    const inside_host_function guard;
    options_.on_dead_letter({.owing = owing,
                             .id = machine.intents().back(),
                             .table = c.table,
                             .key = c.key,
                             .version = c.version,
                             .attempts = machine.attempts(),
                             .last_error = machine.failure().message()});
}

result<std::vector<apply_status>>
coordinator::apply_at(side secondary, std::span<const change> changes, const call_context& call) {
    if (!meter_) return apply_or_resolve(secondary, changes, call);
    const auto begun = clock_->now();
    auto statuses = apply_or_resolve(secondary, changes, call);
    meter_->applied(secondary, changes, statuses, clock_->now() - begun);
    return statuses;
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
    const side secondary = other(primary);
    // What the caller's own deadline leaves may be too little for any store: that says nothing of
    // this one.
    const auto now = clock_->now();
    if (call.deadline - now < options_.sync_timeout / least_share) return;
    const call_context bounded{std::min(call.deadline, now + options_.sync_timeout)};
    const auto statuses = at_secondary(secondary, breaker::asker::caller, false, bounded,
                                       [&] { return apply_at(secondary, changes, bounded); });
    if (!statuses) return; // owed: the relay delivers it
    for (std::size_t i = 0; i < deliveries.size(); ++i) {
        // A closed one is the relay's to look at.
        if (statuses.value()[i] == apply_status::closed) continue;
        for (const std::int64_t id : deliveries[i].intents) {
            settled_[index(primary)].push(id, options_.limits.settle_queue_max);
        }
    }
}

} // namespace tandem::detail
