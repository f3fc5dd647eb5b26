// SPDX-License-Identifier: BSL-1.0
//
// One walker that enters a double-write era, or finds one half entered.
#include "walker.hpp"

#include <gtest/gtest.h>

namespace tandem {
namespace {

constexpr direction forward = direction::forward;
constexpr direction backward = direction::backward;

TEST(era, half_entered_by_a_dead_walk_takes_the_mode_from_its_fence) {
    for (const era_mode mode : {era_mode::reset, era_mode::keep, era_mode::adopt}) {
        world w = world_in(phase::dual_old_primary);
        walk(w, backward);
        walker dead(forward, {.mode = mode, .allow_truncate = true});
        run_until(dead, w, step_kind::enter_primary);
        // Its tables hold rows where they were kept, and nothing will empty them now.
        EXPECT_TRUE(walker(forward).run(w).reached(phase::dual_old_primary));
        EXPECT_EQ(w.fence_at(side::source).mode, mode);
        EXPECT_EQ(w.is_empty(side::target), mode == era_mode::reset);
    }
}

TEST(era, half_entered_with_rows_kept_is_entered_again_where_empty_tables_are_asked_for) {
    world w = world_in(phase::dual_old_primary);
    walk(w, backward);
    walker dead(forward, {.mode = era_mode::keep});
    run_until(dead, w, step_kind::enter_primary);
    EXPECT_TRUE(
        walker(forward, {.mode = era_mode::reset}).run(w).failed_with(errc::truncate_refused));
    walker reset(forward, {.mode = era_mode::reset, .allow_truncate = true});
    EXPECT_TRUE(reset.run(w).reached(phase::dual_old_primary));
    EXPECT_EQ(w.fence_at(side::source).mode, era_mode::reset);
    EXPECT_TRUE(w.is_empty(side::target));
}

TEST(era, half_entered_is_entered_as_one_to_adopt_where_that_is_asked_for) {
    for (const era_mode mode : {era_mode::reset, era_mode::keep}) {
        world w = world_in(phase::dual_old_primary);
        walk(w, backward);
        walker dead(forward, {.mode = mode, .allow_truncate = true});
        run_until(dead, w, step_kind::enter_primary);
        walker adopts(forward, {.mode = era_mode::adopt});
        EXPECT_TRUE(adopts.run(w).reached(phase::dual_old_primary));
        EXPECT_EQ(w.fence_at(side::source).mode, era_mode::adopt);
    }
}

TEST(era, to_adopt_a_table_of_the_same_database_is_refused) {
    world w = world_in(phase::old_only);
    walker wk(forward, {.mode = era_mode::adopt}, 3, true);
    EXPECT_TRUE(wk.run(w).failed_with(errc::unsupported));
    EXPECT_EQ(w.fence_at(side::source).phase, phase::old_only);
}

TEST(era, entered_late_empties_nothing) {
    world w;
    w.write();
    walker slow(forward, {.allow_truncate = true});
    run_until(slow, w, step_kind::enter_secondary);
    walk(w, forward);
    w.backfill();
    EXPECT_TRUE(slow.run(w).reached(phase::dual_old_primary));
    EXPECT_FALSE(w.is_empty(side::target));
    EXPECT_TRUE(w.fence_at(side::source).synced);
}

TEST(era, whose_primary_rolled_its_epoch_meanwhile_is_entered_at_the_new_one) {
    world w;
    walker wk(forward);
    run_until(wk, w, step_kind::enter_primary);
    ASSERT_TRUE(w.step(side::source, {.kind = step_kind::roll_primary, .expected = 1}));
    EXPECT_TRUE(wk.run(w).reached(phase::dual_old_primary));
    EXPECT_EQ(w.fence_at(side::source).epoch, 3);
    EXPECT_GE(w.fence_at(side::target).epoch, 3);
}

} // namespace
} // namespace tandem
