// SPDX-License-Identifier: BSL-1.0
#include "tandem/core/types.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace tandem {
namespace {

using std::chrono::days;

date day(std::int64_t count) { return date(days(count)); }

TEST(date_text, known_days) {
    EXPECT_EQ(to_text(day(0)), "1970-01-01");
    EXPECT_EQ(to_text(day(-1)), "1969-12-31");
    EXPECT_EQ(to_text(day(19782)), "2024-02-29");
    EXPECT_EQ(to_text(day(-719162)), "0001-01-01");
    EXPECT_EQ(to_text(day(2932896)), "9999-12-31");
}

TEST(date_text, years_outside_1_to_9999_have_a_sign_and_all_digits) {
    EXPECT_EQ(to_text(day(-719163)), "+0000-12-31");
    EXPECT_EQ(to_text(day(-719529)), "-0001-12-31");
    EXPECT_EQ(to_text(day(2932897)), "+10000-01-01");
    EXPECT_EQ(to_text(day(2145042905)), "+5874897-12-31"); // the last day of PostgreSQL
    EXPECT_EQ(to_text(day(-2440588)), "-4713-11-24");      // and its first: Julian day 0
}

TEST(date_text, infinities) {
    EXPECT_EQ(to_text(date(days::max())), "infinity");
    EXPECT_EQ(to_text(date(days::min())), "-infinity");
    EXPECT_EQ(parse_date("infinity").value(), date(days::max()));
    EXPECT_EQ(parse_date("-infinity").value(), date(days::min()));
}

TEST(date_text, any_day_number_has_a_text) {
    constexpr auto max = std::numeric_limits<days::rep>::max();
    EXPECT_TRUE(to_text(day(max - 1)).starts_with('+'));
    EXPECT_TRUE(to_text(day(-max)).starts_with('-'));
}

TEST(date_text, agrees_with_the_calendar_of_the_standard_library) {
    using namespace std::chrono;
    for (std::int64_t i = -719162; i <= 2932896; i += 97) {
        const year_month_day ymd(day(i));
        const std::string text = to_text(day(i));
        ASSERT_EQ(std::stoi(text.substr(0, 4)), int(ymd.year()));
        ASSERT_EQ(std::stoul(text.substr(5, 2)), unsigned(ymd.month()));
        ASSERT_EQ(std::stoul(text.substr(8, 2)), unsigned(ymd.day()));
    }
}

TEST(date_text, parse_is_the_inverse_of_to_text) {
    for (std::int64_t i = -3'000'000; i <= 4'000'000; i += 89) {
        ASSERT_EQ(parse_date(to_text(day(i))).value(), day(i)) << to_text(day(i));
    }
    for (const std::int64_t i : {-365'000'000'000, 365'000'000'000, std::int64_t{2'145'042'905}}) {
        EXPECT_EQ(parse_date(to_text(day(i))).value(), day(i));
    }
}

TEST(date_text, parse_refuses_days_that_do_not_exist) {
    for (const char* text : {"2023-02-29", "1900-02-29", "2024-04-31", "2024-00-10", "2024-13-01",
                             "2024-01-00", "2024-01-32"}) {
        ASSERT_FALSE(parse_date(text)) << text;
        EXPECT_EQ(parse_date(text).error(), errc::out_of_range);
    }
    EXPECT_TRUE(parse_date("2000-02-29"));
}

TEST(date_text, parse_refuses_other_forms) {
    for (const char* text :
         {"", "2024", "2024-02", "2024-2-9", "24-02-29", "2024-02-29 ", " 2024-02-29", "20240229",
          "12024-02-29", "+02024-02-29", "-0000-01-01", "+999-01-01", "+1234567890-01-01",
          "2024/02/29", "Infinity", "0044-03-15 BC", "2024-02-29T00:00:00"}) {
        EXPECT_FALSE(parse_date(text)) << text;
    }
}

} // namespace
} // namespace tandem
