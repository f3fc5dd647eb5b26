// SPDX-License-Identifier: BSL-1.0
#include "memory/key_order.hpp"

#include <gtest/gtest.h>

namespace tandem_test {

using tandem::cell;
using tandem::key;
using tandem::memory::detail::key_before;

namespace {

cell numeric(std::string_view text) { return tandem::decimal::parse(text).value(); }

/// -1, 0 or 1, and the two directions agree.
int order(const key& a, const key& b) {
    EXPECT_FALSE(key_before(a, b) && key_before(b, a));
    return key_before(a, b) ? -1 : key_before(b, a) ? 1 : 0;
}

} // namespace

TEST(key_order, of_numeric_is_by_value) {
    const char* ascending[] = {"-Infinity", "-100",   "-99.5",    "-99", "-0.01", "0",
                               "0.001",     "0.01",   "0.1",      "9",   "9.5",   "10",
                               "99",        "100.01", "Infinity", "NaN"};
    for (std::size_t i = 0; i < std::size(ascending); ++i) {
        for (std::size_t j = 0; j < std::size(ascending); ++j) {
            EXPECT_EQ(order({numeric(ascending[i])}, {numeric(ascending[j])}), i < j ? -1 : i > j)
                << ascending[i] << " and " << ascending[j];
        }
    }
}

TEST(key_order, of_numeric_ignores_the_scale) {
    EXPECT_EQ(order({numeric("1.00")}, {numeric("1")}), 0);
    EXPECT_EQ(order({numeric("-0.0")}, {numeric("0")}), 0);
    EXPECT_EQ(order({numeric("0.10")}, {numeric("0.1")}), 0);
}

TEST(key_order, of_text_and_bytes_is_by_byte) {
    EXPECT_EQ(order({cell("B")}, {cell("a")}), -1);
    EXPECT_EQ(order({cell("a")}, {cell("ab")}), -1);
    EXPECT_EQ(order({cell("z")}, {cell("\xC3\xA4")}), -1);
    EXPECT_EQ(order({tandem::bytes{std::byte{0x7f}}}, {tandem::bytes{std::byte{0x80}}}), -1);
}

TEST(key_order, of_composite_keys_is_column_by_column) {
    EXPECT_EQ(order({cell("a"), std::int64_t{10}}, {cell("b"), std::int64_t{9}}), -1);
    EXPECT_EQ(order({cell("a"), std::int64_t{10}}, {cell("a"), std::int64_t{9}}), 1);
    EXPECT_EQ(order({cell("a"), std::int64_t{9}}, {cell("a"), std::int64_t{9}}), 0);
    EXPECT_EQ(order({cell("a")}, {cell("a"), std::int64_t{9}}), -1);
}

} // namespace tandem_test
