// SPDX-License-Identifier: BSL-1.0
#include "tandem/core/types.hpp"

#include <gtest/gtest.h>

namespace tandem {
namespace {

TEST(decimal, keeps_the_text_it_was_parsed_from) {
    for (const char* text : {"0", "-1", "12.50", "0.000", "-0.10", "NaN", "Infinity", "-Infinity",
                             "123456789012345678901234567890.123456789012345678901234567890"}) {
        ASSERT_TRUE(decimal::parse(text)) << text;
        EXPECT_EQ(decimal::parse(text).value().text(), text);
    }
}

TEST(decimal, refuses_what_is_not_in_the_grammar) {
    for (const char* text : {"", "-", "+1", ".5", "5.", "01", "00", "-01.5", "1e5", "1,5", " 1",
                             "1 ", "0x1", "nan", "infinity", "+Infinity", "1.2.3", "--1", "1-"}) {
        ASSERT_FALSE(decimal::parse(text)) << text;
        EXPECT_EQ(decimal::parse(text).error(), errc::out_of_range) << text;
    }
}

TEST(decimal, the_error_names_the_position) {
    EXPECT_NE(decimal::parse("12x").error().detail().find("position 3"), std::string_view::npos);
    EXPECT_NE(decimal::parse("-007").error().detail().find("position 3"), std::string_view::npos);
}

TEST(decimal, default_is_zero) { EXPECT_EQ(decimal().text(), "0"); }

TEST(decimal, scale_is_part_of_the_value_but_not_of_the_key) {
    const decimal one = decimal::parse("1.0").value();
    const decimal other = decimal::parse("1.00").value();
    EXPECT_NE(one, other);
    EXPECT_EQ(canonical_key_text(one), canonical_key_text(other));
}

TEST(decimal, canonical_key_text_drops_trailing_zeros_of_the_fraction_only) {
    const auto canonical = [](const char* text) {
        return canonical_key_text(decimal::parse(text).value());
    };
    EXPECT_EQ(canonical("1.00"), "1");
    EXPECT_EQ(canonical("100"), "100");
    EXPECT_EQ(canonical("10.50"), "10.5");
    EXPECT_EQ(canonical("-0.00"), "0");
    EXPECT_EQ(canonical("-0"), "0");
    EXPECT_EQ(canonical("-0.50"), "-0.5");
    EXPECT_EQ(canonical("NaN"), "NaN");
    EXPECT_EQ(canonical("-Infinity"), "-Infinity");
}

} // namespace
} // namespace tandem
