// SPDX-License-Identifier: BSL-1.0
#include "postgres/codec.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace tandem::postgres::detail {
namespace {

struct sample {
    wire_format format;
    cell value;
};

std::vector<sample> samples() {
    using std::chrono::microseconds;
    using limit = std::numeric_limits<double>;
    const bytes with_nul{std::byte{0}, std::byte{255}, std::byte{7}};
    uuid id{};
    id.data[0] = 0xAB;
    id.data[15] = 1;
    return {{wire_format::boolean, true},
            {wire_format::boolean, false},
            {wire_format::int2, std::int64_t{-32768}},
            {wire_format::int4, std::int64_t{2147483647}},
            {wire_format::int8, std::numeric_limits<std::int64_t>::min()},
            {wire_format::float4, 1.5},
            {wire_format::float8, -0.0},
            {wire_format::float8, limit::quiet_NaN()},
            {wire_format::float8, -limit::infinity()},
            {wire_format::numeric, decimal::parse("-12.340").value()},
            {wire_format::text, std::string("zwölf\n")},
            {wire_format::text, std::string()},
            {wire_format::bytea, with_nul},
            {wire_format::uuid, id},
            {wire_format::date, date(std::chrono::days(-719162))},
            {wire_format::date, date::max()},
            {wire_format::date, date::min()},
            {wire_format::timestamp, timestamp(microseconds(-1))},
            {wire_format::timestamp, timestamp::max()},
            {wire_format::timestamptz, timestamptz(microseconds(1'700'000'000'000'001))},
            {wire_format::timestamptz, timestamptz::min()},
            {wire_format::json, json{"{\"a\": 1}"}},
            {wire_format::jsonb, json{"[]"}}};
}

TEST(codec, gives_back_what_it_was_given) {
    for (const sample& s : samples()) {
        std::string wire;
        ASSERT_TRUE(put_cell(wire, s.value, s.format).has_value()) << describe(s.value);
        const auto back = get_cell(wire, s.format);
        ASSERT_TRUE(back.has_value()) << describe(s.value);
        EXPECT_TRUE(same_cell(back.value(), s.value)) << describe(s.value);
    }
}

errc refusal(const cell& value, wire_format format) {
    std::string wire;
    const auto put = put_cell(wire, value, format);
    return put.has_error() ? put.error().value() : errc{};
}

TEST(codec, refuses_what_the_column_cannot_hold) {
    EXPECT_EQ(refusal(std::int64_t{32768}, wire_format::int2), errc::out_of_range);
    EXPECT_EQ(refusal(std::int64_t{-2147483649}, wire_format::int4), errc::out_of_range);
    EXPECT_EQ(refusal(1e300, wire_format::float4), errc::out_of_range);
    EXPECT_EQ(refusal(date(std::chrono::days(-3'000'000)), wire_format::date), errc::out_of_range);
    EXPECT_EQ(refusal(date(std::chrono::days(3'000'000'000)), wire_format::date),
              errc::out_of_range);
    const timestamp early(std::chrono::microseconds(std::numeric_limits<std::int64_t>::min() + 1));
    EXPECT_EQ(refusal(early, wire_format::timestamp), errc::out_of_range);
}

TEST(codec, refuses_a_value_of_another_type) {
    EXPECT_EQ(refusal(std::string("1"), wire_format::int8), errc::type_mismatch);
    EXPECT_EQ(refusal(std::int64_t{1}, wire_format::text), errc::type_mismatch);
    EXPECT_EQ(refusal(1.0, wire_format::numeric), errc::type_mismatch);
}

TEST(codec, a_value_of_another_length_is_corrupt) {
    EXPECT_EQ(get_cell("abc", wire_format::int4).error(), errc::corrupt_data);
    EXPECT_EQ(get_cell("", wire_format::boolean).error(), errc::corrupt_data);
    EXPECT_EQ(get_cell("", wire_format::jsonb).error(), errc::corrupt_data);
    EXPECT_EQ(get_cell("\2{}", wire_format::jsonb).error(), errc::corrupt_data);
}

TEST(codec, dates_count_from_the_year_2000) {
    std::string wire;
    ASSERT_TRUE(put_cell(wire, date(std::chrono::days(10'957)), wire_format::date).has_value());
    EXPECT_EQ(wire, std::string(4, '\0'));
}

TEST(array_writer, says_how_many_elements_and_whether_one_is_null) {
    parameters out;
    array_writer a(out, oids::int4);
    a.add_int4(5);
    ASSERT_TRUE(a.add(cell(null{}), wire_format::int4).has_value());
    a.finish();
    std::string wanted;
    for (const int value : {1, 1, 23, 2, 1, 4, 5, -1})
        put(wanted, std::int32_t{value});
    EXPECT_EQ(std::string(out.data(0), static_cast<std::size_t>(out.length(0))), wanted);
}

TEST(parameters, tells_null_from_empty) {
    parameters out;
    out.add_null();
    out.add_bytes("");
    EXPECT_EQ(out.data(0), nullptr);
    EXPECT_NE(out.data(1), nullptr);
    EXPECT_EQ(out.length(1), 0);
}

TEST(fit, tells_narrower_from_wrong) {
    EXPECT_EQ(fit_of(column_type::int64, wire_format::int4), fit::narrower);
    EXPECT_EQ(fit_of(column_type::int16, wire_format::int8), fit::good);
    EXPECT_EQ(fit_of(column_type::float64, wire_format::float4), fit::narrower);
    EXPECT_EQ(fit_of(column_type::text, wire_format::int4), fit::wrong);
    EXPECT_EQ(fit_of(column_type::json, wire_format::jsonb), fit::good);
    EXPECT_EQ(fit_of(column_type::timestamp, wire_format::timestamptz), fit::wrong);
}

} // namespace
} // namespace tandem::postgres::detail
