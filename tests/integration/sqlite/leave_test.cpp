// SPDX-License-Identifier: BSL-1.0
//
// What installing and leaving do to the file: afterwards sqlite_schema is what it was, byte for
// byte.
#include "fixture.hpp"

namespace tandem_test {

namespace {

constexpr const char* whole_schema =
    "SELECT coalesce(group_concat(type || name || tbl_name || coalesce(sql, ''), char(10)), '') "
    "FROM (SELECT * FROM sqlite_schema ORDER BY type, name)";

class sqlite_leave : public testing::TestWithParam<const char*> {
protected:
    temporary_directory directory_;
    std::string path_ = directory_.file("source.db");
    plain_connection plain_{(write_file(path_, ""), path_)};
};

TEST_P(sqlite_leave, the_schema_is_byte_for_byte_what_it_was) {
    plain_.execute(GetParam());
    const std::string before = plain_.text(whole_schema);
    const auto s = open_store(path_);
    value_of(s->add_version_columns(in_time()));
    EXPECT_NE(plain_.text(whole_schema), before);
    EXPECT_EQ(plain_.text("SELECT added FROM tandem_column"), "1");
    EXPECT_TRUE(value_of(s->uninstall({.role = role::primary, .epoch = 1}, in_time())));
    EXPECT_EQ(plain_.text(whole_schema), before);
}

TEST_P(sqlite_leave, the_same_after_the_printed_installation) {
    plain_.execute(GetParam());
    const std::string before = plain_.text(whole_schema);
    const auto s = open_store(path_);
    plain_.execute(value_of(s->install_script({}, in_time())));
    EXPECT_EQ(to_string(value_of(s->compare_schema(in_time()))), "");
    value_of(s->install(in_time()));
    EXPECT_TRUE(value_of(s->uninstall({.role = role::primary, .epoch = 1}, in_time())));
    EXPECT_EQ(plain_.text(whole_schema), before);
}

INSTANTIATE_TEST_SUITE_P(
    forms, sqlite_leave,
    ::testing::Values(
        "CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT, amount INTEGER NOT NULL)",
        "CREATE TABLE \"users\" (\n  id INTEGER PRIMARY KEY,\n  name TEXT, -- a, comment\n"
        "  amount INTEGER NOT NULL\n)",
        "CREATE TABLE users(id INTEGER NOT NULL, name TEXT, amount INTEGER NOT NULL, "
        "PRIMARY KEY(id), CHECK(amount > 0)) WITHOUT ROWID",
        "CREATE TABLE users(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, amount INTEGER NOT "
        "NULL); CREATE INDEX by_name ON users(name)",
        "CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT, amount INTEGER NOT NULL) STRICT"));

class sqlite_leaves : public sqlite_store {};

TEST_F(sqlite_leaves, a_column_of_the_host_stays) {
    EXPECT_TRUE(value_of(store_->uninstall({.role = role::primary, .epoch = 1}, in_time())));
    EXPECT_EQ(plain_->text("SELECT count(*) FROM pragma_table_info('users') WHERE name = "
                           "'version'"),
              "1");
    EXPECT_EQ(plain_->text("SELECT count(*) FROM sqlite_schema WHERE name LIKE 'tandem%'"), "0");
}

TEST_F(sqlite_leaves, a_column_that_two_migrations_use_goes_with_the_second) {
    plain_->execute("ALTER TABLE users DROP COLUMN version");
    const std::string count =
        "SELECT count(*) FROM pragma_table_info('users') WHERE name = 'version'";
    value_of(store_->add_version_columns(in_time()));
    auto second_binding = users_binding(side::source);
    second_binding.migration = "second";
    second_binding.id = migration_id("second");
    const auto second = open_store(sqlite::options{.path = path_}, second_binding);
    value_of(second->add_version_columns(in_time()));
    const uninstall_step leave{.role = role::primary, .epoch = 1};
    EXPECT_TRUE(value_of(store_->uninstall(leave, in_time())));
    EXPECT_EQ(plain_->text(count), "1");
    EXPECT_TRUE(value_of(second->uninstall(leave, in_time())));
    EXPECT_EQ(plain_->text(count), "0");
}

TEST_F(sqlite_leaves, what_depends_on_the_column_stops_it_and_nothing_is_removed) {
    plain_->execute("ALTER TABLE users DROP COLUMN version");
    value_of(store_->add_version_columns(in_time()));
    plain_->execute("CREATE INDEX mine ON users(version)");
    EXPECT_TRUE(store_->uninstall({.role = role::primary, .epoch = 1}, in_time()).has_error());
    EXPECT_EQ(value_of(store_->read_fences(in_time())).size(), 1u);
    plain_->execute("DROP INDEX mine");
    EXPECT_TRUE(value_of(store_->uninstall({.role = role::primary, .epoch = 1}, in_time())));
}

TEST_F(sqlite_leaves, changes_that_are_owed_stop_it) {
    plain_->execute("INSERT INTO tandem_outbox(mig, side, bucket, tbl, key, version, epoch, "
                    "deleted, created_at) SELECT id, 'O', 0, 0, x'00', 1, 1, 0, 0 "
                    "FROM tandem_migration");
    EXPECT_EQ(store_->uninstall({.role = role::primary, .epoch = 1}, in_time()).error(),
              errc::changes_owed);
}

} // namespace

} // namespace tandem_test
