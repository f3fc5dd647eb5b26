// SPDX-License-Identifier: BSL-1.0
//
// One walker alone: the walks, what refuses them, what ends a drain.
#include "tandem/engine/switching.hpp"

#include "fences.hpp"
#include "walker.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace tandem {
namespace {

using action = switch_machine::action;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr direction forward = direction::forward;
constexpr direction backward = direction::backward;

TEST(switching, walks_forward_through_all_phases_and_back) {
    world w;
    for (const direction where : {forward, backward}) {
        for (int i = 0; i < 3; ++i) {
            ASSERT_TRUE(w.write());
            walk(w, where);
            w.backfill();
        }
    }
    EXPECT_EQ(w.broken(), "");
    EXPECT_EQ(w.fence_at(side::source).phase, phase::old_only);
    EXPECT_EQ(w.fence_at(side::source).role, role::primary);
}

TEST(switching, enters_the_secondary_before_the_primary) {
    world w;
    walker wk(forward);
    EXPECT_TRUE(wk.run(w).reached(phase::dual_old_primary));
    EXPECT_THAT(wk.actions(),
                ElementsAre(action::read_fences, action::check_empty, action::step, action::step));
    EXPECT_EQ(w.fence_at(side::target).epoch, 2);
    EXPECT_EQ(w.fence_at(side::source).era, 2);
    EXPECT_FALSE(w.fence_at(side::source).synced);
}

TEST(switching, hands_over_by_draining_deciding_and_enabling) {
    world w = world_in(phase::dual_old_primary);
    w.write(side::source);
    walker wk(forward);
    EXPECT_TRUE(wk.run(w).reached(phase::dual_new_primary));
    EXPECT_THAT(wk.actions(), ElementsAre(action::read_fences, action::count_owed, action::step,
                                          action::relay, action::step, action::read_fences,
                                          action::read_sequences, action::step));
    EXPECT_EQ(w.fence_at(side::source).role, role::handed_over);
    EXPECT_EQ(w.fence_at(side::target).role, role::primary);
    EXPECT_EQ(w.fence_at(side::target).epoch, 3);
    EXPECT_EQ(w.row_at(side::target), w.acknowledged());
}

TEST(switching, is_draining_from_the_first_step_to_the_decision) {
    world w = world_in(phase::dual_old_primary);
    walker wk(forward);
    run_until(wk, w, step_kind::begin_handover);
    EXPECT_FALSE(wk.machine().draining());
    wk.turn(w);
    EXPECT_TRUE(wk.machine().draining());
    run_until(wk, w, step_kind::enable);
    EXPECT_FALSE(wk.machine().draining());
}

TEST(switching, enables_with_what_the_side_that_gave_up_says) {
    world w = world_in(phase::dual_new_primary);
    walker wk(backward, {.sequence_margin = 7, .by = "me", .reason = "because"});
    run_until(wk, w, step_kind::enable);
    const switch_step& step = wk.machine().next();
    EXPECT_EQ(wk.machine().at(), side::source);
    EXPECT_EQ(step.expected, w.fence_at(side::target).epoch);
    EXPECT_EQ(step.phase, phase::dual_old_primary);
    EXPECT_EQ(step.sequences.at(0).last, 41);
    EXPECT_EQ(step.sequence_margin, 7);
    EXPECT_EQ(step.by, "me");
    EXPECT_EQ(step.reason, "because");
}

TEST(switching, hands_the_purge_floor_over) {
    fence giver = handed_over(3, phase::dual_new_primary);
    giver.floor = {77};
    switch_machine machine(forward, {}, false);
    (void)machine.resume(switch_machine::begin{});
    EXPECT_EQ(machine.resume(switch_machine::fences_read{{giver, secondary(2)}}),
              action::read_sequences);
    EXPECT_EQ(machine.at(), side::source);
    EXPECT_EQ(machine.resume(switch_machine::sequences_read{}), action::step);
    EXPECT_EQ(machine.next().floor, version{77});
}

TEST(switching, leaves_an_era_whatever_is_owed) {
    world w = world_in(phase::dual_old_primary);
    w.poison(true);
    w.write(side::source);
    w.deliver(side::source);
    EXPECT_TRUE(walker(backward).run(w).reached(phase::old_only));
    EXPECT_EQ(w.owed(side::source), 0);
}

TEST(switching, treats_the_secondary_as_the_direction_and_the_options_say) {
    const auto mode_of = [](phase from, direction where, std::optional<era_mode> mode) {
        world w = world_in(from);
        walker(where, {.mode = mode, .allow_truncate = true}).run(w);
        return w.fence_at(where == forward ? side::source : side::target).mode;
    };
    EXPECT_EQ(mode_of(phase::old_only, forward, {}), era_mode::reset);
    EXPECT_EQ(mode_of(phase::new_only, backward, {}), era_mode::keep);
    EXPECT_EQ(mode_of(phase::old_only, forward, era_mode::keep), era_mode::keep);
    EXPECT_EQ(mode_of(phase::new_only, backward, era_mode::reset), era_mode::reset);
    EXPECT_EQ(mode_of(phase::old_only, forward, era_mode::adopt), era_mode::adopt);
    EXPECT_EQ(mode_of(phase::new_only, backward, era_mode::adopt), era_mode::adopt);
}

// --- refusals --------------------------------------------------------------------------------

TEST(switching, from_the_ends_is_refused) {
    world first = world_in(phase::old_only);
    world last = world_in(phase::new_only);
    EXPECT_TRUE(walker(backward).run(first).failed_with(errc::wrong_phase));
    EXPECT_TRUE(walker(forward).run(last).failed_with(errc::wrong_phase));
}

TEST(switching, over_an_unfinished_backfill_is_refused) {
    world w;
    walk(w, forward);
    EXPECT_TRUE(walker(forward).run(w).failed_with(errc::not_synced));
    EXPECT_TRUE(w.is_stable());
}

TEST(switching, with_too_much_owed_is_refused_with_the_count) {
    world w = world_in(phase::dual_old_primary);
    for (int i = 0; i < 5; ++i)
        w.write(side::source);
    walker wk(forward, {.owed_max = 4});
    EXPECT_TRUE(wk.run(w).failed_with(errc::changes_owed));
    EXPECT_THAT(std::string(wk.failure()->detail()), HasSubstr("5"));
    EXPECT_TRUE(w.is_stable());
    EXPECT_TRUE(walker(forward, {.owed_max = 5}).run(w).reached(phase::dual_new_primary));
}

TEST(switching, with_dead_letters_is_refused_with_the_count) {
    world w = world_in(phase::dual_old_primary);
    w.poison(true);
    w.write(side::source);
    w.deliver(side::source);
    walker wk(forward);
    EXPECT_TRUE(wk.run(w).failed_with(errc::dead_letters));
    EXPECT_THAT(std::string(wk.failure()->detail()), HasSubstr("1"));
    EXPECT_TRUE(w.is_stable());
}

TEST(switching, that_would_empty_a_table_is_refused_unless_allowed) {
    world w = world_in(phase::dual_old_primary);
    walk(w, backward);
    EXPECT_TRUE(walker(forward).run(w).failed_with(errc::truncate_refused));
    EXPECT_FALSE(w.is_empty(side::target));
    EXPECT_TRUE(walker(forward, {.allow_truncate = true}).run(w).reached(phase::dual_old_primary));
    EXPECT_TRUE(w.is_empty(side::target));
}

TEST(switching, with_a_side_out_of_reach_is_refused) {
    world w = world_in(phase::dual_new_primary);
    walker wk(backward);
    wk.turn(w);
    wk.turn(w, fault::fails);
    EXPECT_TRUE(wk.failed_with(errc::unavailable));
}

TEST(switching, with_both_sides_closed_is_refused) {
    switch_machine machine(forward, {}, false);
    (void)machine.resume(switch_machine::begin{});
    EXPECT_EQ(machine.resume(switch_machine::fences_read{{secondary(3), secondary(4)}}),
              action::done);
    EXPECT_EQ(*machine.failure(), errc::fenced);
}

TEST(switching, without_a_clear_authority_looks_again_and_ends) {
    switch_machine machine(forward, {}, false);
    auto next = machine.resume(switch_machine::begin{});
    int looks = 0;
    for (; next == action::read_fences && looks < 1000; ++looks) {
        next = machine.resume(
            switch_machine::fences_read{{handed_over(3, phase::dual_new_primary), secondary(3)}});
    }
    EXPECT_EQ(next, action::done);
    EXPECT_GT(looks, 1);
    EXPECT_EQ(*machine.failure(), errc::switch_in_progress);
}

// --- the drain -------------------------------------------------------------------------------

TEST(drain, that_takes_too_long_is_aborted_with_the_count) {
    world w = world_in(phase::dual_old_primary);
    walker wk(forward, {}, /*patience=*/1);
    run_until(wk, w, step_kind::begin_handover);
    w.write(side::source);
    wk.turn(w);
    // The relay does not get through: what is owed is told without it.
    world stuck = w;
    switch_machine machine = wk.machine();
    EXPECT_EQ(machine.resume(switch_machine::counted{{.owed = 1}, false}), action::relay);
    EXPECT_EQ(machine.resume(switch_machine::counted{{.owed = 1}, true}), action::step);
    EXPECT_EQ(machine.next().kind, step_kind::abort);
    ASSERT_TRUE(stuck.step(machine.at(), machine.next()));
    EXPECT_EQ(machine.resume(switch_machine::stepped{true}), action::done);
    EXPECT_EQ(*machine.failure(), errc::changes_owed);
    EXPECT_THAT(std::string(machine.failure()->detail()), HasSubstr("1 changes"));
    EXPECT_TRUE(stuck.is_stable());
}

TEST(drain, goes_on_while_records_of_operations_are_owed) {
    world w = world_in(phase::dual_old_primary);
    walker wk(forward);
    run_until(wk, w, step_kind::begin_handover);
    wk.turn(w);
    switch_machine machine = wk.machine();
    EXPECT_EQ(machine.resume(switch_machine::counted{{.operations = 1}, false}), action::relay);
    EXPECT_EQ(machine.resume(switch_machine::counted{{}, false}), action::step);
    EXPECT_EQ(machine.next().kind, step_kind::decide);
}

TEST(drain, that_meets_a_dead_letter_is_aborted_at_once) {
    world w = world_in(phase::dual_old_primary);
    walker wk(forward);
    run_until(wk, w, step_kind::begin_handover);
    w.poison(true);
    w.write(side::source);
    EXPECT_TRUE(wk.run(w).failed_with(errc::dead_letters));
    EXPECT_EQ(std::count(wk.actions().begin(), wk.actions().end(), action::relay), 1);
    EXPECT_TRUE(w.is_stable());
    EXPECT_EQ(wk.machine().phase(), phase::dual_old_primary);
    EXPECT_TRUE(w.write(side::source));
}

TEST(drain, whose_secondary_goes_away_is_aborted_with_the_reason) {
    for (const action failing : {action::relay, action::step}) {
        world w = world_in(phase::dual_old_primary);
        walker wk(forward);
        run_until(wk, w, step_kind::begin_handover);
        wk.turn(w);
        while (wk.next() != failing)
            wk.turn(w);
        wk.turn(w, fault::fails);
        EXPECT_TRUE(wk.run(w).failed_with(errc::unavailable));
        EXPECT_TRUE(w.is_stable());
    }
}

TEST(drain, whose_abort_has_an_open_outcome_ends_with_the_first_reason_or_at_the_goal) {
    const auto end_of = [](fault f) {
        world w = world_in(phase::dual_old_primary);
        walker wk(forward);
        run_until(wk, w, step_kind::decide);
        wk.turn(w, fault::fails);
        EXPECT_EQ(wk.machine().next().kind, step_kind::abort);
        wk.turn(w, f);
        wk.run(w);
        EXPECT_TRUE(w.is_stable());
        return wk;
    };
    EXPECT_TRUE(end_of(fault::unknown_applied).failed_with(errc::unavailable));
    EXPECT_TRUE(end_of(fault::unknown_lost).reached(phase::dual_new_primary));
}

TEST(drain, whose_fences_cannot_be_read_is_aborted) {
    // In the look that follows an unknown outcome; the abort is still tried.
    world w = world_in(phase::dual_old_primary);
    walker wk(forward);
    run_until(wk, w, step_kind::decide);
    wk.turn(w, fault::unknown_lost);
    ASSERT_EQ(wk.next(), action::read_fences);
    wk.turn(w, fault::fails);
    EXPECT_TRUE(wk.run(w).failed_with(errc::unavailable));
    EXPECT_TRUE(w.is_stable());
}

TEST(drain, in_the_other_direction_is_left_alone) {
    world w = world_in(phase::dual_old_primary);
    walker wk(forward);
    run_until(wk, w, step_kind::decide);
    EXPECT_TRUE(walker(backward).run(w).failed_with(errc::switch_in_progress));
    EXPECT_TRUE(wk.run(w).reached(phase::dual_new_primary));
}

TEST(drain, whose_decision_is_refused_for_ever_is_aborted) {
    // The side says "nothing owed" and still refuses to decide: writes must not stand still.
    const fence_pair seen{draining(3, phase::dual_old_primary), secondary(2)};
    switch_machine machine(forward, {}, false);
    auto next = machine.resume(switch_machine::begin{});
    int steps = 0;
    for (; next != action::done && steps < 1000; ++steps) {
        if (next == action::read_fences)
            next = machine.resume(switch_machine::fences_read{seen});
        else if (next == action::relay)
            next = machine.resume(switch_machine::counted{});
        else if (machine.next().kind == step_kind::abort)
            break;
        else
            next = machine.resume(switch_machine::stepped{false});
    }
    ASSERT_EQ(next, action::step);
    EXPECT_EQ(machine.next().expected, 3);
    EXPECT_EQ(machine.resume(switch_machine::stepped{true}), action::done);
    EXPECT_EQ(*machine.failure(), errc::switch_in_progress);
}

// --- abort -----------------------------------------------------------------------------------

TEST(abort, before_the_decision_reopens_the_side_that_drains) {
    world w = world_in(phase::dual_old_primary);
    walker wk(forward);
    run_until(wk, w, step_kind::decide);
    EXPECT_TRUE(walker(direction::abort).run(w).reached(phase::dual_old_primary));
    EXPECT_TRUE(w.is_stable());
    EXPECT_TRUE(w.write(side::source));
}

TEST(abort, by_somebody_else_ends_the_walk_instead_of_beginning_again) {
    world w = world_in(phase::dual_old_primary);
    walker wk(forward);
    run_until(wk, w, step_kind::decide);
    walker(direction::abort).run(w);
    EXPECT_TRUE(wk.run(w).failed_with(errc::switch_in_progress));
    EXPECT_TRUE(w.is_stable());
    EXPECT_EQ(wk.machine().phase(), phase::dual_old_primary);
}

TEST(abort, after_the_decision_is_refused_and_the_switch_completed) {
    world w = world_in(phase::dual_old_primary);
    walker wk(forward);
    run_until(wk, w, step_kind::enable);
    walker abort(direction::abort);
    EXPECT_TRUE(abort.run(w).failed_with(errc::switch_in_progress));
    EXPECT_EQ(abort.machine().phase(), phase::dual_new_primary);
    EXPECT_TRUE(w.is_stable());
    EXPECT_TRUE(wk.run(w).reached(phase::dual_new_primary));
}

TEST(abort, that_loses_against_the_decision_does_not_claim_success) {
    world w = world_in(phase::dual_old_primary);
    walker wk(forward);
    run_until(wk, w, step_kind::decide);
    walker abort(direction::abort);
    run_until(abort, w, step_kind::abort);
    wk.run(w);
    EXPECT_TRUE(abort.run(w).failed_with(errc::switch_in_progress));
    EXPECT_EQ(abort.machine().phase(), phase::dual_new_primary);
}

TEST(abort, of_a_timed_out_drain_that_was_decided_meanwhile_is_a_success) {
    world w = world_in(phase::dual_old_primary);
    walker impatient(forward);
    run_until(impatient, w, step_kind::decide);
    walker other(forward);
    run_until(other, w, step_kind::decide);
    impatient.turn(w, fault::fails);
    ASSERT_EQ(impatient.machine().next().kind, step_kind::abort);
    other.run(w);
    EXPECT_TRUE(impatient.run(w).reached(phase::dual_new_primary));
}

TEST(abort, leaves_a_later_switch_alone) {
    world w = world_in(phase::dual_old_primary);
    walker wk(forward);
    run_until(wk, w, step_kind::decide);
    wk.turn(w, fault::fails);           // is about to abort its drain
    wk.turn(w, fault::unknown_applied); // and does, without knowing
    walker later(forward);
    run_until(later, w, step_kind::decide);
    EXPECT_TRUE(wk.run(w).failed_with(errc::unavailable));
    EXPECT_TRUE(later.run(w).reached(phase::dual_new_primary));
}

TEST(abort, without_a_switch_is_refused) {
    for (const phase p : all_phases) {
        world w = world_in(p);
        EXPECT_TRUE(walker(direction::abort).run(w).failed_with(errc::wrong_phase));
        EXPECT_TRUE(w.is_stable());
    }
}

// --- joining others --------------------------------------------------------------------------

TEST(switching, that_was_decided_in_the_other_direction_is_completed_and_reported) {
    world w = world_in(phase::dual_old_primary);
    walker wk(forward);
    run_until(wk, w, step_kind::enable);
    walker back(backward);
    EXPECT_TRUE(back.run(w).failed_with(errc::switch_in_progress));
    EXPECT_EQ(back.machine().phase(), phase::dual_new_primary);
}

TEST(switching, that_another_process_finished_is_a_success) {
    world w = world_in(phase::dual_old_primary);
    walker slow(forward);
    run_until(slow, w, step_kind::begin_handover);
    walk(w, forward);
    EXPECT_TRUE(slow.run(w).reached(phase::dual_new_primary));
}

TEST(switching, that_was_taken_back_after_its_decision_does_not_begin_again) {
    world w = world_in(phase::dual_old_primary);
    walker slow(forward);
    run_until(slow, w, step_kind::enable);
    walk(w, forward);  // completes it
    walk(w, backward); // and takes it back
    EXPECT_TRUE(slow.run(w).reached(phase::dual_new_primary));
    EXPECT_EQ(w.fence_at(side::source).phase, phase::dual_old_primary);
    EXPECT_TRUE(w.is_stable());
}

TEST(switching, does_not_take_part_in_the_drain_of_the_next_walk) {
    world w;
    walker slow(forward);
    run_until(slow, w, step_kind::enter_primary);
    walk(w, forward);
    w.backfill();
    walker next_walk(forward);
    run_until(next_walk, w, step_kind::decide);
    EXPECT_TRUE(slow.run(w).failed_with(errc::switch_in_progress) ||
                slow.reached(phase::dual_old_primary));
    EXPECT_EQ(w.fence_at(side::source).role, role::draining);
    EXPECT_TRUE(slow.reached(phase::dual_old_primary));
}

} // namespace
} // namespace tandem
