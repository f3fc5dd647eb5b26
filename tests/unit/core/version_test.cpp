// SPDX-License-Identifier: BSL-1.0
#include "tandem/core/version.hpp"

#include <gtest/gtest.h>

namespace tandem {
namespace {

constexpr version at(std::int64_t value) { return {value}; }

TEST(version, of_an_existing_row_rises_by_one) { EXPECT_EQ(next_version(at(41), 0), at(42)); }

TEST(version, of_an_existing_row_starts_at_the_epoch) {
    EXPECT_EQ(next_version(at(41), 3), at(std::int64_t{3} << epoch_shift));
    EXPECT_EQ(next_version(at((std::int64_t{3} << epoch_shift) + 5), 3),
              at((std::int64_t{3} << epoch_shift) + 6));
}

TEST(version, of_an_absent_key_is_above_tombstone_and_floor) {
    EXPECT_EQ(first_version(at(0), at(0), 0), at(1));
    EXPECT_EQ(first_version(at(9), at(4), 0), at(10));
    EXPECT_EQ(first_version(at(4), at(9), 0), at(10));
    EXPECT_EQ(first_version(at(4), at(9), 1), at(std::int64_t{1} << epoch_shift));
}

TEST(version, of_the_last_epoch_fits) {
    EXPECT_GT(next_version(at(0), epoch_max).value, 0);
    EXPECT_EQ(next_version(at(0), epoch_max).value >> epoch_shift, epoch_max);
}

} // namespace
} // namespace tandem
