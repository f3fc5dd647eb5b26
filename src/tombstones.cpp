// SPDX-License-Identifier: BSL-1.0
//
// What keeps tombstones from piling up: purging those that nobody needs, sweeping those that a
// newer row outdates, and rolling the epoch of a long dual phase, so that the secondary's can be
// purged (docs/protocol.md, sections 5 and 7).

#include "caretaker.hpp"

#include <limits>

namespace tandem::detail {
namespace {

// A round of housekeeping stays short.
constexpr std::size_t purge_batch = 1'000;
constexpr int purge_batches = 100;
constexpr std::size_t sweep_batch = 1'000;
constexpr int sweep_batches = 20;
// A purge at the primary reads the outbox once a batch.
constexpr std::int64_t purge_owed_max = 10'000;

// Whether a row is given up is for the worker to say.
const relay_options looking_pass{.attempts_max = std::numeric_limits<int>::max()};

constexpr milliseconds roll_pause{20};
constexpr milliseconds step_timeout{5'000};

bool has_older(const owed_stats& s, epoch than) noexcept {
    return s.owed > 0 && s.oldest_epoch < than;
}

} // namespace

result<void> coordinator::caretaker::purge(side s, const call_context& call) {
    TANDEM_TRY(const auto owed, c.store_at(s).stats(call));
    if (owed.owed > purge_owed_max) return success();
    for (int i = 0; i < purge_batches; ++i) {
        TANDEM_TRY(const auto gone, c.store_at(s).purge(purge_batch, call));
        if (gone < static_cast<std::int64_t>(purge_batch)) break;
    }
    return success();
}

result<void> coordinator::caretaker::sweep(side s, const call_context& call) {
    if (c.joint() || c.tables_[0].empty()) return success();
    sweep_position& at = c.swept_[index(s)];
    const std::lock_guard lock(at.mutex);
    for (int i = 0; i < sweep_batches; ++i) {
        TANDEM_TRY(auto swept, c.store_at(s).sweep(at.table, at.after, sweep_batch, call));
        at.after = std::move(swept.last);
        if (!at.after.empty()) continue;
        at.table = static_cast<table_id>((at.table + 1u) % c.tables_[0].size());
        if (at.table == 0) break;
    }
    return success();
}

result<void> coordinator::caretaker::purge_operations(side s, const call_context& call) {
    if (!c.store_at(s).keeps_operations()) return success();
    for (int i = 0; i < purge_batches; ++i) {
        TANDEM_TRY(const auto gone, c.store_at(s).purge_operations(c.options_.operation_retention,
                                                                   purge_batch, call));
        if (gone < static_cast<std::int64_t>(purge_batch)) break;
    }
    return success();
}

result<bool> coordinator::caretaker::take(side at, step_kind kind, epoch expected,
                                          const roll_options& options) {
    return c.take_step(
        at, {.kind = kind, .expected = expected, .by = options.by, .reason = options.reason},
        {c.clock_->now() + step_timeout});
}

result<void> coordinator::caretaker::wait_for_older(side primary, epoch than,
                                                    monotonic_time deadline) {
    for (;;) {
        TANDEM_TRY(c.check_running());
        TANDEM_TRY(const auto owed, c.store_at(primary).stats({c.clock_->now() + step_timeout}));
        if (!has_older(owed, than)) return success();
        const std::string count = std::to_string(owed.dead > 0 ? owed.dead : owed.owed);
        if (c.clock_->now() >= deadline) {
            return owed.dead > 0
                       ? error(errc::dead_letters,
                               count + " dead letters are owed, and some are older than the epoch; "
                                       "mend their cause and retry them, then roll again")
                       : error(errc::changes_owed,
                               count + " changes are owed, and some are older than the epoch; let "
                                       "the relay catch up, then roll again");
        }
        if (c.relay_from(primary, looking_pass, relay_for::worker, deadline).settled == 0) {
            c.clock_->sleep_until(std::min(deadline, c.clock_->now() + roll_pause));
        }
    }
}

result<epoch> coordinator::roll_epoch(const roll_options& options) {
    TANDEM_TRY(check_running());
    if (joint()) {
        return error(errc::unsupported, "same_transaction mode has no tombstones, so there is "
                                        "nothing to roll the epoch for");
    }
    if (options.timeout.count() < 1) {
        return error(errc::invalid_options, "roll_options::timeout is at least 1 ms");
    }
    const auto deadline = clock_->now() + options.timeout;
    const auto seen = read_both_fences(0, context(std::nullopt));
    const authority now = find_authority(seen.fences);
    if (!seen.fences.source || !seen.fences.target) return seen.why;
    if (now.what != verdict::writable) {
        return error(errc::switch_in_progress, "a switch of this migration is under way");
    }
    if (!is_dual(now.belief.phase)) {
        return error(errc::wrong_phase, "in phase " + std::string(to_string(now.belief.phase)) +
                                            " there is no secondary to roll the epoch for");
    }
    caretaker care{*this};
    epoch to = now.belief.epoch;
    if (to == seen.fences.at(other(now.at))->epoch) {
        TANDEM_TRY(const bool rolled, care.take(now.at, step_kind::roll_primary, to, options));
        if (!rolled) {
            return error(errc::switch_in_progress, "somebody else changed the epoch meanwhile");
        }
        ++to;
    }
    TANDEM_TRY(care.wait_for_older(now.at, to, deadline));
    TANDEM_TRY(const bool done, care.take(other(now.at), step_kind::roll_secondary, to, options));
    (void)read_both_fences(0, context(std::nullopt)); // what this process believes from here on
    if (done) return to;
    // Another roll, or a switch, was faster: the secondary is as far, or there is none any more.
    TANDEM_TRY(const auto there, store_at(other(now.at)).read_fences(context(std::nullopt)));
    if (there.front().epoch >= to) return to;
    return error(errc::switch_in_progress, "a switch of this migration came between");
}

void coordinator::caretaker::roll_if_full(const fence_pair& seen, std::int64_t roll_at) {
    const authority now = find_authority(seen);
    if (c.joint() || !seen.source || !seen.target) return;
    if (now.what != verdict::writable || !is_dual(now.belief.phase)) return;
    const side secondary = other(now.at);
    if (c.is_shut(secondary)) return;
    const auto held = c.store_at(secondary).count_tombstones(c.context(std::nullopt));
    if (!held || held.value().count < roll_at) return;
    const roll_options why{.by = "tandem", .reason = "the secondary holds many tombstones"};
    epoch to = now.belief.epoch;
    if (to == seen.at(secondary)->epoch) {
        const auto rolled = take(now.at, step_kind::roll_primary, to, why);
        if (!rolled || !rolled.value()) return;
        ++to;
    }
    const auto owed = c.store_at(now.at).stats(c.context(std::nullopt));
    if (owed && !has_older(owed.value(), to))
        (void)take(secondary, step_kind::roll_secondary, to, why);
}

} // namespace tandem::detail
