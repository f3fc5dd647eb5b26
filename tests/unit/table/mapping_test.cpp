// SPDX-License-Identifier: BSL-1.0
#include "tandem/table/table.hpp"

#include "records.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tandem {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> column_names(const table_schema& schema) {
    std::vector<std::string> names;
    for (const auto& column : schema.columns)
        names.push_back(column.name);
    return names;
}

TEST(mapping, columns_are_named_by_their_member_unless_told) {
    const auto schema = schema_of(test::users);
    EXPECT_EQ(schema.name, "app.users");
    EXPECT_THAT(column_names(schema), ElementsAre("id", "display_name", "email"));
}

TEST(mapping, fields_are_numbered_in_order) {
    const auto schema = schema_of(test::users);
    for (std::size_t i = 0; i < 3; ++i)
        EXPECT_EQ(schema.columns[i].field, i);
}

TEST(mapping, optional_members_are_nullable) {
    const auto schema = schema_of(test::users);
    EXPECT_FALSE(schema.columns[1].nullable);
    EXPECT_TRUE(schema.columns[2].nullable);
}

TEST(mapping, a_composite_key_has_the_order_of_the_calls) {
    const auto schema = schema_of(test::bookings);
    EXPECT_THAT(schema.key, ElementsAre(1, 2));
    EXPECT_THAT(schema.key_types(), ElementsAre(column_type::text, column_type::int32));
}

TEST(mapping, the_version_column_has_a_default_name) {
    EXPECT_EQ(schema_of(test::users).version_column, "tandem_version");
}

TEST(mapping, the_version_column_can_be_named) {
    EXPECT_EQ(schema_of(test::users.version("v")).version_column, "v");
    EXPECT_EQ(schema_of(test::bookings).version_column, "revision");
    EXPECT_EQ(schema_of(test::users.version<&test::user::row_version>("v")).version_column, "v");
}

TEST(mapping, no_version_leaves_it_empty) {
    EXPECT_EQ(schema_of(test::users.no_version()).version_column, "");
}

TEST(mapping, ignored_columns_and_deletes_reach_the_schema) {
    EXPECT_THAT(schema_of(test::users.ignore("b")).ignored, ElementsAre("legacy_flags", "b"));
    EXPECT_EQ(schema_of(test::users).deletes, deletes::allowed);
    EXPECT_EQ(schema_of(test::bookings).deletes, deletes::never);
}

TEST(mapping, private_members_are_reached_from_inside_and_by_functions) {
    EXPECT_THAT(column_names(schema_of(test::account::mapping())),
                ElementsAre("number_", "owner_"));
    EXPECT_THAT(column_names(schema_of(test::accounts)), ElementsAre("number", "owner"));
}

TEST(mapping, every_codec_gives_its_column_type) {
    std::vector<column_type> types;
    for (const auto& column : schema_of(test::everythings).columns)
        types.push_back(column.type);
    using enum column_type;
    EXPECT_THAT(types,
                ElementsAre(int64, boolean, int16, int16, int32, int16, int32, int64, float32,
                            float64, numeric, text, column_type::bytes, column_type::uuid,
                            column_type::date, column_type::date, column_type::timestamp,
                            column_type::timestamptz, column_type::json, int16, text, int32));
}

TEST(mapping, a_sound_mapping_passes_the_schema_check) {
    EXPECT_TRUE(check(schema_of(test::users)));
    EXPECT_TRUE(check(schema_of(test::bookings)));
    EXPECT_TRUE(check(schema_of(test::everythings)));
}

TEST(mapping, a_column_name_twice_in_a_mapping_made_at_run_time_is_refused_at_the_start) {
    const auto twice =
        table<test::user>("users").key<&test::user::id>().column<&test::user::name>("id");
    const auto checked = check(schema_of(twice));
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error(), errc::invalid_mapping);
    EXPECT_THAT(std::string(checked.error().detail()), HasSubstr("'id' is mapped twice"));
}

} // namespace
} // namespace tandem
