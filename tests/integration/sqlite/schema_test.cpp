// SPDX-License-Identifier: BSL-1.0
//
// Golden texts: every difference between a mapping and a live table, with what to do about it.
#include "fixture.hpp"

namespace tandem_test {

namespace {

class sqlite_schema : public testing::Test {
protected:
    /// The differences of users_table() from what the SQL makes.
    std::string differences(const std::string& sql, table_schema t = users_table(),
                            bool triggers_allowed = false) {
        plain_connection(path_).execute(sql);
        sqlite::options opts{.path = path_};
        opts.triggers_allowed = triggers_allowed;
        const auto s = open_store(opts, users_binding(side::source, std::move(t)));
        return to_string(value_of(s->compare_schema(in_time())));
    }
    /// The table with other columns behind the key.
    std::string with(const std::string& columns, table_schema t = users_table()) {
        return differences("CREATE TABLE users(id INTEGER PRIMARY KEY, " + columns + ")",
                           std::move(t));
    }

    temporary_directory directory_;
    std::string path_ = directory_.file("schema.db");
};

constexpr const char* fine = "name TEXT, amount INTEGER NOT NULL, ";
constexpr const char* version_sql = "version INTEGER NOT NULL DEFAULT 0";

} // namespace

TEST_F(sqlite_schema, a_fitting_table_has_no_differences) { EXPECT_EQ(differences(users_sql), ""); }

TEST_F(sqlite_schema, names_are_compared_as_sqlite_does) {
    EXPECT_EQ(differences("CREATE TABLE Users(ID INTEGER PRIMARY KEY, NAME TEXT, Amount INTEGER "
                          "NOT NULL, VERSION INTEGER NOT NULL DEFAULT 0)"),
              "");
}

TEST_F(sqlite_schema, a_missing_table) {
    EXPECT_EQ(differences("CREATE TABLE other(id INTEGER)"),
              "users: the table does not exist; create it with a primary key over its key columns");
}

TEST_F(sqlite_schema, a_view) {
    EXPECT_EQ(differences("CREATE VIEW users AS SELECT 1 AS id"),
              "users: this is a view, which holds no rows; map the table that it selects from");
}

TEST_F(sqlite_schema, a_virtual_table) {
    EXPECT_EQ(differences("CREATE VIRTUAL TABLE users USING fts5(id, name)"),
              "users: this is a virtual table, whose transactions SQLite does not govern; map an "
              "ordinary table");
}

TEST_F(sqlite_schema, missing_columns_with_the_statement_that_adds_them) {
    EXPECT_EQ(with(version_sql),
              "users.name: the column does not exist; ALTER TABLE \"users\" ADD COLUMN \"name\" "
              "TEXT;\n"
              "users.amount: the column does not exist; ALTER TABLE \"users\" ADD COLUMN "
              "\"amount\" INTEGER NOT NULL DEFAULT ...;");
}

TEST_F(sqlite_schema, a_missing_version_column_with_the_statement_that_adds_it) {
    EXPECT_EQ(with("name TEXT, amount INTEGER NOT NULL"),
              "users.version: the version column does not exist; ALTER TABLE \"users\" ADD COLUMN "
              "\"version\" INTEGER NOT NULL DEFAULT 0;");
}

TEST_F(sqlite_schema, the_statement_that_adds_the_version_column_works) {
    plain_connection(path_).execute("CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT, amount "
                                    "INTEGER NOT NULL)");
    const auto s = open_store(path_);
    const auto found = value_of(s->compare_schema(in_time()));
    ASSERT_EQ(found.size(), 1u);
    plain_connection(path_).execute(found[0].remedy);
    EXPECT_TRUE(value_of(s->compare_schema(in_time())).empty());
}

TEST_F(sqlite_schema, a_version_column_that_may_hold_null) {
    EXPECT_EQ(with(std::string(fine) + "version INTEGER"),
              "users.version: the version column may hold NULL; ALTER TABLE \"users\" DROP COLUMN "
              "\"version\"; ALTER TABLE \"users\" ADD COLUMN \"version\" INTEGER NOT NULL DEFAULT "
              "0; (before start() alone: it forgets the versions)");
}

TEST_F(sqlite_schema, a_version_column_of_another_type) {
    EXPECT_EQ(with(std::string(fine) + "version TEXT NOT NULL").substr(0, 72),
              "users.version: the version column is declared 'TEXT', not INTEGER; ALTER");
}

TEST_F(sqlite_schema, a_decimal_column_would_lose_digits) {
    auto t = users_table();
    t.columns[2].type = column_type::numeric;
    EXPECT_EQ(with(std::string("name TEXT, amount DECIMAL(10,2) NOT NULL, ") + version_sql, t),
              "users.amount: it is declared 'DECIMAL(10,2)', whose affinity NUMERIC does not keep "
              "numeric as it is; rebuild the table with \"amount\" declared TEXT");
}

TEST_F(sqlite_schema, a_column_of_the_wrong_affinity) {
    EXPECT_EQ(with(std::string("name INTEGER, amount INTEGER NOT NULL, ") + version_sql),
              "users.name: it is declared 'INTEGER', whose affinity INTEGER does not keep text as "
              "it is; rebuild the table with \"name\" declared TEXT");
}

TEST_F(sqlite_schema, null_here_and_not_there) {
    EXPECT_EQ(with(std::string("name TEXT NOT NULL, amount INTEGER, ") + version_sql),
              "users.name: the column is NOT NULL, but mapped as std::optional; map it without "
              "std::optional\n"
              "users.amount: the column may hold NULL, but is not mapped as std::optional; map it "
              "as std::optional, or rebuild the table with the column NOT NULL");
}

TEST_F(sqlite_schema, columns_neither_mapped_nor_ignored) {
    EXPECT_EQ(
        with(std::string(fine) + "email TEXT, " + version_sql),
        "users.email: the column is neither mapped nor ignored; map it, or ignore it by name");
}

TEST_F(sqlite_schema, an_ignored_column_needs_a_default_where_it_is_not_null) {
    auto t = users_table();
    t.ignored = {"Email", "plan"};
    EXPECT_EQ(with(std::string(fine) + "email TEXT NOT NULL, plan TEXT NOT NULL DEFAULT '', " +
                       version_sql,
                   t),
              "users.email: the column is NOT NULL without a default and not mapped, so no row "
              "could be inserted; map it, or rebuild the table with a default");
}

TEST_F(sqlite_schema, a_generated_column_is_not_mapped) {
    EXPECT_EQ(with(std::string("name TEXT, amount INTEGER AS (id * 2) STORED, ") + version_sql),
              "users.amount: the column is generated and cannot be written; ignore it by name "
              "instead of mapping it");
}

TEST_F(sqlite_schema, a_key_without_a_unique_index) {
    EXPECT_EQ(differences("CREATE TABLE users(id INTEGER NOT NULL, name TEXT, amount INTEGER NOT "
                          "NULL, version INTEGER NOT NULL DEFAULT 0)"),
              "users: no primary key and no unique index is over just the key columns; CREATE "
              "UNIQUE INDEX \"users_key\" ON \"users\"(\"id\");");
}

TEST_F(sqlite_schema, a_partial_unique_index_is_none) {
    const auto found = differences("CREATE TABLE users(id INTEGER NOT NULL, name TEXT, amount "
                                   "INTEGER NOT NULL, version INTEGER NOT NULL DEFAULT 0);"
                                   "CREATE UNIQUE INDEX u ON users(id) WHERE amount > 0");
    EXPECT_EQ(found.substr(0, 50), "users: no primary key and no unique index is over ");
}

TEST_F(sqlite_schema, a_unique_index_over_the_key_will_do) {
    EXPECT_EQ(differences("CREATE TABLE users(id BIGINT NOT NULL UNIQUE, name TEXT, amount INTEGER "
                          "NOT NULL, version INTEGER NOT NULL DEFAULT 0)"),
              "");
}

TEST_F(sqlite_schema, a_text_key_needs_the_binary_collation) {
    auto t = users_table();
    t.columns[0].type = column_type::text;
    EXPECT_EQ(differences("CREATE TABLE users(id TEXT COLLATE NOCASE PRIMARY KEY, name TEXT, "
                          "amount INTEGER NOT NULL, version INTEGER NOT NULL DEFAULT 0)",
                          t),
              "users.id: the key column has a collation under which different keys are equal; "
              "rebuild the table with the column COLLATE BINARY\n"
              "users: no primary key and no unique index is over just the key columns; CREATE "
              "UNIQUE INDEX \"users_key\" ON \"users\"(\"id\");");
}

TEST_F(sqlite_schema, a_text_primary_key_without_not_null_is_taken_until_it_holds_null) {
    auto t = users_table();
    t.columns[0].type = column_type::text;
    EXPECT_EQ(differences("CREATE TABLE users(id TEXT PRIMARY KEY, name TEXT, amount INTEGER NOT "
                          "NULL, version INTEGER NOT NULL DEFAULT 0)",
                          t),
              "");
    EXPECT_EQ(differences("INSERT INTO users(id, amount) VALUES(NULL, 1)", t),
              "users.id: the key column holds NULL; give these rows a key, or delete them");
}

TEST_F(sqlite_schema, triggers_fire_for_applied_changes_too) {
    const std::string trigger = ";CREATE TRIGGER log_it AFTER UPDATE ON users BEGIN SELECT 1; END";
    EXPECT_EQ(differences(users_sql + trigger),
              "users: the trigger 'log_it' fires for applied changes as well as for writes; drop "
              "it, or set options.triggers_allowed where that does no harm");
    EXPECT_EQ(differences("SELECT 1", users_table(), true), "");
}

} // namespace tandem_test
