// SPDX-License-Identifier: BSL-1.0
//
// The queues of all processes, as they are registered at the target (protocol, section 13; the
// rules and what happens without each of them: docs/model/pull.pml, option REG).

#include "coordinator.hpp"
#include "keyed_coordinator.hpp"

#include <algorithm>
#include <optional>

namespace tandem::detail {
namespace {

constexpr milliseconds drain_pause{20}; // between two looks
constexpr std::size_t purge_rows = 1'000;

std::string seconds(milliseconds length) {
    return std::to_string(std::max<std::int64_t>(length.count() + 999, 0) / 1000) + " s";
}

error held_elsewhere(const spool_entry& held) {
    return {
        errc::busy,
        "the spool " + held.owner + " is registered by another process, for another " +
            seconds(held.left) +
            "; if one of the two directories is a copy, close that process and give it an empty "
            "directory; if the directory was moved here, try again after that time"};
}

error lost_one(const spool_entry& lost) {
    return {errc::dirty, "the spool " + lost.owner +
                             " was lost with what it owed; run backfill(), which looks at every "
                             "row"};
}

error not_filled() {
    return {errc::not_synced,
            "the era is not filled, or intents were lost since; run backfill(), then drain again"};
}

error still_owed(const spool_entry& by, epoch proof) {
    if (by.epoch < proof) {
        return {errc::changes_owed,
                "the spool " + by.owner + " owed " + std::to_string(by.owed) +
                    " changes and has not reported since; see that its process runs and relays, or "
                    "wait until it counts as lost, in " +
                    seconds(by.left)};
    }
    return {errc::changes_owed, "the spool " + by.owner + " still owes " + std::to_string(by.owed) +
                                    " changes; see that its process relays, and look for dead "
                                    "letters and unknown outcomes there"};
}

} // namespace

result<void> keyed_coordinator::report_spool(bool first, const call_context& call) {
    const std::lock_guard lock(register_mutex_);
    if (closed_) return success();
    const monotonic_time asked = clock_->now();
    // The fence first: what is counted afterwards was owed at this epoch, or later.
    TANDEM_TRY(const fence now, read_fence(call));
    const std::int64_t missing = queue_->damage() ? 1 : 0; // at least, until it was seen to
    TANDEM_TRY(const auto held,
               target_->report_spool({.owner = queue_->identity(),
                                      .place = queue_->place(),
                                      .holder = holder_,
                                      .lease = options_.lease + options_.late_limit,
                                      .owed = queue_->stats().owed + missing,
                                      .epoch = now.epoch,
                                      .first = first},
                                     call));
    next_report_ = asked + options_.lease / 3;
    superseded_ = held.holder != holder_;
    if (superseded_) return held_elsewhere(held);
    registered_ = true;
    lease_end_ = asked + options_.lease;
    return success();
}

result<void> keyed_coordinator::report_where_due() {
    if (clock_->now() < next_report_.load()) return success();
    return keep_house(false);
}

result<void> keyed_coordinator::check_lease() const {
    if (superseded_) {
        return error(errc::busy, "another process reports this spool; one of the two directories "
                                 "is a copy: close that process and give it an empty directory");
    }
    if (options_.write_without_lease || clock_->now() < lease_end_.load()) return success();
    return error(errc::unavailable,
                 "the target has not been reached for longer than keyed_options::lease, and "
                 "write_without_lease is off; nothing was written");
}

// In this order: the mark is taken back under the exclusive fence lock, so no pull of the lost one
// is under way; only then it is lost, so a backfill that finds it lost began later.
result<void> keyed_coordinator::mark_lost(const call_context& call) {
    TANDEM_TRY(auto all, target_->spools(call));
    std::erase_if(all, [&](const spool_entry& e) {
        return e.lost || e.left.count() > 0 || e.holder == holder_;
    });
    if (all.empty()) return success();
    TANDEM_TRY(const fence now, read_fence(call));
    TANDEM_TRY(const bool taken, take_back(now, "the spool " + all.front().owner + " was lost"));
    if (!taken) return success(); // again at the next housekeeping
    for (const spool_entry& gone : all) {
        TANDEM_TRY(const bool marked, target_->lose_spool(gone, call));
        if (!marked) continue; // it came back
        log_.log(log_level::error, "a spool was lost; the target has to be filled again",
                 std::initializer_list<log_field>{{"migration", options_.name},
                                                  {"spool", gone.owner},
                                                  {"owed", std::to_string(gone.owed)}});
    }
    return success();
}

result<void> keyed_coordinator::keep_house(bool purge) {
    TANDEM_TRY(check_running());
    const call_context call = context(std::nullopt);
    TANDEM_TRY(report_spool(false, call));
    TANDEM_TRY(mark_lost(call));
    if (purge) {
        TANDEM_TRY(target_->purge(purge_rows, call));
    }
    return success();
}

result<std::vector<spool_entry>> keyed_coordinator::spools() {
    TANDEM_TRY(check_running());
    return target_->spools(context(std::nullopt));
}

result<std::vector<spool_entry>> keyed_coordinator::lost_spools(const call_context& call) {
    TANDEM_TRY(auto all, target_->spools(call));
    std::erase_if(all, [](const spool_entry& e) { return !e.lost; });
    return all;
}

// A new epoch, so that counts of before can be told from those of now.
result<epoch> keyed_coordinator::begin_drain() {
    const call_context call = context(std::nullopt);
    TANDEM_TRY(const fence now, read_fence(call));
    if (now.role != role::primary)
        return error(errc::wrong_phase, "there is nothing to drain in phase old_only");
    TANDEM_TRY(const auto lost, lost_spools(call));
    if (!lost.empty()) return lost_one(lost.front());
    if (now.phase != phase::new_only) return not_filled();
    // False: somebody else raised it, which serves as well.
    TANDEM_TRY(take_step({.kind = step_kind::enable,
                          .expected = now.epoch + 1,
                          .phase = phase::new_only,
                          .by = "tandem",
                          .reason = "drain"}));
    return now.epoch + 1;
}

// Null where all owe nothing, else who does. The registrations are read first, and then the fence:
// what was lost before the one shows in the other.
result<std::optional<spool_entry>> keyed_coordinator::who_owes(epoch& proof) {
    const call_context call = context(std::nullopt);
    TANDEM_TRY(const auto all, target_->spools(call));
    std::optional<spool_entry> owing;
    for (const spool_entry& e : all) {
        if (e.lost) return lost_one(e);
        if (e.owed > 0 || e.epoch < proof) owing = e;
    }
    TANDEM_TRY(const fence now, read_fence(call));
    if (now.role != role::primary || now.phase != phase::new_only) return not_filled();
    if (now.epoch != proof) { // raised again meanwhile: all count again
        proof = now.epoch;
        if (!all.empty()) owing = all.front();
    }
    return owing;
}

result<void> keyed_coordinator::drain(const call_options& options) {
    TANDEM_TRY(check_running());
    const monotonic_time deadline = context(options.timeout).deadline;
    TANDEM_TRY(epoch proof, begin_drain());
    for (;;) {
        relay_report report;
        TANDEM_TRY(note_damage());
        relay_all({}, report);
        TANDEM_TRY(keep_house(false));
        TANDEM_TRY(const auto owing, who_owes(proof));
        if (!owing) return success();
        if (clock_->now() + drain_pause >= deadline) return still_owed(*owing, proof);
        clock_->sleep_until(clock_->now() + drain_pause);
    }
}

result<void> keyed_coordinator::empty_queue(const call_context& call) {
    for (;;) {
        relay_report report;
        relay_all({}, report);
        const std::int64_t owed = queue_->stats().owed;
        // In this order: a write that is not under way any more adds nothing, none begins.
        if (writes_.load() == 0 && queue_->stats().owed == 0) {
            if (!queue_->damage()) return success();
            return error(errc::changes_owed, "intents may be missing: " + *queue_->damage());
        }
        if (clock_->now() + drain_pause >= call.deadline) {
            return error(errc::changes_owed,
                         std::to_string(owed) +
                             " changes are still owed; the spool stays registered, start again "
                             "with it to deliver them" +
                             (report.trouble ? " (" + report.trouble->message() + ")" : ""));
        }
        clock_->sleep_until(clock_->now() + drain_pause);
    }
}

result<void> keyed_coordinator::unregister(const call_context& call) {
    const std::lock_guard lock(register_mutex_);
    closed_ = true; // whatever comes of it: what is reported later would not be renewed
    TANDEM_TRY(target_->close_spool({.owner = queue_->identity(), .holder = holder_}, call));
    registered_ = false;
    return success();
}

result<void> keyed_coordinator::close(const call_options& options) {
    state_ = state::closing;
    bool registered = false;
    {
        const std::lock_guard lock(register_mutex_);
        registered = registered_;
    }
    const call_context call = context(options.timeout);
    result<void> done = success();
    if (registered) {
        done = empty_queue(call);
        if (done) done = unregister(context(std::nullopt));
    }
    state_ = state::stopped;
    return done;
}

} // namespace tandem::detail
