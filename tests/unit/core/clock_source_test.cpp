// SPDX-License-Identifier: BSL-1.0
#include "tandem/core/clock_source.hpp"

#include <gtest/gtest.h>

namespace tandem {
namespace {

using namespace std::chrono_literals;

TEST(clock_source, never_goes_back) {
    const auto before = monotonic_now();
    EXPECT_GE(monotonic_now(), before);
}

TEST(clock_source, nothing_is_left_of_a_deadline_that_has_passed) {
    EXPECT_EQ(time_left({monotonic_now()}), 0ms);
    EXPECT_EQ(time_left({monotonic_time::min()}), 0ms);
}

TEST(clock_source, what_is_left_is_rounded_up) {
    const milliseconds left = time_left({monotonic_now() + 1h + 1ns});
    EXPECT_GT(left, 59min);
    EXPECT_LE(left, 1h + 1ms);
}

TEST(clock_source, no_deadline_leaves_a_long_time) {
    EXPECT_GT(time_left(call_context{}), std::chrono::hours(24 * 365));
}

} // namespace
} // namespace tandem
