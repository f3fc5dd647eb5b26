// SPDX-License-Identifier: BSL-1.0
//
// SQLite's result codes as tandem's errors.
#include "sqlite/errors.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>

namespace tandem::sqlite::detail {

TEST(sqlite_errors, locks_are_busy_and_retryable) {
    for (const int code : {SQLITE_BUSY, SQLITE_LOCKED, SQLITE_BUSY_SNAPSHOT, SQLITE_PROTOCOL}) {
        EXPECT_EQ(class_of(code), errc::busy);
        EXPECT_EQ(condition_of(class_of(code)), errc_condition::retryable);
    }
}

TEST(sqlite_errors, exhausted_resources_and_a_failing_disk_are_retryable) {
    EXPECT_EQ(class_of(SQLITE_FULL), errc::resources);
    EXPECT_EQ(class_of(SQLITE_NOMEM), errc::resources);
    EXPECT_EQ(class_of(SQLITE_IOERR_NOMEM), errc::resources);
    EXPECT_EQ(class_of(SQLITE_IOERR_READ), errc::unavailable);
    EXPECT_EQ(class_of(SQLITE_CANTOPEN), errc::unavailable);
}

TEST(sqlite_errors, what_the_file_forbids_has_its_own_class) {
    EXPECT_EQ(class_of(SQLITE_READONLY), errc::read_only);
    EXPECT_EQ(class_of(SQLITE_PERM), errc::permission_denied);
    EXPECT_EQ(class_of(SQLITE_AUTH), errc::permission_denied);
    EXPECT_EQ(class_of(SQLITE_CORRUPT_INDEX), errc::corrupt_data);
    EXPECT_EQ(class_of(SQLITE_NOTADB), errc::corrupt_data);
}

TEST(sqlite_errors, constraints_are_conflicts_but_a_wrong_type_is_out_of_range) {
    EXPECT_EQ(class_of(SQLITE_CONSTRAINT_UNIQUE), errc::constraint);
    EXPECT_EQ(class_of(SQLITE_CONSTRAINT_DATATYPE), errc::out_of_range);
}

TEST(sqlite_errors, an_interrupted_statement_ran_into_its_deadline) {
    EXPECT_EQ(class_of(SQLITE_INTERRUPT), errc::timeout);
}

TEST(sqlite_errors, missing_control_tables_differ_from_a_missing_table) {
    EXPECT_EQ(class_of(SQLITE_ERROR, "no such table: tandem_fence"), errc::not_installed);
    EXPECT_EQ(class_of(SQLITE_ERROR, "no such table: users"), errc::schema_mismatch);
    EXPECT_EQ(class_of(SQLITE_ERROR, "no such column: version"), errc::schema_mismatch);
    EXPECT_EQ(class_of(SQLITE_ERROR, "near \"x\": syntax error"), errc::store_error);
}

TEST(sqlite_errors, the_sentence_names_what_and_where_and_keeps_the_server_apart) {
    const auto e = make_error(SQLITE_CONSTRAINT_NOTNULL, nullptr, "writing 'users'", "/x/y.db");
    EXPECT_EQ(e.detail(), "writing 'users' in '/x/y.db': a NOT NULL constraint of the table said "
                          "no");
    EXPECT_EQ(e.server_text(), "constraint failed");
}

} // namespace tandem::sqlite::detail
