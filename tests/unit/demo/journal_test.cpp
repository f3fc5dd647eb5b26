// SPDX-License-Identifier: BSL-1.0
#include "demo/journal.hpp"

#include <gtest/gtest.h>

namespace {

using demo::action;

TEST(journal, unknown_key_has_an_empty_history) {
    const demo::journal j;
    EXPECT_FALSE(j.of("k").live);
    EXPECT_EQ(j.of("k").version, 0);
}

TEST(journal, loaded_row_is_live_at_version_0) {
    demo::journal j;
    j.loaded("k", 11, 1000);
    EXPECT_TRUE(j.of("k").live);
    EXPECT_EQ(j.of("k").content, 11U);
    EXPECT_EQ(j.of("k").balance, 1000);
}

TEST(journal, acknowledged_put_is_the_state) {
    demo::journal j;
    j.acknowledged(j.begin("k", action::put), {.version = 5, .content = 7});
    EXPECT_TRUE(j.of("k").live);
    EXPECT_EQ(j.of("k").version, 5);
    EXPECT_EQ(j.of("k").content, 7U);
}

TEST(journal, older_version_that_is_acknowledged_later_changes_nothing) {
    demo::journal j;
    const auto slow = j.begin("k", action::put);
    j.acknowledged(j.begin("k", action::erase), {.version = 6});
    j.acknowledged(slow, {.version = 5, .content = 7});
    EXPECT_FALSE(j.of("k").live);
    EXPECT_EQ(j.of("k").version, 6);
    EXPECT_TRUE(j.versions_gone_back().empty());
}

TEST(journal, delete_of_unknown_version_stands_behind_the_newest) {
    demo::journal j;
    j.acknowledged(j.begin("k", action::put), {.version = 5, .content = 7});
    j.acknowledged(j.begin("k", action::erase), {});
    EXPECT_FALSE(j.of("k").live);
    EXPECT_EQ(j.of("k").version, 5);
}

TEST(journal, version_not_above_one_acknowledged_before_is_noted) {
    demo::journal j;
    j.acknowledged(j.begin("k", action::put), {.version = 5});
    j.acknowledged(j.begin("k", action::put), {.version = 5});
    EXPECT_EQ(j.versions_gone_back(), std::vector<std::string>{"k"});
}

TEST(journal, unknown_write_never_ends) {
    demo::journal j;
    j.unknown(j.begin("k", action::put), {.content = 7});
    EXPECT_EQ(j.of("k").puts_begun, 1);
    EXPECT_EQ(j.of("k").puts_ended, 0);
    EXPECT_EQ(j.of("k").unknown_puts, std::vector<std::uint64_t>{7});
}

TEST(journal, write_that_did_not_happen_ends_without_a_trace) {
    demo::journal j;
    j.nothing_happened(j.begin("k", action::put));
    EXPECT_FALSE(j.of("k").live);
    EXPECT_EQ(j.of("k").puts_ended, 1);
}

TEST(journal, balance_is_exact_and_widened_by_unknown_changes) {
    demo::journal j;
    j.loaded("k", 1, 100);
    j.acknowledged(j.begin("k", action::put), {.version = 5, .change = 10});
    j.unknown(j.begin("k", action::put), {.change = -3});
    j.unknown(j.begin("k", action::put), {.change = 4});
    EXPECT_EQ(j.of("k").balance, 110);
    EXPECT_EQ(j.of("k").balance_less, -3);
    EXPECT_EQ(j.of("k").balance_more, 4);
}

TEST(journal, totals_count_every_outcome) {
    demo::journal j;
    j.acknowledged(j.begin("a", action::put), {.version = 1});
    j.unknown(j.begin("b", action::put), {});
    j.nothing_happened(j.begin("c", action::erase));
    EXPECT_EQ(j.totals().acknowledged, 1);
    EXPECT_EQ(j.totals().unknown, 1);
    EXPECT_EQ(j.totals().nothing_happened, 1);
    EXPECT_EQ(j.size(), 3U);
}

} // namespace
