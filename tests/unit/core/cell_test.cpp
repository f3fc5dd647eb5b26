// SPDX-License-Identifier: BSL-1.0
#include "tandem/core/cell.hpp"

#include <gtest/gtest.h>

#include <array>
#include <limits>

namespace tandem {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

TEST(cell, nulls_are_equal_and_differ_from_everything) {
    EXPECT_TRUE(same_cell(null{}, null{}));
    EXPECT_FALSE(same_cell(null{}, false));
    EXPECT_FALSE(same_cell(std::string(), null{}));
}

TEST(cell, doubles_compare_by_what_is_stored) {
    EXPECT_TRUE(same_cell(nan, -nan));
    EXPECT_FALSE(same_cell(0.0, -0.0));
    EXPECT_TRUE(same_cell(-0.0, -0.0));
    EXPECT_FALSE(same_cell(nan, 1.0));
    EXPECT_TRUE(same_cell(1.5, 1.5));
}

TEST(cell, other_values_compare_by_content_and_type) {
    EXPECT_TRUE(same_cell(std::string("a"), std::string("a")));
    EXPECT_FALSE(same_cell(std::string("a"), json{"a"}));
    EXPECT_FALSE(same_cell(std::int64_t{1}, true));
    EXPECT_FALSE(same_cell(decimal::parse("1.0").value(), decimal::parse("1.00").value()));
}

TEST(cell, rows_compare_cell_by_cell) {
    const row a{std::int64_t{1}, nan};
    EXPECT_TRUE(same_row(a, row{std::int64_t{1}, nan}));
    EXPECT_FALSE(same_row(a, row{std::int64_t{1}}));
    EXPECT_FALSE(same_row(a, row{std::int64_t{1}, 2.0}));
    EXPECT_TRUE(same_row({}, {}));
}

TEST(cell, size_counts_the_bytes_of_the_value) {
    EXPECT_EQ(size_of(null{}), 0u);
    EXPECT_EQ(size_of(true), 1u);
    EXPECT_EQ(size_of(std::int64_t{1}), 8u);
    EXPECT_EQ(size_of(std::string("größe")), 7u);
    EXPECT_EQ(size_of(bytes(3)), 3u);
    EXPECT_EQ(size_of(uuid{}), 16u);
    EXPECT_EQ(size_of(json{"{}"}), 2u);
    EXPECT_EQ(size_of(decimal::parse("12.5").value()), 4u);
    EXPECT_EQ(size_of(timestamp()), 8u);
}

struct type_and_cell {
    column_type type;
    cell value;
};

const std::array<type_and_cell, 14>& one_of_each() {
    static const std::array<type_and_cell, 14> all{{{column_type::boolean, true},
                                                    {column_type::int16, std::int64_t{1}},
                                                    {column_type::int32, std::int64_t{1}},
                                                    {column_type::int64, std::int64_t{1}},
                                                    {column_type::float32, 1.0},
                                                    {column_type::float64, 1.0},
                                                    {column_type::numeric, decimal()},
                                                    {column_type::text, std::string("a")},
                                                    {column_type::bytes, bytes(1)},
                                                    {column_type::uuid, uuid{}},
                                                    {column_type::date, date()},
                                                    {column_type::timestamp, timestamp()},
                                                    {column_type::timestamptz, timestamptz()},
                                                    {column_type::json, json{"1"}}}};
    return all;
}

TEST(cell, a_type_holds_its_own_alternative_and_null_and_nothing_else) {
    for (const auto& [type, value] : one_of_each()) {
        EXPECT_TRUE(holds(null{}, type));
        for (const auto& other : one_of_each()) {
            EXPECT_EQ(holds(other.value, type), other.value.index() == value.index())
                << to_string(type) << " and " << to_string(other.type);
        }
    }
}

TEST(cell, describe_shows_the_value) {
    EXPECT_EQ(describe(null{}), "NULL");
    EXPECT_EQ(describe(false), "false");
    EXPECT_EQ(describe(std::int64_t{-5}), "-5");
    EXPECT_EQ(describe(-0.0), "-0");
    EXPECT_EQ(describe(std::string("a b")), "'a b'");
    EXPECT_EQ(describe(bytes(2)), "\\x0000");
    EXPECT_EQ(describe(date()), "1970-01-01");
    EXPECT_EQ(describe(json{"{}"}), "{}");
    EXPECT_EQ(describe(decimal()), "0");
}

} // namespace
} // namespace tandem
