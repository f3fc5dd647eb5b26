// SPDX-License-Identifier: BSL-1.0
#include "demo/dataset.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace {

demo::dataset parse(const std::string& text, std::size_t rows_max = 100) {
    std::istringstream in(text);
    return demo::parse_stanzas(in, rows_max);
}

const std::string one = "Package: a\nVersion: 1\nArchitecture: all\nInstalled-Size: 12\n"
                        "Section: misc\nDescription: short\n long text\n .\n more\n";

TEST(catalogue, stanza_becomes_an_item) {
    const auto data = parse(one);
    ASSERT_EQ(data.items.size(), 1U);
    EXPECT_EQ(data.items[0].id, "a:all=1");
    EXPECT_EQ(data.items[0].size_kib, 12);
    EXPECT_EQ(data.items[0].section, "misc");
    EXPECT_EQ(data.items[0].fields.text, R"({"Architecture":"all"})");
}

TEST(catalogue, continuation_lines_belong_to_the_field) {
    EXPECT_EQ(parse(one).items.at(0).description, "short\n long text\n .\n more");
}

TEST(catalogue, missing_fields_are_null) {
    const auto data = parse("Package: a\nVersion: 1\nArchitecture: all\n");
    ASSERT_EQ(data.items.size(), 1U);
    EXPECT_FALSE(data.items[0].homepage.has_value());
    EXPECT_FALSE(data.items[0].size_kib.has_value());
}

TEST(catalogue, repeated_stanza_is_left_out_and_counted) {
    const auto data = parse(one + "\n" + one + "\n\n");
    EXPECT_EQ(data.items.size(), 1U);
    EXPECT_EQ(data.left_out, 1U);
}

TEST(catalogue, stanza_that_is_not_utf8_is_left_out) {
    const auto data = parse("Package: a\nVersion: 1\nArchitecture: all\nSection: \xFF\n\n" + one);
    EXPECT_EQ(data.items.size(), 1U);
    EXPECT_EQ(data.left_out, 1U);
}

TEST(catalogue, stanza_without_a_version_is_left_out) {
    EXPECT_EQ(parse("Package: a\nArchitecture: all\n").left_out, 1U);
}

TEST(catalogue, rows_end_at_the_limit) {
    EXPECT_EQ(parse(one + "\nPackage: b\nVersion: 1\nArchitecture: all\n", 1).items.size(), 1U);
}

} // namespace
