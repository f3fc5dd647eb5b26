// SPDX-License-Identifier: BSL-1.0
#include "tandem/table/schema.hpp"

#include "records.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tandem {
namespace {

using test::booking;
using test::user;
using testing::AllOf;
using testing::HasSubstr;

constexpr auto source =
    table<user>("users").key<&user::id>().column<&user::name>().column<&user::email>();

template <class Source, class Target>
std::string refusal(const Source& s, const Target& t) {
    const auto pair = pair_schemas(s, t);
    if (pair) return {};
    EXPECT_EQ(pair.error(), errc::invalid_mapping);
    return std::string(pair.error().detail());
}

TEST(pair_schemas, the_targets_columns_have_the_fields_of_the_same_members) {
    constexpr auto target = table<user>("people")
                                .column<&user::email>("mail")
                                .column<&user::name>("full_name")
                                .key<&user::id>("person");
    const auto [from, to] = pair_schemas(source, target).value();
    EXPECT_EQ(from.columns[0].field, 0u);
    EXPECT_EQ(to.columns[0].name, "mail");
    EXPECT_EQ(to.columns[0].field, 2u);
    EXPECT_EQ(to.columns[1].field, 1u);
    EXPECT_EQ(to.columns[2].field, 0u);
    EXPECT_EQ(to.key, std::vector<std::size_t>{2});
    EXPECT_TRUE(check(to));
}

TEST(pair_schemas, both_sides_give_one_key_of_one_row) {
    constexpr auto target = table<booking>("b")
                                .key<&booking::show>("show_name")
                                .column<&booking::note>()
                                .key<&booking::seat>()
                                .version<&booking::revision>("v")
                                .deletes_never();
    const auto [from, to] = pair_schemas(test::bookings, target).value();
    const row image{std::string("note"), std::string("hamlet"), std::int64_t{4}};
    EXPECT_TRUE(same_row(from.key_of(image), to.key_of(image)));
}

TEST(pair_schemas, versions_ignored_columns_and_names_may_differ) {
    constexpr auto target = source.version("v2").ignore("x");
    EXPECT_EQ(refusal(source, target), "");
}

TEST(pair_schemas, a_member_at_the_source_only_is_refused) {
    constexpr auto target = table<user>("people").key<&user::id>().column<&user::name>();
    EXPECT_THAT(refusal(source, target), AllOf(HasSubstr("column 'email' of source table 'users'"),
                                               HasSubstr("not mapped at the target")));
}

TEST(pair_schemas, a_member_at_the_target_only_is_refused) {
    constexpr auto shorter = table<user>("users").key<&user::id>().column<&user::name>();
    EXPECT_THAT(refusal(shorter, source), AllOf(HasSubstr("column 'email' of target table 'users'"),
                                                HasSubstr("not mapped at the source")));
}

TEST(pair_schemas, key_members_that_differ_are_refused) {
    constexpr auto target = table<user>("people")
                                .column<&user::id>()
                                .key<&user::name>("full_name")
                                .column<&user::email>();
    EXPECT_THAT(refusal(source, target),
                AllOf(HasSubstr("column 'full_name' of target table 'people'"),
                      HasSubstr("another member")));
}

TEST(pair_schemas, a_longer_or_shorter_key_is_refused) {
    constexpr auto longer =
        table<user>("people").key<&user::id>().key<&user::name>().column<&user::email>();
    EXPECT_THAT(refusal(source, longer), AllOf(HasSubstr("column 'name' of target table 'people'"),
                                               HasSubstr("in the key at the target only")));
    EXPECT_THAT(refusal(longer, source), AllOf(HasSubstr("column 'name' of source table 'people'"),
                                               HasSubstr("in the key at the source only")));
}

TEST(pair_schemas, key_members_in_another_order_are_refused) {
    constexpr auto target = table<booking>("b")
                                .column<&booking::note>()
                                .key<&booking::seat>()
                                .key<&booking::show>()
                                .deletes_never();
    EXPECT_THAT(refusal(test::bookings, target),
                AllOf(HasSubstr("column 'seat' of target table 'b'"), HasSubstr("same order")));
}

TEST(pair_schemas, deletes_or_no_version_at_one_side_only_are_refused) {
    EXPECT_THAT(refusal(source, source.deletes_never()), HasSubstr("deletes_never"));
    EXPECT_THAT(refusal(source.no_version(), source), HasSubstr("no_version"));
    EXPECT_EQ(refusal(source.no_version(), source.no_version()), "");
}

TEST(pair_schemas, a_side_that_contradicts_itself_is_refused) {
    EXPECT_THAT(refusal(source, source.ignore("name")), HasSubstr("both mapped and ignored"));
    EXPECT_THAT(refusal(source.version("email"), source), HasSubstr("the version column"));
}

TEST(pair_schemas, functions_are_one_member_when_both_are_the_same) {
    EXPECT_EQ(refusal(test::accounts, test::accounts), "");
    EXPECT_THAT(refusal(test::accounts, test::account::mapping()), HasSubstr("not mapped"));
}

} // namespace
} // namespace tandem
