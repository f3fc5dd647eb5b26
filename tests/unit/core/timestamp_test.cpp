// SPDX-License-Identifier: BSL-1.0
#include "tandem/core/types.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace tandem {
namespace {

using std::chrono::microseconds;

constexpr std::int64_t us_max = std::numeric_limits<std::int64_t>::max();

timestamptz instant(std::int64_t us) { return timestamptz(microseconds(us)); }
timestamp reading(std::int64_t us) { return timestamp(microseconds(us)); }

TEST(timestamp_text, always_has_six_fraction_digits) {
    EXPECT_EQ(to_text(reading(0)), "1970-01-01 00:00:00.000000");
    EXPECT_EQ(to_text(reading(1)), "1970-01-01 00:00:00.000001");
    EXPECT_EQ(to_text(reading(1'709'210'096'000'001)), "2024-02-29 12:34:56.000001");
}

TEST(timestamp_text, before_1970_it_counts_from_the_start_of_the_day) {
    EXPECT_EQ(to_text(reading(-1)), "1969-12-31 23:59:59.999999");
    EXPECT_EQ(to_text(reading(-86'400'000'000)), "1969-12-31 00:00:00.000000");
}

TEST(timestamp_text, with_zone_ends_in_utc) {
    EXPECT_EQ(to_text(instant(0)), "1970-01-01 00:00:00.000000+00");
}

TEST(timestamp_text, infinities) {
    EXPECT_EQ(to_text(timestamp::max()), "infinity");
    EXPECT_EQ(to_text(timestamp::min()), "-infinity");
    EXPECT_EQ(to_text(timestamptz::max()), "infinity");
    EXPECT_EQ(to_text(timestamptz::min()), "-infinity");
    EXPECT_EQ(parse_timestamp("infinity").value(), timestamp::max());
    EXPECT_EQ(parse_timestamp("-infinity").value(), timestamp::min());
    EXPECT_EQ(parse_timestamptz("infinity").value(), timestamptz::max());
    EXPECT_EQ(parse_timestamptz("-infinity").value(), timestamptz::min());
}

TEST(timestamp_text, parse_is_the_inverse_of_to_text) {
    for (const std::int64_t us :
         {std::int64_t{0}, std::int64_t{-1}, std::int64_t{1}, std::int64_t{253'402'300'800'000'000},
          std::int64_t{-62'135'596'800'000'001}, us_max - 1, -us_max}) {
        EXPECT_EQ(parse_timestamp(to_text(reading(us))).value(), reading(us));
        EXPECT_EQ(parse_timestamptz(to_text(instant(us))).value(), instant(us));
    }
}

TEST(timestamp_text, parse_refuses_instants_that_64_bits_do_not_hold) {
    // One microsecond beyond us_max - 1 is the infinity, the next one overflows.
    EXPECT_TRUE(parse_timestamp("+294247-01-10 04:00:54.775806"));
    EXPECT_FALSE(parse_timestamp("+294247-01-10 04:00:54.775807"));
    EXPECT_FALSE(parse_timestamp("+294247-01-10 04:00:54.775808"));
    EXPECT_FALSE(parse_timestamp("-290308-12-21 19:59:05.224192"));
    EXPECT_TRUE(parse_timestamp("-290308-12-21 19:59:05.224193"));
    EXPECT_FALSE(parse_timestamp("+999999999-01-01 00:00:00"));
    EXPECT_FALSE(parse_timestamptz("+294247-01-10 04:00:54-01"));
}

TEST(timestamp_text, parse_takes_a_T_and_fewer_fraction_digits) {
    EXPECT_EQ(parse_timestamp("1970-01-01T00:00:01").value(), reading(1'000'000));
    EXPECT_EQ(parse_timestamp("1970-01-01 00:00:00.5").value(), reading(500'000));
    EXPECT_EQ(parse_timestamp("1970-01-01 00:00:00.000010").value(), reading(10));
}

TEST(timestamp_text, parse_takes_any_numeric_offset) {
    EXPECT_EQ(parse_timestamptz("1970-01-01 00:00:00Z").value(), instant(0));
    EXPECT_EQ(parse_timestamptz("1970-01-01 02:00:00+02").value(), instant(0));
    EXPECT_EQ(parse_timestamptz("1970-01-01 05:30:00+05:30").value(), instant(0));
    EXPECT_EQ(parse_timestamptz("1970-01-01 05:30:00+0530").value(), instant(0));
    EXPECT_EQ(parse_timestamptz("1969-12-31 23:00:00-01").value(), instant(0));
    EXPECT_EQ(parse_timestamptz("1970-01-01 00:53:28+00:53:28").value(), instant(0));
}

TEST(timestamp_text, parse_refuses_other_forms) {
    for (const char* text :
         {"", "1970-01-01", "1970-01-01 00:00", "1970-01-01 24:00:00", "1970-01-01 00:60:00",
          "1970-01-01 00:00:60", "1970-01-01 00:00:00.", "1970-01-01 00:00:00.1234567",
          "1970-01-01 0:00:00", "1970-01-01_00:00:00", "1970-01-01 00:00:00 ",
          "1970-01-01 00:00:00+00", "1970-02-30 00:00:00"}) {
        ASSERT_FALSE(parse_timestamp(text)) << text;
        EXPECT_EQ(parse_timestamp(text).error(), errc::out_of_range);
    }
}

TEST(timestamp_text, parse_with_zone_needs_the_zone) {
    for (const char* text :
         {"1970-01-01 00:00:00", "1970-01-01 00:00:00+", "1970-01-01 00:00:00+1",
          "1970-01-01 00:00:00+24", "1970-01-01 00:00:00+01:", "1970-01-01 00:00:00+01:60",
          "1970-01-01 00:00:00 UTC", "1970-01-01 00:00:00z", "1970-01-01 00:00:00Z+01"}) {
        EXPECT_FALSE(parse_timestamptz(text)) << text;
    }
}

} // namespace
} // namespace tandem
