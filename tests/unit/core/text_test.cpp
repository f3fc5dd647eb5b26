// SPDX-License-Identifier: BSL-1.0
#include "tandem/core/types.hpp"

#include <gtest/gtest.h>

namespace tandem {
namespace {

using namespace std::string_literals;

TEST(valid_text, takes_the_first_and_last_character_of_every_length) {
    for (const auto& text :
         {"\x01"s, "\x7F"s, "\xC2\x80"s, "\xDF\xBF"s, "\xE0\xA0\x80"s, "\xED\x9F\xBF"s,
          "\xEE\x80\x80"s, "\xEF\xBF\xBF"s, "\xF0\x90\x80\x80"s, "\xF4\x8F\xBF\xBF"s}) {
        EXPECT_TRUE(is_valid_text(text));
    }
    EXPECT_TRUE(is_valid_text(""));
}

TEST(valid_text, refuses_nul_at_any_position) {
    for (std::size_t i = 0; i < 20; ++i) {
        std::string text(20, 'a');
        text[i] = '\0';
        EXPECT_FALSE(is_valid_text(text)) << i;
    }
}

TEST(valid_text, refuses_a_stray_byte_at_any_position) {
    for (std::size_t i = 0; i < 20; ++i) {
        std::string text(20, 'a');
        text[i] = '\x80';
        EXPECT_FALSE(is_valid_text(text)) << i;
    }
}

TEST(valid_text, refuses_overlong_forms_surrogates_and_what_lies_above_the_last_character) {
    for (const auto& text :
         {"\xC0\x80"s, "\xC1\xBF"s, "\xE0\x9F\xBF"s, "\xF0\x8F\xBF\xBF"s, "\xED\xA0\x80"s,
          "\xED\xBF\xBF"s, "\xF4\x90\x80\x80"s, "\xF5\x80\x80\x80"s, "\xFF"s}) {
        EXPECT_FALSE(is_valid_text(text));
    }
}

TEST(valid_text, refuses_sequences_that_are_cut_off_or_broken) {
    for (const auto& text : {"\xC3"s, "\xE2\x82"s, "\xF0\x9F\x98"s, "\xC3("s, "\xE2\x82("s,
                             "\xF0\x9F\x98("s, "\xE2(\xAC"s}) {
        EXPECT_FALSE(is_valid_text(text));
    }
}

TEST(valid_text, takes_long_mixed_text) {
    EXPECT_TRUE(is_valid_text("plain ascii that is longer than one word, then größer, 日本語, 😀"));
}

TEST(hex, is_lower_case_and_keeps_nul) {
    const bytes value{std::byte{0}, std::byte{0xAB}, std::byte{0xFF}};
    EXPECT_EQ(to_hex(value), "00abff");
    EXPECT_EQ(parse_hex("00ABff").value(), value);
    EXPECT_EQ(parse_hex("").value(), bytes{});
}

TEST(hex, refuses_odd_lengths_and_other_characters) {
    EXPECT_EQ(parse_hex("abc").error(), errc::out_of_range);
    EXPECT_NE(parse_hex("0g").error().detail().find("position 2"), std::string_view::npos);
    EXPECT_FALSE(parse_hex("\\x00"));
}

TEST(uuid_text, is_lower_case_with_dashes) {
    const auto value = parse_uuid("00112233-4455-6677-8899-AABBCCDDEEFF");
    EXPECT_EQ(to_text(value.value()), "00112233-4455-6677-8899-aabbccddeeff");
    EXPECT_EQ(value.value().data[15], 0xFF);
}

TEST(uuid_text, parse_refuses_other_forms) {
    for (const char* text :
         {"", "00112233445566778899aabbccddeeff", "{0112233-4455-6677-8899-aabbccddeeff}",
          "00112233-4455-6677-8899-aabbccddeef", "00112233-4455-6677-8899-aabbccddeeff0",
          "0011223-34455-6677-8899-aabbccddeeff", "g0112233-4455-6677-8899-aabbccddeeff"}) {
        ASSERT_FALSE(parse_uuid(text)) << text;
        EXPECT_EQ(parse_uuid(text).error(), errc::out_of_range);
    }
}

} // namespace
} // namespace tandem
