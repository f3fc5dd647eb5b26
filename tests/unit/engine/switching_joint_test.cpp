// SPDX-License-Identifier: BSL-1.0
//
// same_transaction mode: one fence holds both roles, so a switch is one step.
#include "fences.hpp"
#include "walker.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tandem {
namespace {

using action = switch_machine::action;
using testing::ElementsAre;

walker joint_walker(direction where, switch_options options = {.allow_truncate = true}) {
    return walker(where, std::move(options), 3, true);
}

phase phase_of(const world& w) { return w.fence_at(side::source).phase; }

TEST(joint_switching, walks_forward_through_all_phases_and_back) {
    world w(true);
    for (const direction where : {direction::forward, direction::backward}) {
        for (int i = 0; i < 3; ++i) {
            ASSERT_TRUE(w.write(primary_of(phase_of(w))));
            walker wk = joint_walker(where);
            EXPECT_FALSE(wk.run(w).failure());
            w.backfill();
        }
    }
    EXPECT_EQ(phase_of(w), phase::old_only);
    EXPECT_EQ(w.fence_at(side::source).epoch, 7);
    EXPECT_EQ(w.broken(), "");
}

TEST(joint_switching, enters_an_era_and_hands_over_in_one_step_each) {
    world w(true);
    walker enter = joint_walker(direction::forward);
    enter.run(w);
    EXPECT_THAT(enter.actions(),
                ElementsAre(action::read_fences, action::check_empty, action::step));
    w.backfill();
    walker flip = joint_walker(direction::forward);
    EXPECT_TRUE(flip.run(w).reached(phase::dual_new_primary));
    EXPECT_THAT(flip.actions(), ElementsAre(action::read_fences, action::count_owed, action::step));
}

TEST(joint_switching, before_the_backfill_is_refused) {
    world w(true);
    joint_walker(direction::forward).run(w);
    EXPECT_TRUE(joint_walker(direction::forward).run(w).failed_with(errc::not_synced));
}

TEST(joint_switching, asks_before_it_empties_the_table_of_the_other_side) {
    world w(true);
    w.write();
    joint_walker(direction::forward).run(w);
    w.backfill();
    joint_walker(direction::backward).run(w);
    walker wk = joint_walker(direction::forward, {});
    EXPECT_TRUE(wk.run(w).failed_with(errc::truncate_refused));
    EXPECT_EQ(wk.machine().at(), side::target);
}

TEST(joint_switching, has_nothing_to_abort) {
    world w(true);
    EXPECT_TRUE(joint_walker(direction::abort).run(w).failed_with(errc::wrong_phase));
}

TEST(joint_switching, without_its_fence_is_refused) {
    switch_machine machine(direction::forward, {}, true);
    (void)machine.resume(switch_machine::begin{});
    EXPECT_EQ(machine.resume(switch_machine::fences_read{}), action::done);
    EXPECT_EQ(*machine.failure(), errc::unavailable);
}

TEST(joint_switching, with_an_open_outcome_reaches_its_goal_once) {
    for (const fault f : {fault::unknown_applied, fault::unknown_lost}) {
        for (int failing = 0; failing < 8; ++failing) {
            world w(true);
            joint_walker(direction::forward).run(w);
            w.backfill();
            walker wk = joint_walker(direction::forward);
            for (int i = 0; i < failing && !wk.done(); ++i)
                wk.turn(w);
            if (wk.next() != action::step) continue;
            wk.turn(w, f);
            EXPECT_TRUE(wk.run(w).reached(phase::dual_new_primary));
            EXPECT_EQ(w.fence_at(side::source).epoch, 3);
        }
    }
}

} // namespace
} // namespace tandem
