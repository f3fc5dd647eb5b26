// SPDX-License-Identifier: BSL-1.0
#include "tandem/core/schema.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tandem {
namespace {

using testing::HasSubstr;
using namespace std::string_literals;

table_schema users() {
    return {.name = "app.users",
            .columns = {{"id", column_type::int64, false, 1}, {"name", column_type::text, true, 0}},
            .key = {0},
            .version_column = "tandem_version",
            .ignored = {"legacy"}};
}

/// The detail of the refusal; empty where the schema is accepted.
std::string refusal(const table_schema& schema) {
    const auto checked = check(schema);
    if (checked) return {};
    EXPECT_EQ(checked.error(), errc::invalid_mapping);
    return std::string(checked.error().detail());
}

TEST(check_schema, takes_a_sound_table) { EXPECT_EQ(refusal(users()), ""); }

TEST(check_schema, takes_a_table_without_version_column) {
    auto schema = users();
    schema.version_column.clear();
    EXPECT_EQ(refusal(schema), "");
}

TEST(check_schema, refuses_a_bad_table_name) {
    for (const auto& name :
         {""s, "."s, "a."s, ".a"s, std::string(64, 'a'), "s." + std::string(64, 'a'),
          std::string(64, 's').append(".a"), "a\0b"s, "\xFF"s}) {
        auto schema = users();
        schema.name = name;
        EXPECT_THAT(refusal(schema), HasSubstr("1 to 63 bytes")) << name;
    }
}

TEST(check_schema, takes_names_of_63_bytes) {
    auto schema = users();
    schema.name.assign(63, 's').append(".").append(63, 't');
    schema.columns[1].name = std::string(63, 'c');
    EXPECT_EQ(refusal(schema), "");
}

TEST(check_schema, refuses_a_table_without_columns) {
    auto schema = users();
    schema.columns.clear();
    EXPECT_THAT(refusal(schema), HasSubstr("no columns"));
}

TEST(check_schema, refuses_a_table_without_key) {
    auto schema = users();
    schema.key.clear();
    EXPECT_THAT(refusal(schema), HasSubstr("no key column"));
}

TEST(check_schema, refuses_a_column_twice) {
    auto schema = users();
    schema.columns[1].name = "id";
    EXPECT_THAT(refusal(schema), HasSubstr("column 'id' is mapped twice"));
}

TEST(check_schema, refuses_bad_column_names) {
    for (const auto& name : {""s, std::string(64, 'c'), "\xFF"s}) {
        auto schema = users();
        schema.columns[1].name = name;
        EXPECT_THAT(refusal(schema), HasSubstr("1 to 63 bytes"));
    }
}

TEST(check_schema, refuses_fields_that_are_twice_or_missing) {
    auto schema = users();
    schema.columns[1].field = 1;
    EXPECT_THAT(refusal(schema), HasSubstr("column 'name' has field 1"));
    schema.columns[1].field = 2;
    EXPECT_THAT(refusal(schema), HasSubstr("column 'name' has field 2"));
}

TEST(check_schema, refuses_a_key_that_can_be_null) {
    auto schema = users();
    schema.key = {1};
    EXPECT_THAT(refusal(schema), HasSubstr("column 'name' is in the key and can be NULL"));
}

TEST(check_schema, refuses_a_key_without_canonical_text) {
    for (const auto type : {column_type::float32, column_type::float64, column_type::json}) {
        auto schema = users();
        schema.columns[0].type = type;
        EXPECT_THAT(refusal(schema), HasSubstr("no canonical text"));
    }
}

TEST(check_schema, refuses_a_key_column_twice_or_unknown) {
    auto schema = users();
    schema.key = {0, 0};
    EXPECT_THAT(refusal(schema), HasSubstr("in the key twice"));
    schema.key = {2};
    EXPECT_THAT(refusal(schema), HasSubstr("does not exist"));
}

TEST(check_schema, refuses_a_version_column_that_is_mapped_or_ignored) {
    auto schema = users();
    schema.version_column = "name";
    EXPECT_THAT(refusal(schema), HasSubstr("both mapped and the version column"));
    schema.version_column = "legacy";
    EXPECT_THAT(refusal(schema), HasSubstr("both ignored and the version column"));
    schema.version_column = std::string(64, 'v');
    EXPECT_THAT(refusal(schema), HasSubstr("1 to 63 bytes"));
}

TEST(check_schema, refuses_an_ignored_column_that_is_mapped_or_badly_named) {
    auto schema = users();
    schema.ignored = {"name"};
    EXPECT_THAT(refusal(schema), HasSubstr("both mapped and ignored"));
    schema.ignored = {""};
    EXPECT_THAT(refusal(schema), HasSubstr("1 to 63 bytes"));
}

TEST(check_schema, the_refusal_names_the_table) {
    auto schema = users();
    schema.key.clear();
    EXPECT_THAT(refusal(schema), HasSubstr("table 'app.users'"));
}

TEST(table_schema, key_of_takes_the_cells_in_key_order) {
    auto schema = users();
    schema.columns[1].nullable = false;
    schema.key = {1, 0};
    const row image{"name"s, std::int64_t{7}};
    EXPECT_TRUE(same_row(schema.key_of(image), {"name"s, std::int64_t{7}}));
    schema.key = {0, 1};
    EXPECT_TRUE(same_row(schema.key_of(image), {std::int64_t{7}, "name"s}));
    EXPECT_EQ(schema.key_types(), (std::vector{column_type::int64, column_type::text}));
}

TEST(schema_difference, is_one_line_each) {
    EXPECT_EQ(
        to_string({{"users", "name", "is missing", "add it"}, {"users", "", "has no key", ""}}),
        "users.name: is missing; add it\nusers: has no key");
    EXPECT_EQ(to_string(std::vector<schema_difference>{}), "");
}

} // namespace
} // namespace tandem
