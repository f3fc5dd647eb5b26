// SPDX-License-Identifier: BSL-1.0
//
// Files that are missing, are something else, or are shared.
#include "fixture.hpp"

#include <gmock/gmock.h>

#include <sys/stat.h>

#include <filesystem>

namespace tandem_test {

using testing::HasSubstr;

namespace {

class sqlite_files : public testing::Test {
protected:
    error refusal(const std::string& path) {
        auto fences = open_store(path)->read_fences(in_time());
        return fences ? error(errc::invariant, "it was opened") : fences.error();
    }
    temporary_directory directory_;
};

} // namespace

TEST_F(sqlite_files, a_missing_file_is_unavailable_and_is_not_made) {
    const auto path = directory_.file("missing.db");
    const auto e = refusal(path);
    EXPECT_EQ(e, errc::unavailable);
    EXPECT_EQ(e.detail(), "the database file '" + path +
                              "' does not exist; correct options.path, or set options.create to "
                              "make it");
    EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(sqlite_files, a_missing_file_is_made_where_the_options_say_so) {
    const auto path = directory_.file("new.db");
    const auto made = open_store({.path = path, .create = true}, users_binding(side::source));
    EXPECT_EQ(value_of(made->compare_schema(in_time())).size(), 1u); // the table is missing
    EXPECT_TRUE(std::filesystem::exists(path));
}

TEST_F(sqlite_files, a_missing_directory_is_unavailable) {
    EXPECT_EQ(refusal(directory_.file("no/such.db")), errc::unavailable);
}

TEST_F(sqlite_files, a_directory_is_refused_by_name) {
    const auto e = refusal(directory_.file("."));
    EXPECT_EQ(e, errc::invalid_options);
    EXPECT_THAT(std::string(e.detail()), HasSubstr("a directory"));
}

TEST_F(sqlite_files, a_pipe_is_refused_without_waiting_for_its_other_end) {
    const auto path = directory_.file("pipe");
    ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
    EXPECT_EQ(refusal(path), errc::invalid_options);
}

TEST_F(sqlite_files, a_file_that_is_no_database_says_so) {
    const auto path = directory_.file("text.txt");
    write_file(path, std::string(4096, 'x'));
    const auto e = refusal(path);
    EXPECT_EQ(e, errc::corrupt_data);
    EXPECT_THAT(std::string(e.detail()), HasSubstr("this is not a SQLite database"));
}

TEST_F(sqlite_files, a_missing_table_is_a_schema_mismatch) {
    const auto path = directory_.file("empty.db");
    write_file(path, "");
    EXPECT_EQ(open_store(path)->read(side::source, 0, id_of(1), in_time()).error(),
              errc::schema_mismatch);
}

TEST_F(sqlite_files, a_missing_install_is_not_installed) {
    const auto path = directory_.file("plain.db");
    plain_connection(path).execute(users_sql);
    EXPECT_EQ(refusal(path), errc::not_installed);
    const auto s = open_store(path);
    EXPECT_EQ(s->read(side::source, 0, id_of(1), in_time()).error(), errc::not_installed);
    EXPECT_EQ(s->write(put_user(1, "a"), {}, in_time()).error(), errc::not_installed);
    EXPECT_EQ(s->owed(0, 1, owed_scope::due, in_time()).error(), errc::not_installed);
}

TEST_F(sqlite_files, the_identity_is_that_of_the_file_and_not_of_its_path) {
    const auto path = directory_.file("a.db");
    plain_connection(path).execute(users_sql);
    std::filesystem::create_symlink(path, directory_.file("b.db"));
    const auto a = open_store(path);
    const auto b = open_store(directory_.file("b.db"), side::target, users_table("USERS"));
    EXPECT_EQ(value_of(a->identity(side::source, 0, in_time())),
              value_of(b->identity(side::target, 0, in_time())));
    const auto c = open_store(path, side::target, users_table("others"));
    EXPECT_NE(value_of(a->identity(side::source, 0, in_time())),
              value_of(c->identity(side::target, 0, in_time())));
}

TEST_F(sqlite_store, the_file_is_in_wal_mode) {
    plain_connection fresh(path_);
    EXPECT_EQ(fresh.text("SELECT count(*) FROM users"), "0"); // reads the header
    EXPECT_EQ(fresh.text("PRAGMA journal_mode"), "wal");
}

TEST_F(sqlite_store, both_sides_may_live_in_one_file) {
    plain_->execute("CREATE TABLE people(id INTEGER PRIMARY KEY, name TEXT, amount INTEGER NOT "
                    "NULL, version INTEGER NOT NULL DEFAULT 0)");
    const auto target = open_store(path_, side::target, users_table("people"));
    value_of(target->install(in_time()));
    go_dual(*store_, *target);
    ASSERT_EQ(write(*store_, put_user(1, "a")).status, write_status::committed);
    const auto owed = value_of(store_->owed(0, 10, owed_scope::due, in_time()));
    ASSERT_EQ(owed.size(), 1u);
    EXPECT_TRUE(value_of(target->owed(0, 10, owed_scope::due, in_time())).empty());
    value_of(target->apply({&owed[0].change, 1}, in_time()));
    EXPECT_TRUE(read(*target, 1));
    EXPECT_EQ(plain_->text("SELECT count(*) FROM tandem_fence"), "2");
}

TEST_F(sqlite_store, another_migration_of_the_same_number_is_refused) {
    auto b = users_binding(side::source);
    b.migration = "other";
    const auto other_store = open_store({.path = path_}, b);
    EXPECT_EQ(other_store->install(in_time()).error(), errc::invalid_options);
}

TEST_F(sqlite_store, a_store_that_was_moved_goes_on) {
    sqlite::store moved = std::move(*store_);
    EXPECT_EQ(write(moved, put_user(1, "a")).status, write_status::committed);
}

} // namespace tandem_test
