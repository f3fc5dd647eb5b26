// SPDX-License-Identifier: BSL-1.0
//
// What failed before comes behind the fresh changes, alone, a bounded number a pass, and after a
// pause.
#include "fake_stores.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tandem {
namespace {

using testing::ElementsAre;
using testing::Le;
using testing::SizeIs;

void owe_keys(fake_stores& s, const std::string& prefix, int keys) {
    for (int i = 0; i < keys; ++i)
        s.owe(prefix + std::to_string(i), 10 + i);
}

/// As many keys that failed once.
fake_stores with_failed(int keys) {
    fake_stores s;
    owe_keys(s, "bad", keys);
    for (int i = 0; i < keys; ++i)
        s.poison("bad" + std::to_string(i));
    EXPECT_EQ(s.pass({.attempts_max = 100}).failed, keys);
    return s;
}

TEST(relay_retry, costs_no_second_halving_of_a_batch) {
    fake_stores s = with_failed(1);
    owe_keys(s, "k", 8);
    s.pass();
    EXPECT_THAT(s.batches(), ElementsAre(8U, 1U));
    EXPECT_EQ(s.sent().back(), std::vector<key_bytes>{"bad0"});
}

TEST(relay_retry, of_a_row_that_is_cured_delivers_it) {
    fake_stores s = with_failed(3);
    s.heal();
    EXPECT_EQ(s.pass().settled, 3);
    EXPECT_THAT(s.batches(), ElementsAre(1U, 1U, 1U));
    EXPECT_TRUE(s.all_delivered());
}

TEST(relay_retry, is_made_at_most_ten_times_a_pass_beside_few_fresh_changes) {
    fake_stores s = with_failed(25);
    owe_keys(s, "k", 40);
    const relay_report r = s.pass({.attempts_max = 100});
    EXPECT_EQ(r.failed, 10);
    EXPECT_EQ(r.settled, 40);
    EXPECT_EQ(s.attempts(1), 2);
    EXPECT_EQ(s.attempts(10), 2);
    EXPECT_EQ(s.attempts(11), 1); // the oldest come first
}

TEST(relay_retry, is_made_for_a_fifth_of_the_fresh_changes_where_they_are_many) {
    fake_stores s = with_failed(50);
    owe_keys(s, "k", 200);
    const relay_report r = s.pass({.batch_rows = 60, .attempts_max = 100});
    EXPECT_EQ(r.failed, 40);
    EXPECT_EQ(r.settled, 200);
}

TEST(relay_retry, of_one_key_is_one_delivery_however_many_batches_it_stands_in) {
    fake_stores s;
    for (int i = 0; i < 6; ++i)
        s.owe("bad", i + 1);
    s.poison("bad");
    s.pass({.batch_rows = 2, .attempts_max = 100});
    s.pass({.batch_rows = 2, .attempts_max = 100});
    EXPECT_THAT(s.batches(), ElementsAre(1U));
    EXPECT_EQ(s.attempts(6), 2);
}

TEST(relay_retry, takes_a_fresh_intent_of_the_key_along) {
    fake_stores s;
    s.owe("k", 1);
    s.poison("k");
    s.pass({.attempts_max = 100});
    s.heal();
    s.owe("k", 2);
    EXPECT_EQ(s.pass().settled, 2);
    EXPECT_TRUE(s.holds("k", 2));
}

TEST(relay_retry, is_made_behind_a_pass_that_found_nothing_fresh) {
    fake_stores s = with_failed(2);
    EXPECT_EQ(s.pass({.batch_rows = 1, .attempts_max = 100}).failed, 2);
}

TEST(relay_retry, waits_up_to_twice_as_long_each_time_and_never_longer_than_the_bound) {
    milliseconds longest[10] = {};
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        fake_stores s;
        s.owe("bad", 1);
        s.poison("bad");
        for (int attempt = 0; attempt < 10; ++attempt) {
            s.pass({.attempts_max = 100, .retry_pause_max = milliseconds(1'000)}, seed);
            ASSERT_THAT(s.pauses(), SizeIs(1));
            longest[attempt] = std::max(longest[attempt], s.pauses()[0]);
        }
    }
    milliseconds bound{100};
    for (const milliseconds seen : longest) {
        EXPECT_LE(seen, bound);
        EXPECT_GT(seen, bound / 2); // of 200 draws
        bound = std::min(bound * 2, milliseconds(1'000));
    }
}

TEST(relay_retry, draws_its_pauses_from_the_seed) {
    const auto pause = [](std::uint64_t seed) {
        fake_stores s;
        s.owe("bad", 1);
        s.poison("bad");
        s.pass({.retry_pause_min = std::chrono::hours(1), .retry_pause_max = std::chrono::hours(1)},
               seed);
        return s.pauses().at(0);
    };
    EXPECT_EQ(pause(7), pause(7));
    EXPECT_NE(pause(7), pause(8));
}

} // namespace
} // namespace tandem
