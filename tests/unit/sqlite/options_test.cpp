// SPDX-License-Identifier: BSL-1.0
//
// What bind() refuses before any file is touched.
#include "tandem/concepts/bulk_load.hpp"
#include "tandem/concepts/chunk_hash.hpp"
#include "tandem/concepts/guarded_apply.hpp"
#include "tandem/concepts/joint.hpp"
#include "tandem/concepts/read_modify_write.hpp"
#include "tandem/sqlite/store.hpp"

#include <gtest/gtest.h>

namespace tandem::sqlite {

static_assert(bulk_load<store>);
static_assert(guarded_apply<store>);
static_assert(read_modify_write<store>);
static_assert(joint<store>);
static_assert(!chunk_hash<store>);

namespace {

table_schema users(std::string name = "users") {
    table_schema t{.name = std::move(name), .version_column = "version"};
    t.columns = {{.name = "id", .type = column_type::int64}};
    t.key = {0};
    return t;
}

binding binding_of(table_schema t) {
    return {.migration = "m", .id = migration_id("m"), .tables = {std::move(t)}};
}

errc refusal(options opts, binding b) {
    store s(std::move(opts));
    const auto bound = s.bind(std::move(b));
    return bound ? errc{} : bound.error().value();
}

} // namespace

TEST(sqlite_options, out_of_range_is_refused_by_name) {
    EXPECT_EQ(check({.path = ""}).error(), errc::invalid_options);
    EXPECT_EQ(check({.path = ":memory:"}).error(), errc::invalid_options);
    EXPECT_EQ(check({.path = "f", .readers_max = 0}).error().detail(),
              "sqlite options.readers_max is 0; it must be 1 to 64");
    EXPECT_EQ(check({.path = "f", .lock_timeout = milliseconds{0}}).error(), errc::invalid_options);
    EXPECT_TRUE(check({.path = "f"}));
}

TEST(sqlite_options, are_checked_when_the_store_is_bound) {
    EXPECT_EQ(refusal({.path = ""}, binding_of(users())), errc::invalid_options);
}

TEST(sqlite_bind, refuses_tables_it_cannot_hold) {
    EXPECT_EQ(refusal({.path = "f"}, binding_of(users("other.users"))), errc::unsupported);
    EXPECT_EQ(refusal({.path = "f"}, binding_of(users("Tandem_fence"))), errc::invalid_mapping);
    auto without_version = users();
    without_version.version_column.clear();
    EXPECT_EQ(refusal({.path = "f"}, binding_of(without_version)), errc::invalid_mapping);
}

TEST(sqlite_bind, refuses_a_number_of_buckets_that_does_not_exist) {
    auto b = binding_of(users());
    b.buckets = 7;
    EXPECT_EQ(refusal({.path = "f"}, b), errc::invalid_options);
}

TEST(sqlite_bind, takes_a_table_without_version_in_joint_mode_alone) {
    auto b = binding_of(users());
    b.joint = {users("people")};
    b.tables[0].version_column.clear();
    b.joint[0].version_column.clear();
    EXPECT_EQ(refusal({.path = "f"}, b), errc{});
}

TEST(sqlite_bind, happens_once) {
    store s({.path = "f"});
    EXPECT_TRUE(s.bind(binding_of(users())));
    EXPECT_EQ(s.bind(binding_of(users())).error(), errc::invalid_options);
}

TEST(sqlite_bind, comes_before_everything_else) {
    store s({.path = "f"});
    EXPECT_EQ(s.install({}).error(), errc::not_started);
    EXPECT_EQ(s.read_fences({}).error(), errc::not_started);
    EXPECT_EQ(s.read(side::source, 0, {}, {}).error(), errc::not_started);
    EXPECT_EQ(s.write({}, {}, {}).error(), errc::not_started);
    EXPECT_EQ(s.stats({}).error(), errc::not_started);
    EXPECT_EQ(s.compare_schema({}).error(), errc::not_started);
}

TEST(sqlite_bind, table_numbers_beyond_the_binding_are_refused) {
    store s({.path = "f"});
    ASSERT_TRUE(s.bind(binding_of(users())));
    EXPECT_EQ(s.read(side::source, 1, {}, {}).error(), errc::invalid_mapping);
}

} // namespace tandem::sqlite
