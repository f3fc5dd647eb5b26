// SPDX-License-Identifier: BSL-1.0
//
// What stands in the file for each type, as another program sees it. docs/stores/sqlite.md promises
// this.
#include "tandem/core/key.hpp"

#include "fixture.hpp"

#include <cmath>

namespace tandem_test {

namespace {

/// A table with a key and one column of the type.
class sqlite_values : public testing::Test {
protected:
    void make(column_type type, const std::string& declared) {
        plain_ = std::make_unique<plain_connection>(path_);
        plain_->execute("CREATE TABLE t(id INTEGER PRIMARY KEY, v " + declared +
                        ", version INTEGER NOT NULL DEFAULT 0)");
        table_schema t{.name = "t", .version_column = "version"};
        t.columns = {{.name = "id", .type = column_type::int64, .field = 0},
                     {.name = "v", .type = type, .nullable = true, .field = 1}};
        t.key = {0};
        store_ = open_store(path_, side::source, t);
        value_of(store_->install(in_time()));
    }

    /// Writes the value, expects to read the same, and says what stands in the file.
    std::string stored(const cell& value) {
        write_command command{.kind = write_kind::upsert, .key = id_of(1)};
        command.image = {cell(std::int64_t{1}), value};
        value_of(store_->write(command, {}, in_time()));
        const auto found = value_of(store_->read(side::source, 0, id_of(1), in_time())).found;
        EXPECT_TRUE(found && same_cell(found->image[1], value));
        return plain_->text("SELECT typeof(v) || ' ' || CASE typeof(v) WHEN 'blob' THEN hex(v) "
                            "WHEN 'null' THEN '' ELSE v END FROM t WHERE id = 1");
    }

    temporary_directory directory_;
    std::string path_ = directory_.file("t.db");
    std::unique_ptr<plain_connection> plain_;
    std::unique_ptr<sqlite::store> store_;
};

} // namespace

TEST_F(sqlite_values, booleans_and_integers_are_integers) {
    make(column_type::boolean, "BOOLEAN");
    EXPECT_EQ(stored(true), "integer 1");
    EXPECT_EQ(stored(false), "integer 0");
    EXPECT_EQ(stored(null{}), "null ");
}

TEST_F(sqlite_values, the_ends_of_int64_are_kept) {
    make(column_type::int64, "INTEGER");
    EXPECT_EQ(stored(std::numeric_limits<std::int64_t>::min()), "integer -9223372036854775808");
    EXPECT_EQ(stored(std::numeric_limits<std::int64_t>::max()), "integer 9223372036854775807");
}

TEST_F(sqlite_values, floating_point_is_real_and_what_real_cannot_keep_is_a_blob) {
    make(column_type::float64, "REAL");
    EXPECT_EQ(stored(1.5), "real 1.5");
    EXPECT_EQ(stored(std::numeric_limits<double>::infinity()), "real Inf");
    EXPECT_EQ(stored(-0.0), "blob 8000000000000000");
    EXPECT_EQ(stored(std::nan("")), "blob 7FF8000000000000");
    EXPECT_EQ(stored(0.0), "real 0.0");
}

TEST_F(sqlite_values, numeric_is_text_with_all_its_digits) {
    make(column_type::numeric, "TEXT");
    EXPECT_EQ(stored(value_of(decimal::parse("123456789012345678901234567890.50"))),
              "text 123456789012345678901234567890.50");
}

TEST_F(sqlite_values, text_that_looks_like_a_number_stays_text) {
    make(column_type::text, "VARCHAR(10)");
    EXPECT_EQ(stored(std::string("007")), "text 007");
    EXPECT_EQ(stored(std::string("")), "text ");
}

TEST_F(sqlite_values, bytes_are_a_blob_and_empty_is_not_null) {
    make(column_type::bytes, "BLOB");
    EXPECT_EQ(stored(bytes{std::byte{0}, std::byte{255}}), "blob 00FF");
    EXPECT_EQ(stored(bytes{}), "blob ");
}

TEST_F(sqlite_values, uuid_is_text_unless_declared_blob) {
    make(column_type::uuid, "UUID");
    EXPECT_EQ(stored(value_of(parse_uuid("00112233-4455-6677-8899-aabbccddeeff"))),
              "text 00112233-4455-6677-8899-aabbccddeeff");
}

TEST_F(sqlite_values, uuid_declared_blob_is_sixteen_bytes) {
    make(column_type::uuid, "BLOB");
    EXPECT_EQ(stored(value_of(parse_uuid("00112233-4455-6677-8899-aabbccddeeff"))),
              "blob 00112233445566778899AABBCCDDEEFF");
}

TEST_F(sqlite_values, dates_and_timestamps_are_iso_texts) {
    make(column_type::date, "DATE");
    EXPECT_EQ(stored(value_of(parse_date("2024-02-29"))), "text 2024-02-29");
    EXPECT_EQ(stored(date::max()), "text infinity");
}

TEST_F(sqlite_values, timestamps_declared_integer_are_microseconds) {
    make(column_type::timestamptz, "INTEGER");
    EXPECT_EQ(stored(value_of(parse_timestamptz("1970-01-01 00:00:01+00"))), "integer 1000000");
    EXPECT_EQ(stored(timestamptz::min()), "integer -9223372036854775808");
}

TEST_F(sqlite_values, json_is_the_text_that_was_written) {
    make(column_type::json, "TEXT");
    EXPECT_EQ(stored(json{"{ \"a\":1.50 }"}), "text { \"a\":1.50 }");
}

TEST_F(sqlite_values, a_strict_table_refuses_what_it_cannot_hold_as_out_of_range) {
    make(column_type::float64, "REAL");
    plain_->execute("DROP TABLE t");
    plain_->execute("CREATE TABLE t(id INTEGER PRIMARY KEY, v REAL, version INTEGER NOT NULL "
                    "DEFAULT 0) STRICT");
    EXPECT_EQ(stored(1.5), "real 1.5");
    write_command command{.kind = write_kind::upsert, .key = id_of(1)};
    command.image = {cell(std::int64_t{1}), cell(std::nan(""))};
    EXPECT_EQ(store_->write(command, {}, in_time()).error(), errc::out_of_range);
}

} // namespace tandem_test
