// SPDX-License-Identifier: BSL-1.0
#include "tandem/core/random_source.hpp"

#include <gtest/gtest.h>

#include <set>

namespace tandem {
namespace {

TEST(random_source, gives_another_seed_each_time) {
    std::set<std::uint64_t> seeds;
    for (int i = 0; i < 20; ++i)
        seeds.insert(random_seed());
    EXPECT_GT(seeds.size(), 1u);
}

// The reference values of splitmix64.
TEST(jitter, is_splitmix64) {
    jitter j(1234567);
    EXPECT_EQ(j.next(), 6457827717110365317U);
    EXPECT_EQ(j.next(), 3203168211198807973U);
    EXPECT_EQ(j.next(), 9817491932198370423U);
}

TEST(jitter, draws_from_zero_to_its_bound_and_nothing_else) {
    jitter j(1);
    std::set<milliseconds> seen;
    for (int i = 0; i < 200; ++i)
        seen.insert(j.up_to(milliseconds(3)));
    EXPECT_EQ(seen, (std::set{milliseconds(0), milliseconds(1), milliseconds(2), milliseconds(3)}));
}

TEST(jitter, of_no_bound_is_zero) {
    jitter j(1);
    EXPECT_EQ(j.up_to(milliseconds(0)), milliseconds(0));
    EXPECT_EQ(j.up_to(milliseconds(-5)), milliseconds(0));
}

TEST(backoff, doubles_up_to_its_cap_and_does_not_overflow) {
    EXPECT_EQ(backoff(milliseconds(100), 0, milliseconds(1000)), milliseconds(100));
    EXPECT_EQ(backoff(milliseconds(100), 3, milliseconds(1000)), milliseconds(800));
    EXPECT_EQ(backoff(milliseconds(100), 4, milliseconds(1000)), milliseconds(1000));
    EXPECT_EQ(backoff(milliseconds(100), 1'000'000, milliseconds(1000)), milliseconds(1000));
    EXPECT_EQ(backoff(milliseconds(0), 1'000, milliseconds(1000)), milliseconds(0));
}

} // namespace
} // namespace tandem
