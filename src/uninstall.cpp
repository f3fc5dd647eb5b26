// SPDX-License-Identifier: BSL-1.0
//
// Leaving: the target first, then the source, each side in one transaction that is a
// compare-and-set on its fences (docs/adr/0028). What a crash in between leaves behind tells by
// itself how to go on:
//
//   old_only  the target goes while the source still serves; without a target nothing can begin.
//   new_only  the source is marked as left behind for good (H in phase 4), the primary goes, and
//             then the source. A new target beside such a source would be enabled in new_only, so
//             at no moment can the source come up as primary again.

#include "tandem/engine/authority.hpp"

#include "coordinator.hpp"

namespace tandem::detail {
namespace {

constexpr int looks_max = 20; // more means that somebody else keeps changing the fences

bool is_retired(const fence& f) noexcept {
    return f.role == role::handed_over && f.phase == phase::new_only;
}

error not_from(phase now) {
    return {errc::wrong_phase, "the migration is in " + std::string(to_string(now)) +
                                   "; it leaves from old_only or new_only alone, so walk there "
                                   "first"};
}

error other_switch() {
    return {errc::switch_in_progress,
            "a switch of this migration is in progress; complete it, or abort() it"};
}

} // namespace

result<bool> coordinator::remove(side at, const uninstall_step& step, const call_context& call) {
    const auto gone = until_not_busy(call, [&] { return store_at(at).uninstall(step, call); });
    if (gone) return gone.value();
    if (gone.error() == errc::not_installed) return true; // somebody was faster
    return at_side(at, gone.error());
}

result<coordinator::leaving> coordinator::leave_from(side primary, const fence& there,
                                                     const fence& secondary,
                                                     const uninstall_options& options,
                                                     const call_context& call) {
    // Somebody began an era and did not come to its second step. A new epoch takes it back: that
    // step is tied to the old one.
    if (secondary.epoch > there.epoch) {
        const auto rolled = take_step(
            primary, {.kind = step_kind::roll_primary, .expected = there.epoch, .by = "tandem"},
            call);
        if (!rolled) return at_side(primary, rolled.error());
        return leaving::look_again;
    }
    const bool is_old = primary == side::source;
    if (!is_old && !(is_retired(secondary) && secondary.epoch == there.epoch)) {
        const auto marked = take_step(side::source,
                                      {.kind = step_kind::retire,
                                       .expected = there.epoch,
                                       .by = "tandem",
                                       .reason = "uninstalling"},
                                      call);
        if (!marked) return at_side(side::source, marked.error());
        if (!marked.value()) return leaving::look_again;
    }
    const uninstall_step last{.role = role::primary, .epoch = there.epoch};
    const uninstall_step leftover{.role = role::secondary,
                                  // Without its primary the source may go whatever it is.
                                  .epoch = is_old ? there.epoch : epoch_max,
                                  .empty_tables = is_old && options.empty_target};
    TANDEM_TRY(const bool first, remove(side::target, is_old ? leftover : last, call));
    if (!first) return leaving::look_again;
    TANDEM_TRY(const bool second, remove(side::source, is_old ? last : leftover, call));
    return second ? leaving::done : leaving::look_again;
}

result<coordinator::leaving> coordinator::leave_alone(side only, const fence& there, bool is_lost,
                                                      const call_context& call) {
    if (there.role == role::draining) return other_switch();
    if (there.role == role::primary) {
        if (is_dual(there.phase)) return not_from(there.phase);
        TANDEM_TRY(const bool gone,
                   remove(only, {.role = role::primary, .epoch = there.epoch}, call));
        return gone ? leaving::done : leaving::look_again;
    }
    // A secondary alone says nothing about its primary, except where it was marked, or was never
    // used because an installation did not come further.
    const bool unused = only == side::target && there.role == role::secondary && there.epoch == 1;
    if (!is_lost && !is_retired(there) && !unused) {
        return error(errc::wrong_phase,
                     "the " + std::string(to_string(other(only))) +
                         " holds nothing of this migration, and the " +
                         std::string(to_string(only)) +
                         " is its secondary: check that these are the right databases; if the "
                         "other one is gone for good, say so with uninstall_options::lost");
    }
    TANDEM_TRY(const bool gone,
               remove(only, {.role = role::secondary, .epoch = there.epoch}, call));
    return gone ? leaving::done : leaving::look_again;
}

result<coordinator::leaving> coordinator::try_to_leave(const installed_fences& seen,
                                                       const uninstall_options& options,
                                                       const call_context& call) {
    const auto& [source, target] = seen.at;
    if (!source || !target) {
        const side only = source ? side::source : side::target;
        return leave_alone(only, *seen.at[index(only)], options.lost == other(only), call);
    }
    const authority now = find_authority({source, target});
    switch (now.what) {
    case verdict::writable:
        if (is_dual(now.belief.phase)) return not_from(now.belief.phase);
        return leave_from(now.at, *seen.at[index(now.at)], *seen.at[index(other(now.at))], options,
                          call);
    case verdict::draining:
    case verdict::heir: return other_switch();
    case verdict::unsettled: return leaving::look_again;
    case verdict::closed: break;
    }
    return error(errc::fenced, "neither side of the migration is open: both fences are "
                               "secondaries, as after a restore");
}

result<void> coordinator::uninstall(const uninstall_options& options) {
    if (stopped()) return errc::stopped;
    if (inside_host_function::here()) return errc::nested_call;
    TANDEM_TRY(bind_stores());
    if (joint() && options.lost) {
        return error(errc::invalid_options,
                     "in same_transaction mode there is one database: leave out "
                     "uninstall_options::lost");
    }
    if (joint() && options.empty_target) {
        return error(errc::invalid_options,
                     "in same_transaction mode the target's table is one of this database: empty "
                     "it yourself and leave out uninstall_options::empty_target");
    }
    const call_context call = context(options.timeout);
    for (int looks = 0; looks < looks_max; ++looks) {
        TANDEM_TRY(const auto seen, look_around(call, options.lost));
        if (!seen.at[0] && !seen.at[1]) {
            if (looks > 0) return success(); // another process went on where this one looked again
            return error(errc::not_installed, "nothing of the migration '" + options_.name +
                                                  "' is installed, or no longer");
        }
        TANDEM_TRY(const auto left, try_to_leave(seen, options, call));
        if (left == leaving::done) return success();
    }
    return error(errc::switch_in_progress,
                 "the fences keep changing: another switch of this migration is running; try "
                 "again when it ended");
}

} // namespace tandem::detail
