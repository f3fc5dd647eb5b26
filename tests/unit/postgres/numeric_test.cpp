// SPDX-License-Identifier: BSL-1.0
#include "postgres/numeric_codec.hpp"
#include "postgres/wire.hpp"

#include <gtest/gtest.h>

namespace tandem::postgres::detail {
namespace {

decimal number(std::string_view text) { return decimal::parse(text).value(); }

std::string encoded(std::string_view text) {
    std::string out;
    EXPECT_TRUE(put_numeric(out, number(text)).has_value()) << text;
    return out;
}

class numeric_text : public testing::TestWithParam<const char*> {};

TEST_P(numeric_text, survives_the_binary_form) {
    EXPECT_EQ(get_numeric(encoded(GetParam())).value().text(), GetParam());
}

INSTANTIATE_TEST_SUITE_P(all, numeric_text,
                         testing::Values("0", "0.00", "1", "-1", "1.0", "1.00", "10000", "9999",
                                         "10001", "0.1", "0.0001", "0.00001", "-0.000000012345",
                                         "123456789012345678901234567890.123456789",
                                         "100000000000000000000", "99999999.9999", "1234.5678",
                                         "NaN", "Infinity", "-Infinity"));

TEST(numeric, has_the_documented_layout) {
    // 12345.678: digits 1, 2345, 6780; weight 1; scale 3
    std::string wanted;
    for (const int value : {3, 1, 0, 3, 1, 2345, 6780})
        put(wanted, static_cast<std::int16_t>(value));
    EXPECT_EQ(encoded("12345.678"), wanted);
}

TEST(numeric, zero_has_no_sign_and_keeps_its_scale) {
    EXPECT_EQ(get_numeric(encoded("0.000")).value().text(), "0.000");
}

TEST(numeric, with_too_many_digits_is_out_of_range) {
    std::string out;
    const std::string fraction = "0." + std::string(16'384, '1');
    EXPECT_EQ(put_numeric(out, number(fraction)).error(), errc::out_of_range);
}

TEST(numeric, cut_short_is_corrupt) {
    const std::string whole = encoded("12345.678");
    for (std::size_t length = 0; length < whole.size(); ++length) {
        EXPECT_EQ(get_numeric(std::string_view(whole).substr(0, length)).error(),
                  errc::corrupt_data)
            << length;
    }
}

} // namespace
} // namespace tandem::postgres::detail
