// SPDX-License-Identifier: BSL-1.0
#include "tandem/table/check_row.hpp"

#include "records.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace tandem {
namespace {

using namespace std::string_literals;
using testing::HasSubstr;

const table_schema& users() {
    static const table_schema schema = schema_of(test::users);
    return schema;
}

errc refusal(const table_schema& schema, const row& image, const limits& bounds = {}) {
    const auto checked = check_row(schema, image, bounds);
    return checked ? errc{} : checked.error().value();
}

TEST(check_row, takes_a_sound_row) {
    EXPECT_EQ(refusal(users(), {std::int64_t{1}, "a"s, null{}}), errc{});
    EXPECT_EQ(refusal(users(), {std::int64_t{1}, "a"s, "b"s}), errc{});
}

TEST(check_row, refuses_another_length) {
    EXPECT_EQ(refusal(users(), {std::int64_t{1}, "a"s}), errc::type_mismatch);
    EXPECT_EQ(refusal(users(), {}), errc::type_mismatch);
}

TEST(check_row, refuses_null_where_the_record_has_no_optional) {
    const auto checked = check_row(users(), {std::int64_t{1}, null{}, null{}}, {});
    EXPECT_EQ(checked.error(), errc::unexpected_null);
    EXPECT_THAT(std::string(checked.error().detail()), HasSubstr("column 'display_name'"));
}

TEST(check_row, refuses_another_type) {
    EXPECT_EQ(refusal(users(), {"1"s, "a"s, null{}}), errc::type_mismatch);
    EXPECT_EQ(refusal(users(), {std::int64_t{1}, json{"a"}, null{}}), errc::type_mismatch);
}

TEST(check_row, looks_up_cells_by_field_and_not_by_column) {
    table_schema swapped = users();
    std::swap(swapped.columns[0].field, swapped.columns[1].field);
    EXPECT_EQ(refusal(swapped, {"a"s, std::int64_t{1}, null{}}), errc{});
    EXPECT_EQ(refusal(swapped, {std::int64_t{1}, "a"s, null{}}), errc::type_mismatch);
}

TEST(check_row, the_size_is_the_sum_of_the_values) {
    const limits bounds{.row_bytes_max = 8 + 10};
    EXPECT_EQ(refusal(users(), {std::int64_t{1}, std::string(10, 'x'), null{}}, bounds), errc{});
    EXPECT_EQ(refusal(users(), {std::int64_t{1}, std::string(9, 'x'), "y"s}, bounds), errc{});
    EXPECT_EQ(refusal(users(), {std::int64_t{1}, std::string(10, 'x'), "y"s}, bounds),
              errc::row_too_large);
}

table_schema one_column(column_type type) {
    return {.name = "t", .columns = {{"c", type, false, 0}}, .key = {0}};
}

TEST(check_row, refuses_integers_that_the_column_cannot_hold) {
    EXPECT_EQ(refusal(one_column(column_type::int16), {std::int64_t{32767}}), errc{});
    EXPECT_EQ(refusal(one_column(column_type::int16), {std::int64_t{32768}}), errc::out_of_range);
    EXPECT_EQ(refusal(one_column(column_type::int32), {std::int64_t{-2147483648}}), errc{});
    EXPECT_EQ(refusal(one_column(column_type::int32), {std::int64_t{-2147483649}}),
              errc::out_of_range);
}

TEST(check_row, refuses_finite_numbers_beyond_float32) {
    EXPECT_EQ(refusal(one_column(column_type::float32), {1e39}), errc::out_of_range);
    EXPECT_EQ(refusal(one_column(column_type::float32), {std::numeric_limits<double>::infinity()}),
              errc{});
    EXPECT_EQ(refusal(one_column(column_type::float64), {1e39}), errc{});
}

} // namespace
} // namespace tandem
