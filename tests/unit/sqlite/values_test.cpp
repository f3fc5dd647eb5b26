// SPDX-License-Identifier: BSL-1.0
//
// Cells to SQLite values and back, without a database.
#include "sqlite/values.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace tandem::sqlite::detail {

namespace {

column_layout column(column_type type, std::string_view declared) {
    return {"t.c", type, storage_for(type, declared).value(), false};
}

column_layout key_column(column_type type, std::string_view declared) {
    auto out = column(type, declared);
    out.is_key = true;
    return out;
}

cell round_trip(const cell& c, const column_layout& as) {
    const auto stored = encode(c, as).value();
    return decode(stored, as).value();
}

std::string text_in(const sql_value& v) {
    if (const auto* own = std::get_if<text_own>(&v)) return own->value;
    if (const auto* ref = std::get_if<text_ref>(&v)) return std::string(ref->value);
    return "no text";
}

std::string blob_in(const sql_value& v) {
    if (const auto* own = std::get_if<blob_own>(&v)) return own->value;
    if (const auto* ref = std::get_if<blob_ref>(&v)) return std::string(ref->value);
    return "no blob";
}

} // namespace

TEST(sqlite_affinity, follows_the_rules_of_sqlite_in_their_order) {
    EXPECT_EQ(affinity_of("bigint"), affinity::integer);
    EXPECT_EQ(affinity_of("CHARINT"), affinity::integer);
    EXPECT_EQ(affinity_of("FLOATING POINT"), affinity::integer); // POINT contains INT
    EXPECT_EQ(affinity_of("varchar(20)"), affinity::text);
    EXPECT_EQ(affinity_of("BLOB"), affinity::blob);
    EXPECT_EQ(affinity_of(""), affinity::blob);
    EXPECT_EQ(affinity_of("double precision"), affinity::real);
    EXPECT_EQ(affinity_of("DECIMAL(10,2)"), affinity::numeric);
    EXPECT_EQ(affinity_of("STRING"), affinity::numeric);
}

TEST(sqlite_storage, refuses_affinities_that_change_a_value) {
    EXPECT_FALSE(storage_for(column_type::numeric, "DECIMAL(10,2)"));
    EXPECT_FALSE(storage_for(column_type::text, "STRING"));
    EXPECT_FALSE(storage_for(column_type::text, "INTEGER"));
    EXPECT_FALSE(storage_for(column_type::int64, "TEXT"));
    EXPECT_FALSE(storage_for(column_type::int64, "REAL"));
    EXPECT_FALSE(storage_for(column_type::float64, "INTEGER"));
    EXPECT_FALSE(storage_for(column_type::date, "INTEGER"));
}

TEST(sqlite_storage, takes_uuid_and_timestamps_as_they_are_declared) {
    EXPECT_EQ(storage_for(column_type::uuid, "BLOB"), storage::blob);
    EXPECT_EQ(storage_for(column_type::uuid, ""), storage::text);
    EXPECT_EQ(storage_for(column_type::uuid, "UUID"), storage::text);
    EXPECT_EQ(storage_for(column_type::timestamptz, "INTEGER"), storage::integer);
    EXPECT_EQ(storage_for(column_type::timestamptz, "TIMESTAMP"), storage::text);
}

TEST(sqlite_values, null_is_null_in_every_column) {
    const auto stored = encode(null{}, column(column_type::text, "TEXT")).value();
    EXPECT_TRUE(std::holds_alternative<std::monostate>(stored));
    EXPECT_TRUE(is_null(decode(stored, column(column_type::int64, "INTEGER")).value()));
}

TEST(sqlite_values, nan_and_negative_zero_are_big_endian_blobs) {
    const auto as = column(column_type::float64, "REAL");
    EXPECT_EQ(blob_in(encode(-0.0, as).value()), std::string("\x80\0\0\0\0\0\0\0", 8));
    EXPECT_EQ(blob_in(encode(std::nan(""), as).value()), std::string("\x7f\xf8\0\0\0\0\0\0", 8));
    EXPECT_TRUE(same_cell(round_trip(-0.0, as), -0.0));
    EXPECT_TRUE(same_cell(round_trip(std::nan(""), as), std::nan("")));
}

TEST(sqlite_values, other_floating_point_values_are_real) {
    const auto as = column(column_type::float64, "REAL");
    for (const double d : {0.0, 1.5, -1e300, std::numeric_limits<double>::infinity()}) {
        EXPECT_TRUE(std::holds_alternative<double>(encode(d, as).value()));
        EXPECT_TRUE(same_cell(round_trip(d, as), d));
    }
}

TEST(sqlite_values, a_whole_number_that_numeric_affinity_made_an_integer_is_read_as_real) {
    const auto as = column(column_type::float64, "NUMERIC");
    EXPECT_TRUE(same_cell(decode(std::int64_t{3}, as).value(), 3.0));
}

TEST(sqlite_values, a_blob_of_another_length_is_no_floating_point_value) {
    const auto as = column(column_type::float64, "REAL");
    EXPECT_EQ(decode(blob_ref{"1234567"}, as).error(), errc::type_mismatch);
}

TEST(sqlite_values, numeric_keeps_its_scale_and_a_numeric_key_its_canonical_text) {
    const auto number = decimal::parse("1.50").value();
    EXPECT_EQ(text_in(encode(number, column(column_type::numeric, "TEXT")).value()), "1.50");
    EXPECT_EQ(text_in(encode(number, key_column(column_type::numeric, "TEXT")).value()), "1.5");
}

TEST(sqlite_values, a_key_that_is_not_canonical_is_refused) {
    const auto number = key_column(column_type::numeric, "TEXT");
    EXPECT_EQ(decode(text_ref{"1.50"}, number).error(), errc::type_mismatch);
    const auto when = key_column(column_type::timestamp, "TEXT");
    EXPECT_EQ(decode(text_ref{"2024-02-29T12:00:00"}, when).error(), errc::type_mismatch);
    EXPECT_TRUE(decode(text_ref{"2024-02-29T12:00:00"}, column(column_type::timestamp, "TEXT")));
}

TEST(sqlite_values, a_key_of_null_is_refused) {
    EXPECT_EQ(decode(std::monostate{}, key_column(column_type::text, "TEXT")).error(),
              errc::unexpected_null);
}

TEST(sqlite_values, timestamps_are_text_or_microseconds) {
    const timestamptz when(std::chrono::microseconds(1'700'000'000'000'001));
    EXPECT_EQ(text_in(encode(when, column(column_type::timestamptz, "TEXT")).value()),
              "2023-11-14 22:13:20.000001+00");
    const auto as = column(column_type::timestamptz, "INTEGER");
    EXPECT_EQ(std::get<std::int64_t>(encode(when, as).value()), 1'700'000'000'000'001);
    EXPECT_TRUE(same_cell(round_trip(when, as), when));
    EXPECT_TRUE(same_cell(round_trip(timestamptz::max(), as), timestamptz::max()));
}

TEST(sqlite_values, uuid_is_text_or_sixteen_bytes) {
    const auto id = parse_uuid("00112233-4455-6677-8899-aabbccddeeff").value();
    EXPECT_EQ(text_in(encode(id, column(column_type::uuid, "TEXT")).value()),
              "00112233-4455-6677-8899-aabbccddeeff");
    const auto as = column(column_type::uuid, "BLOB");
    EXPECT_EQ(blob_in(encode(id, as).value()).size(), 16u);
    EXPECT_TRUE(same_cell(round_trip(id, as), id));
    EXPECT_EQ(decode(blob_ref{"short"}, as).error(), errc::type_mismatch);
}

TEST(sqlite_values, bytes_keep_nul) {
    const bytes octets{std::byte{0}, std::byte{255}, std::byte{0}};
    EXPECT_TRUE(same_cell(round_trip(octets, column(column_type::bytes, "BLOB")), octets));
    EXPECT_TRUE(same_cell(round_trip(bytes{}, column(column_type::bytes, "BLOB")), bytes{}));
}

TEST(sqlite_values, integers_beyond_their_column_type_are_refused) {
    EXPECT_EQ(decode(std::int64_t{40'000}, column(column_type::int16, "INTEGER")).error(),
              errc::out_of_range);
    EXPECT_EQ(decode(std::int64_t{2}, column(column_type::boolean, "BOOLEAN")).error(),
              errc::out_of_range);
}

TEST(sqlite_values, another_storage_class_is_named_without_the_value) {
    const auto failed = decode(text_ref{"secret"}, column(column_type::int64, "INTEGER")).error();
    EXPECT_EQ(failed, errc::type_mismatch);
    EXPECT_EQ(failed.detail(), "t.c is mapped as int64, but a row holds TEXT; correct the row or "
                               "the mapping");
}

TEST(sqlite_values, a_bare_json_number_does_not_go_into_a_numeric_column) {
    const auto as = column(column_type::json, "JSON");
    EXPECT_EQ(encode(json{" 1.50"}, as).error(), errc::out_of_range);
    EXPECT_EQ(encode(json{"-1"}, as).error(), errc::out_of_range);
    EXPECT_TRUE(encode(json{"{\"a\": 1.50}"}, as));
    EXPECT_TRUE(encode(json{"1.50"}, column(column_type::json, "TEXT")));
}

TEST(sqlite_values, text_that_is_not_utf8_is_refused_when_read) {
    const auto as = column(column_type::text, "TEXT");
    EXPECT_EQ(decode(text_ref{"\xff"}, as).error(), errc::invalid_text);
}

TEST(sqlite_values, a_cell_of_another_type_is_refused_when_written) {
    EXPECT_EQ(encode(std::string("1"), column(column_type::int64, "INTEGER")).error(),
              errc::type_mismatch);
}

} // namespace tandem::sqlite::detail
