// SPDX-License-Identifier: BSL-1.0
//
// Many rows that fail, one row that is locked, and a store that is slow hold up nobody else.
#include "fake_stores.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tandem {
namespace {

using testing::ElementsAre;

constexpr relay_options patient{.batch_rows = 8, .attempts_max = 100, .pass_rows_max = 8};

TEST(relay_crowd, of_failed_rows_leaves_fresh_changes_their_turn) {
    fake_stores s;
    for (int i = 0; i < 40; ++i) {
        s.owe("bad" + std::to_string(i), 10 + i);
        s.poison("bad" + std::to_string(i));
    }
    for (int i = 0; i < 40; ++i)
        s.pass(patient);
    s.owe("k", 1000);
    EXPECT_EQ(s.pass(patient).settled, 1);
    EXPECT_TRUE(s.holds("k", 1000));
}

TEST(relay_crowd, of_a_locked_row_and_others_delivers_the_others) {
    fake_stores s;
    for (int i = 0; i < 8; ++i)
        s.owe("k" + std::to_string(i), 10 + i);
    s.poison("k3", errc::busy);
    EXPECT_EQ(s.pass().settled, 7);
    EXPECT_EQ(s.attempts(4), 1);
}

TEST(relay_crowd, a_locked_row_never_becomes_a_dead_letter) {
    fake_stores s;
    s.owe("k", 1);
    s.poison("k", errc::busy);
    for (int i = 0; i < 10; ++i)
        s.pass({.attempts_max = 2});
    EXPECT_TRUE(s.dead().empty());
    s.heal();
    EXPECT_EQ(s.pass().settled, 1);
}

TEST(relay_crowd, a_batch_that_takes_too_long_goes_on_in_smaller_ones) {
    fake_stores s;
    for (int i = 0; i < 16; ++i)
        s.owe("k" + std::to_string(i), 10 + i);
    s.fail_action(1, errc::timeout);
    EXPECT_EQ(s.pass({.batch_rows = 8}).settled, 16);
    EXPECT_THAT(s.batches(), ElementsAre(4U, 4U, 4U, 4U));
}

TEST(relay_crowd, a_row_that_takes_too_long_alone_is_the_stores_affair) {
    fake_stores s;
    s.owe("k", 1);
    s.poison("k", errc::timeout);
    const relay_report r = s.pass();
    ASSERT_TRUE(r.trouble);
    EXPECT_EQ(*r.trouble, errc::timeout);
    EXPECT_EQ(s.attempts(1), 0);
}

TEST(relay_crowd, a_pass_without_time_left_ends_and_halves_nothing) {
    relay_machine m({}, 0);
    ASSERT_EQ(m.resume(relay_machine::begin{}), relay_machine::action::load);
    std::vector<owed_change> two(2);
    two[0].change.key = "a";
    two[1].change.key = "b";
    ASSERT_EQ(m.resume(relay_machine::loaded{two}), relay_machine::action::apply);
    EXPECT_EQ(m.resume(relay_machine::failed{errc::timeout, true}), relay_machine::action::done);
}

} // namespace
} // namespace tandem
