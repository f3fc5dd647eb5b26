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

} // namespace

switch_machine::switch_machine(direction where, switch_options options, bool joint)
    : where_(where), options_(std::move(options)), joint_(joint) {}

switch_machine::action switch_machine::resume(event what) {
    if (std::holds_alternative<begin>(what)) return action::read_fences;
    if (auto* f = std::get_if<fences_read>(&what)) return on_fences(f->fences);
    if (auto* c = std::get_if<counted>(&what)) return on_counted(*c);
    if (auto* e = std::get_if<emptiness>(&what)) {
        if (!e->empty && !options_.allow_truncate) {
            return finish(error(errc::truncate_refused,
                                "the " + std::string(to_string(at_)) +
                                    "'s tables hold rows and entering the era would empty them; allow "
                                    "it with switch_options::allow_truncate"));
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
    if (++looks_ > looks_max) {
        return finish(error(errc::switch_in_progress, "the fences keep changing: another switch of this "
                                                      "migration is running; try again when it ended"));
    }
    const authority now = find_authority(seen);
    switch (now.what) {
    case verdict::writable:
        return from_stable(now, seen);
    case verdict::draining:
        return from_draining(now);
    case verdict::heir:
        // Decided: only forward is left, whoever began it. The phase it comes from is the other dual one.
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
            return finish(error(errc::unavailable, "one side cannot be reached, so its fence is not known"));
        }
        return action::read_fences;
    case verdict::closed:
        return finish(error(errc::fenced, "neither side of the migration is open: both fences are "
                                          "secondaries, as after a restore"));
    }
    return finish(error(errc::invariant));
}

bool switch_machine::goal_reached(tandem::phase now) const noexcept {
    return started_ && now == next_phase(from_, where_);
}

switch_machine::action switch_machine::from_stable(const authority& now, const fence_pair& seen) {
    phase_ = now.belief.phase;
    draining_ = false;
    if (after_abort_) return finish(std::exchange(after_abort_, std::nullopt));
    if (decided_before_ && !goal_reached(phase_)) {
        return finish(error(errc::switch_in_progress,
                            "a switch that was already decided has been completed; the phase is now " +
                                std::string(to_string(phase_))));
    }
    if (where_ == direction::abort) {
        if (started_) return finish(std::nullopt);
        return finish(error(errc::wrong_phase, "no switch is in progress, so there is nothing to abort"));
    }
    if (!started_) {
        started_ = true;
        from_ = phase_;
    } else if (phase_ != from_) {
        return goal_reached(phase_) ? finish(std::nullopt)
                                    : finish(error(errc::switch_in_progress,
                                                   "another switch changed the phase meanwhile"));
    }
    primary_ = *seen.at(now.at);
    at_ = now.at;

    if (entering_) {
        const auto& secondary = seen.at(other(now.at));
        if (secondary && secondary->epoch > primary_.epoch) {
            options_.mode = secondary->mode; // what was really done to the tables
            return enter_primary();
        }
        entering_ = false;
    }

    const bool forward = where_ == direction::forward;
    switch (phase_) {
    case phase::old_only:
        if (!forward) break;
        [[fallthrough]];
    case phase::new_only: {
        if (phase_ == phase::new_only && forward) break;
        const era_mode mode = options_.mode.value_or(forward ? era_mode::reset : era_mode::keep);
        options_.mode = mode;
        if (mode == era_mode::keep) return enter_era();
        at_ = other(primary_of(phase_));
        return action::check_empty;
    }
    case phase::dual_old_primary:
    case phase::dual_new_primary:
        if (forward == (phase_ == phase::dual_new_primary)) return leave_era();
        if (!primary_.synced) {
            return finish(error(errc::not_synced, "the backfill of this era is not complete; run it, "
                                                  "then switch"));
        }
        return action::count_owed;
    }
    return finish(error(errc::wrong_phase, "there is no phase " +
                                               std::string(forward ? "after " : "before ") +
                                               std::string(to_string(phase_))));
}

switch_machine::action switch_machine::from_draining(const authority& now) {
    at_ = now.at;
    phase_ = now.belief.phase;
    primary_.epoch = now.belief.epoch;
    // A drain from the source goes forward, one from the target back.
    const bool forward = now.at == side::source;
    const bool same = where_ == (forward ? direction::forward : direction::backward);
    if (!started_) {
        started_ = true;
        from_ = phase_;
    }
    if (where_ == direction::abort) return abort_drain(errc::cancelled);
    if (!same) {
        return finish(error(errc::switch_in_progress, "a switch in the other direction is draining; "
                                                      "abort it first"));
    }
    draining_ = true;
    return action::relay;
}

switch_machine::action switch_machine::on_counted(const counted& what) {
    const owed_stats& s = what.stats;
    if (draining_) {
        if (s.owed == 0) {
            return take(at_, {.kind = step_kind::decide, .expected = primary_.epoch});
        }
        if (s.dead == 0 && !what.drain_deadline_passed) return action::relay;
        return abort_drain(s.dead > 0
                               ? error(errc::dead_letters, std::to_string(s.dead) +
                                                               " dead letters were still owed")
                               : error(errc::changes_owed, std::to_string(s.owed) +
                                                               " changes were still owed at the drain "
                                                               "timeout; the switch was aborted"));
    }
    if (s.dead > 0) {
        return finish(error(errc::dead_letters,
                            std::to_string(s.dead) + " changes could not be delivered; mend their cause "
                                                     "and revive them"));
    }
    if (s.owed > options_.owed_max) {
        return finish(error(errc::changes_owed, std::to_string(s.owed) + " changes are owed, more than " +
                                                    std::to_string(options_.owed_max) +
                                                    "; let the relay catch up"));
    }
    return take(at_, {.kind = step_kind::begin_handover, .expected = primary_.epoch});
}

switch_machine::action switch_machine::enter_era() {
    if (joint_) return enter_primary();
    return take(other(primary_of(phase_)), {.kind = step_kind::enter_secondary,
                                            .expected = primary_.epoch,
                                            .mode = options_.mode.value_or(era_mode::reset)});
}

switch_machine::action switch_machine::enter_primary() {
    return take(joint_ ? side::source : primary_of(phase_),
                {.kind = step_kind::enter_primary,
                 .expected = primary_.epoch,
                 .mode = options_.mode.value_or(era_mode::reset)});
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
    if (step_.kind == step_kind::enter_secondary) {
        if (changed) return enter_primary();
        // Done before, by a walk that ended there: its fence says how the tables were treated.
        entering_ = true;
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

switch_machine::action switch_machine::finish(std::optional<error> why) {
    failure_ = std::move(why);
    return action::done;
}

} // namespace tandem
