// SPDX-License-Identifier: BSL-1.0
#include "tandem/table/codec.hpp"

#include "records.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace tandem {
namespace {

using namespace std::string_literals;
using test::color;
using test::mood;

template <class M>
cell encoded(const M& value) {
    return codec<M>::encode(value).value();
}

template <class M>
M round(const M& value) {
    return codec<M>::decode(encoded(value)).value();
}

template <class Int>
void expect_exact_range() {
    constexpr auto min = std::numeric_limits<Int>::min();
    constexpr auto max = std::numeric_limits<Int>::max();
    EXPECT_EQ(round(min), min);
    EXPECT_EQ(round(max), max);
    if constexpr (sizeof(Int) < 8) {
        const cell above = static_cast<std::int64_t>(max) + 1;
        const cell below = static_cast<std::int64_t>(min) - 1;
        EXPECT_EQ(codec<Int>::decode(above).error(), errc::out_of_range);
        EXPECT_EQ(codec<Int>::decode(below).error(), errc::out_of_range);
    }
}

TEST(codec, integers_keep_their_whole_range_and_no_more) {
    expect_exact_range<std::int8_t>();
    expect_exact_range<std::int16_t>();
    expect_exact_range<std::int32_t>();
    expect_exact_range<std::int64_t>();
    expect_exact_range<std::uint8_t>();
    expect_exact_range<std::uint16_t>();
    expect_exact_range<std::uint32_t>();
}

TEST(codec, double_keeps_nan_infinity_and_the_sign_of_zero) {
    EXPECT_TRUE(std::isnan(round(std::numeric_limits<double>::quiet_NaN())));
    EXPECT_TRUE(std::signbit(round(-0.0)));
    EXPECT_EQ(round(std::numeric_limits<double>::infinity()),
              std::numeric_limits<double>::infinity());
    EXPECT_EQ(round(0.1), 0.1);
}

TEST(codec, float_keeps_nan_infinity_and_the_sign_of_zero) {
    EXPECT_TRUE(std::isnan(round(std::numeric_limits<float>::quiet_NaN())));
    EXPECT_TRUE(std::signbit(round(-0.0F)));
    EXPECT_EQ(round(-std::numeric_limits<float>::infinity()),
              -std::numeric_limits<float>::infinity());
    EXPECT_EQ(round(std::numeric_limits<float>::max()), std::numeric_limits<float>::max());
}

TEST(codec, float_refuses_finite_numbers_beyond_its_range) {
    EXPECT_EQ(codec<float>::decode(cell(1e39)).error(), errc::out_of_range);
    EXPECT_EQ(codec<float>::decode(cell(-1e39)).error(), errc::out_of_range);
}

TEST(codec, text_is_checked_on_the_way_in) {
    EXPECT_EQ(round("größe"s), "größe");
    EXPECT_EQ(codec<std::string>::encode("\xFF").error(), errc::invalid_text);
    EXPECT_EQ(codec<std::string>::encode("a\0b"s).error(), errc::invalid_text);
    EXPECT_EQ(codec<json>::encode(json{"\xFF"}).error(), errc::invalid_text);
}

TEST(codec, bytes_keep_nul) {
    const bytes raw{std::byte{0}, std::byte{1}, std::byte{0}};
    EXPECT_EQ(round(raw), raw);
}

TEST(codec, a_day_the_calendar_does_not_have_is_refused) {
    using namespace std::chrono;
    EXPECT_EQ(round(2024y / February / 29), 2024y / February / 29);
    EXPECT_EQ(codec<year_month_day>::encode(2023y / February / 29).error(), errc::out_of_range);
}

TEST(codec, year_month_day_refuses_infinities_and_far_years) {
    using std::chrono::days;
    using std::chrono::year_month_day;
    const date last = date(std::chrono::year::max() / 12 / 31);
    EXPECT_EQ(codec<year_month_day>::decode(cell(last)).value(), year_month_day(last));
    for (const date far : {last + days(1), date(days::max()), date(days::min())}) {
        EXPECT_EQ(codec<year_month_day>::decode(cell(far)).error(), errc::out_of_range);
    }
}

TEST(codec, an_enumeration_travels_as_its_integer) {
    EXPECT_EQ(encoded(color::green), cell(std::int64_t{2}));
    EXPECT_EQ(round(color::blue), color::blue);
    EXPECT_EQ(codec<color>::decode(cell(std::int64_t{40'000})).error(), errc::out_of_range);
}

TEST(codec, a_named_enumeration_travels_as_text) {
    EXPECT_EQ(encoded(mood::glad), cell("glad"s));
    EXPECT_EQ(round(mood::calm), mood::calm);
}

TEST(codec, values_and_names_outside_enum_names_are_refused) {
    EXPECT_EQ(codec<mood>::encode(static_cast<mood>(9)).error(), errc::out_of_range);
    EXPECT_EQ(codec<mood>::decode(cell("sad"s)).error(), errc::out_of_range);
}

TEST(codec, optional_is_null_or_the_value) {
    using maybe = std::optional<std::string>;
    EXPECT_TRUE(is_null(encoded(maybe())));
    EXPECT_EQ(round(maybe()), std::nullopt);
    EXPECT_EQ(round(maybe("")), "");
    EXPECT_EQ(codec<maybe>::encode(maybe("\xFF")).error(), errc::invalid_text);
}

template <class M>
void expect_mismatch(const cell& wrong) {
    EXPECT_EQ(codec<M>::decode(wrong).error(), errc::type_mismatch);
}

TEST(codec, a_cell_of_another_type_is_refused) {
    expect_mismatch<bool>(std::int64_t{1});
    expect_mismatch<std::int32_t>(true);
    expect_mismatch<float>(std::int64_t{1});
    expect_mismatch<double>(std::int64_t{1});
    expect_mismatch<decimal>("1"s);
    expect_mismatch<std::string>(json{"1"});
    expect_mismatch<bytes>("1"s);
    expect_mismatch<uuid>("1"s);
    expect_mismatch<date>(timestamp());
    expect_mismatch<std::chrono::year_month_day>(timestamp());
    expect_mismatch<timestamp>(timestamptz());
    expect_mismatch<timestamptz>(timestamp());
    expect_mismatch<json>("1"s);
    expect_mismatch<color>("red"s);
    expect_mismatch<mood>(std::int64_t{1});
    expect_mismatch<std::optional<bool>>("t"s);
}

} // namespace
} // namespace tandem
