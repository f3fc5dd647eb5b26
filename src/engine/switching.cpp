// SPDX-License-Identifier: BSL-1.0

#include "tandem/engine/switching.hpp"

#include <algorithm>
#include <utility>

namespace tandem {
namespace {

// A walk looks at the fences a few times; more means that somebody else keeps changing them.
constexpr int looks_max = 50;

phase next_phase(phase p, direction where) noexcept {
    const int step = where == direction::forward ? 1 : where == direction::backward ? -1 : 0;
    const int n = std::clamp(static_cast<int>(p) + step, 1, 4);
    return static_cast<phase>(n);
}

/// A drain from the source goes forward, one from the target back.
direction drains_towards(side from) noexcept {
    return from == side::source ? direction::forward : direction::backward;
}

error dirty(std::int64_t marks) {
    return {errc::dirty, "the tables have " + std::to_string(marks) +
                             " dirty marks: the other side may lack changes that nothing owes any "
                             "more; backfill, then verify"};
}

} // namespace

switch_machine::switch_machine(direction where, switch_options options, bool joint)
    : where_(where), options_(std::move(options)), joint_(joint) {}

switch_machine::action switch_machine::resume(event what) {
    if (std::holds_alternative<begin>(what)) return action::read_fences;
    if (auto* f = std::get_if<fences_read>(&what)) return on_fences(f->fences);
    if (auto* c = std::get_if<counted>(&what)) return on_counted(*c);
    if (auto* e = std::get_if<emptiness>(&what)) {
        if (!e->empty && !options_.allow_truncate) {
            return finish(
                error(errc::truncate_refused,
                      "the " + std::string(to_string(at_)) +
                          "'s tables hold rows and entering the era would empty them; allow "
                          "it with switch_options::allow_truncate, or take the rows over with "
                          "era_mode::adopt"));
        }
        return enter_era();
    }
    if (auto* s = std::get_if<sequences_read>(&what)) {
        step_.sequences = std::move(s->values);
        at_ = heir_.at;
        return action::step;
    }
    if (auto* s = std::get_if<stepped>(&what)) return on_stepped(s->changed);
    return on_failed(std::move(std::get<failed>(what).why));
}

switch_machine::action switch_machine::on_fences(const fence_pair& seen) {
    const authority now = find_authority(seen);
    if (++looks_ > looks_max) return stop_looking(now);
    if (is_behind_us(now)) return completed();
    switch (now.what) {
    case verdict::writable: return from_stable(now, seen);
    case verdict::draining: return from_draining(now);
    case verdict::heir:
        // Decided: only forward is left, whoever began it. The phase it comes from is the other
        // dual one.
        heir_ = now;
        draining_ = false;
        if (!started_) {
            started_ = true;
            decided_before_ = true;
            from_ = now.belief.phase == phase::dual_new_primary ? phase::dual_old_primary
                                                                : phase::dual_new_primary;
        }
        step_ = {.kind = step_kind::enable,
                 .expected = now.belief.epoch,
                 .phase = now.belief.phase,
                 .floor = now.floor,
                 .sequence_margin = options_.sequence_margin,
                 .by = options_.by,
                 .reason = options_.reason};
        at_ = other(now.at);
        return action::read_sequences;
    case verdict::unsettled:
        if (!seen.source || !seen.target) {
            error why(errc::unavailable, "one side cannot be reached, so its fence is not known");
            return draining_ ? abort_drain(std::move(why)) : finish(std::move(why));
        }
        return action::read_fences;
    case verdict::closed:
        return finish(error(errc::fenced, "neither side of the migration is open: both fences are "
                                          "secondaries, as after a restore"));
    }
    return finish(error(errc::invariant));
}

switch_machine::action switch_machine::stop_looking(const authority& now) {
    error why(errc::switch_in_progress,
              "the fences keep changing: another switch of this migration "
              "is running; try again when it ended");
    if (now.what == verdict::draining && where_ == drains_towards(now.at) && !after_abort_) {
        at_ = now.at;
        phase_ = now.belief.phase;
        primary_.epoch = now.belief.epoch;
        return abort_drain(std::move(why));
    }
    return finish(after_abort_ ? std::move(after_abort_) : std::move(why));
}

/// The decided switch that the walk met or made was completed. Somebody else may have taken it back
/// since; to begin again then would let two walks in opposite directions undo each other for long.
bool switch_machine::is_behind_us(const authority& now) const noexcept {
    if (heir_.what != verdict::heir) return false;
    return now.what == verdict::writable || now.what == verdict::draining ||
           (now.what == verdict::heir && now.belief.epoch > heir_.belief.epoch);
}

switch_machine::action switch_machine::completed() {
    draining_ = false;
    phase_ = heir_.belief.phase;
    return phase_changed();
}

bool switch_machine::goal_reached(tandem::phase now) const noexcept {
    return started_ && now == next_phase(from_, where_);
}

/// The phase is no longer the one the walk began in.
switch_machine::action switch_machine::phase_changed() {
    if (where_ != direction::abort && goal_reached(phase_)) return finish(std::nullopt);
    const std::string now(to_string(phase_));
    if (decided_before_ || where_ == direction::abort) {
        return finish(
            error(errc::switch_in_progress,
                  "a switch that was already decided has been completed; the phase is now " + now));
    }
    return finish(error(errc::switch_in_progress,
                        "another switch changed the phase meanwhile; it is now " + now));
}

switch_machine::action switch_machine::from_stable(const authority& now, const fence_pair& seen) {
    phase_ = now.belief.phase;
    const bool was_draining = std::exchange(draining_, false);
    if (!started_) {
        if (where_ == direction::abort) {
            return finish(
                error(errc::wrong_phase, "no switch is in progress, so there is nothing to abort"));
        }
        started_ = true;
        from_ = phase_;
    } else if (phase_ != from_) {
        return phase_changed();
    } else if (where_ == direction::abort) {
        return finish(std::nullopt);
    } else if (after_abort_) {
        return finish(std::exchange(after_abort_, std::nullopt));
    } else if (was_draining) {
        return finish(
            error(errc::switch_in_progress, "another process aborted the switch, or took it back"));
    }
    primary_ = *seen.at(now.at);
    at_ = now.at;

    const bool forward = where_ == direction::forward;
    switch (phase_) {
    case phase::old_only:
        if (!forward) break;
        [[fallthrough]];
    case phase::new_only:
        if (phase_ == phase::new_only && forward) break;
        return begin_era(seen.at(other(primary_of(phase_))));

    case phase::dual_old_primary:
    case phase::dual_new_primary:
        if (forward == (phase_ == phase::dual_new_primary)) return leave_era();
        if (!primary_.synced) {
            return finish(error(errc::not_synced,
                                "the backfill of this era is not complete; run it, "
                                "then switch"));
        }
        // Nothing could be delivered: the writes would stand still until the drain timeout.
        if (!joint_ && !seen.at(other(now.at))) {
            return finish(error(errc::unavailable, "the " + std::string(to_string(other(now.at))) +
                                                       " cannot be reached, so nothing can be "
                                                       "handed over to it"));
        }
        return action::count_owed;
    }
    return finish(error(errc::wrong_phase, "there is no phase " +
                                               std::string(forward ? "after " : "before ") +
                                               std::string(to_string(phase_))));
}

switch_machine::action switch_machine::from_draining(const authority& now) {
    // Our own drain was aborted, and this is another one.
    if (after_abort_ && now.belief.epoch != primary_.epoch) {
        return finish(std::exchange(after_abort_, std::nullopt));
    }
    at_ = now.at;
    phase_ = now.belief.phase;
    primary_.epoch = now.belief.epoch;
    if (!started_) {
        started_ = true;
        from_ = phase_;
    } else if (phase_ != from_) {
        draining_ = false;
        return phase_changed();
    }
    if (where_ == direction::abort) return abort_drain(errc::cancelled);
    if (where_ != drains_towards(now.at)) {
        return finish(error(errc::switch_in_progress,
                            "a switch in the other direction is draining; "
                            "abort it first"));
    }
    draining_ = true;
    return action::relay;
}

switch_machine::action switch_machine::on_counted(const counted& what) {
    const owed_stats& s = what.stats;
    if (draining_) {
        if (s.dirty > 0) return abort_drain(dirty(s.dirty));
        if (s.owed + s.operations == 0) {
            return take(at_, {.kind = step_kind::decide, .expected = primary_.epoch});
        }
        if (s.dead == 0 && !what.drain_deadline_passed) return action::relay;
        return abort_drain(
            s.dead > 0 ? error(errc::dead_letters,
                               std::to_string(s.dead) + " dead letters were still owed")
                       : error(errc::changes_owed, std::to_string(s.owed + s.operations) +
                                                       " changes were still owed at the drain "
                                                       "timeout; the switch was aborted"));
    }
    if (s.dead > 0) {
        return finish(
            error(errc::dead_letters, std::to_string(s.dead) +
                                          " changes could not be delivered; mend their cause "
                                          "and retry them"));
    }
    if (s.dirty > 0) return finish(dirty(s.dirty));
    // A record takes about as long as a change.
    if (s.owed + s.operations > options_.owed_max) {
        return finish(error(errc::changes_owed, std::to_string(s.owed + s.operations) +
                                                    " changes are owed, more than " +
                                                    std::to_string(options_.owed_max) +
                                                    "; let the relay catch up"));
    }
    return take(at_, {.kind = step_kind::begin_handover, .expected = primary_.epoch});
}

switch_machine::action switch_machine::begin_era(const std::optional<fence>& secondary) {
    if (!joint_ && secondary && secondary->epoch > primary_.epoch) {
        // A1 was done by a walk that ended there. Its fence says how the tables were treated; who
        // explicitly asks for empty ones rolls the epoch, so that A1 can be taken again. Who asks
        // for adopt may have loaded rows since.
        if (options_.mode == era_mode::reset && secondary->mode != era_mode::reset) {
            return take(at_, {.kind = step_kind::roll_primary, .expected = primary_.epoch});
        }
        const bool adopts = options_.mode == era_mode::adopt;
        return enter_primary(adopts ? era_mode::adopt : secondary->mode);
    }
    if (mode() != era_mode::reset) return enter_era();
    at_ = other(primary_of(phase_));
    return action::check_empty;
}

era_mode switch_machine::mode() const noexcept {
    return options_.mode.value_or(where_ == direction::forward ? era_mode::reset : era_mode::keep);
}

switch_machine::action switch_machine::enter_era() {
    if (joint_ && mode() == era_mode::adopt) {
        return finish(error(errc::unsupported,
                            "era_mode::adopt needs two stores; in same_transaction mode empty the "
                            "table with era_mode::reset"));
    }
    if (joint_) return enter_primary(mode());
    return take(other(primary_of(phase_)),
                {.kind = step_kind::enter_secondary, .expected = primary_.epoch, .mode = mode()});
}

switch_machine::action switch_machine::enter_primary(era_mode mode) {
    return take(joint_ ? side::source : primary_of(phase_),
                {.kind = step_kind::enter_primary, .expected = primary_.epoch, .mode = mode});
}

switch_machine::action switch_machine::leave_era() {
    return take(at_, {.kind = step_kind::leave, .expected = primary_.epoch});
}

switch_machine::action switch_machine::abort_drain(error why) {
    draining_ = false;
    if (where_ != direction::abort) after_abort_ = std::move(why);
    return take(at_, {.kind = step_kind::abort, .expected = primary_.epoch});
}

switch_machine::action switch_machine::take(side where, switch_step step) {
    at_ = where;
    step_ = std::move(step);
    step_.by = options_.by;
    step_.reason = options_.reason;
    return action::step;
}

switch_machine::action switch_machine::on_stepped(bool changed) {
    if (!changed) return action::read_fences; // somebody was faster: the fences tell
    switch (step_.kind) {
    case step_kind::enter_secondary: return enter_primary(step_.mode);
    case step_kind::begin_handover:
        if (joint_) return arrive();
        // Looking again would only lengthen the stop of the writes.
        draining_ = true;
        primary_.epoch = step_.expected + 1;
        return action::relay;
    case step_kind::abort: return finish(std::exchange(after_abort_, std::nullopt));
    case step_kind::enable: return completed();
    case step_kind::enter_primary:
    case step_kind::leave: return arrive();
    case step_kind::decide:
    case step_kind::roll_primary:
    case step_kind::roll_secondary:
    case step_kind::mark_synced:
    case step_kind::retire: break;
    }
    return action::read_fences;
}

switch_machine::action switch_machine::on_failed(error why) {
    // A step whose outcome is unknown is looked up, not repeated blindly: the fences tell.
    if (why == errc_condition::outcome_unknown && looks_ < looks_max) return action::read_fences;
    // Whatever fails while writes stand still must not leave them standing. After the decision only
    // forward is possible, and any process that looks takes the last step.
    if (draining_ && step_.kind != step_kind::abort) return abort_drain(std::move(why));
    return finish(std::move(why));
}

/// The walk's own last step was taken.
switch_machine::action switch_machine::arrive() {
    phase_ = next_phase(from_, where_);
    return finish(std::nullopt);
}

switch_machine::action switch_machine::finish(std::optional<error> why) {
    failure_ = std::move(why);
    return action::done;
}

} // namespace tandem
