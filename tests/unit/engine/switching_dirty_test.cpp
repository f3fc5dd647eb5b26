// SPDX-License-Identifier: BSL-1.0
//
// A table that is marked dirty stands in the way of a handover, and of nothing else.
#include "tandem/engine/switching.hpp"

#include "walker.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace tandem {
namespace {

using action = switch_machine::action;
using testing::HasSubstr;

constexpr direction forward = direction::forward;
constexpr direction backward = direction::backward;

TEST(dirty, tables_refuse_a_handover_with_their_count) {
    world w = world_in(phase::dual_old_primary);
    w.mark_dirty(side::source);
    w.mark_dirty(side::source);
    walker wk(forward);
    EXPECT_TRUE(wk.run(w).failed_with(errc::dirty));
    EXPECT_THAT(std::string(wk.failure()->detail()), HasSubstr("2 dirty marks"));
    EXPECT_TRUE(w.is_stable());
}

TEST(dirty, tables_at_the_other_side_refuse_nothing) {
    world w = world_in(phase::dual_old_primary);
    w.mark_dirty(side::target);
    EXPECT_TRUE(walker(forward).run(w).reached(phase::dual_new_primary));
}

TEST(dirty, table_in_a_drain_aborts_it_at_once) {
    world w = world_in(phase::dual_old_primary);
    walker wk(forward);
    run_until(wk, w, step_kind::begin_handover);
    w.mark_dirty(side::source);
    EXPECT_TRUE(wk.run(w).failed_with(errc::dirty));
    EXPECT_EQ(std::count(wk.actions().begin(), wk.actions().end(), action::relay), 1);
    EXPECT_TRUE(w.is_stable());
    EXPECT_EQ(wk.machine().phase(), phase::dual_old_primary);
}

TEST(dirty, table_just_before_the_decision_aborts_it) {
    world w = world_in(phase::dual_old_primary);
    walker wk(forward);
    run_until(wk, w, step_kind::decide);
    w.mark_dirty(side::source);
    EXPECT_TRUE(wk.run(w).failed_with(errc::dirty));
    EXPECT_EQ(w.flips(), 0);
    EXPECT_TRUE(w.is_stable());
}

TEST(dirty, tables_do_not_keep_an_era_from_being_left) {
    world w = world_in(phase::dual_old_primary);
    w.mark_dirty(side::source);
    EXPECT_TRUE(walker(backward).run(w).reached(phase::old_only));
    EXPECT_EQ(w.dirty(side::source), 1);
}

} // namespace
} // namespace tandem
