// SPDX-License-Identifier: BSL-1.0
//
// The text of the generated SQL.
#include "sqlite/sql.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace tandem::sqlite::detail {

namespace {

using testing::HasSubstr;
using testing::Not;

/// Columns in another order than the fields, and names that need quotes.
table_schema pairs() {
    table_schema t{.name = "main.my \"pairs\"", .version_column = "v"};
    t.columns = {{.name = "num", .type = column_type::int64, .field = 1},
                 {.name = "note", .type = column_type::text, .field = 2},
                 {.name = "order", .type = column_type::text, .field = 0}};
    t.key = {2, 0};
    return t;
}

table_sql sql_of(const table_schema& t) {
    slots s;
    return make_table_sql(t, s);
}

} // namespace

TEST(sqlite_sql, quotes_identifiers_and_drops_the_schema_main) {
    EXPECT_EQ(quote("a\"b"), "\"a\"\"b\"");
    EXPECT_EQ(bare_name("main.users"), "users");
    EXPECT_EQ(bare_name("users"), "users");
}

TEST(sqlite_sql, rows_are_read_by_field_and_found_by_key_in_key_order) {
    EXPECT_EQ(sql_of(pairs()).find.text,
              "SELECT \"order\", \"num\", \"note\", \"v\" FROM \"my \"\"pairs\"\"\" "
              "WHERE \"order\" = ?1 AND \"num\" = ?2");
}

TEST(sqlite_sql, a_fenced_read_is_one_statement) {
    EXPECT_EQ(sql_of(pairs()).find_fenced.text,
              "SELECT f.bucket, f.epoch, f.role, f.phase, f.era, f.synced, f.floor, f.mode, "
              "t.\"order\", t.\"num\", t.\"note\", t.\"v\" FROM tandem_fence f "
              "LEFT JOIN \"my \"\"pairs\"\"\" t ON t.\"order\" = ?1 AND t.\"num\" = ?2 "
              "WHERE f.mig = ?3 AND f.side = ?4 AND f.bucket = ?5");
}

TEST(sqlite_sql, insert_and_update_take_the_same_parameters) {
    const auto sql = sql_of(pairs());
    EXPECT_EQ(sql.insert.text, "INSERT INTO \"my \"\"pairs\"\"\"(\"order\", \"num\", \"note\", "
                               "\"v\") VALUES(?1, ?2, ?3, ?4)");
    EXPECT_EQ(sql.update.text, "UPDATE \"my \"\"pairs\"\"\" SET \"note\" = ?3, \"v\" = ?4 "
                               "WHERE \"order\" = ?1 AND \"num\" = ?2");
}

TEST(sqlite_sql, a_table_of_its_key_alone_without_version_still_updates) {
    table_schema t{.name = "t"};
    t.columns = {{.name = "id", .type = column_type::int64}};
    t.key = {0};
    EXPECT_EQ(sql_of(t).update.text, "UPDATE \"t\" SET \"id\" = \"id\" WHERE \"id\" = ?1");
    EXPECT_EQ(sql_of(t).find_version.text, "SELECT 0 FROM \"t\" WHERE \"id\" = ?1");
}

TEST(sqlite_sql, scans_compare_whole_keys) {
    const auto sql = sql_of(pairs());
    const std::string order = " ORDER BY \"order\", \"num\" LIMIT ";
    EXPECT_THAT(sql.scan[0][0].text, testing::EndsWith("\"my \"\"pairs\"\"\"" + order + "?1"));
    EXPECT_THAT(sql.scan[2][1].text, testing::EndsWith("WHERE (\"order\", \"num\") > (?1, ?2) AND "
                                                       "(\"order\", \"num\") < (?3, ?4)" +
                                                       order + "?5"));
    EXPECT_THAT(sql.scan[1][0].text, HasSubstr("(\"order\", \"num\") >= (?1, ?2)"));
}

TEST(sqlite_sql, every_step_compares_before_it_sets) {
    slots s;
    const auto control = make_control_sql(s);
    for (const auto& step : control.steps) {
        EXPECT_THAT(step.text, HasSubstr("WHERE mig = ?1 AND side = ?2 AND "));
        EXPECT_THAT(step.text, testing::ContainsRegex("(epoch = \\?3|epoch < \\?3|era = \\?3)"));
    }
}

TEST(sqlite_sql, the_decision_looks_at_the_outbox_with_its_dead_letters) {
    slots s;
    const auto control = make_control_sql(s);
    const auto& decide = control.steps[static_cast<std::size_t>(step_kind::decide)];
    EXPECT_THAT(decide.text, HasSubstr("NOT EXISTS(SELECT 1 FROM tandem_outbox o "
                                       "WHERE o.mig = ?1 AND o.side = ?2)"));
    EXPECT_THAT(decide.text, Not(HasSubstr("dead")));
}

TEST(sqlite_sql, every_statement_has_a_slot_of_its_own) {
    binding b{.migration = "m", .tables = {pairs(), pairs()}, .joint = {pairs(), pairs()}};
    const auto texts = make_sql(b);
    std::set<std::size_t> seen;
    for (const auto* list : {&texts.tables, &texts.joint}) {
        for (const auto& t : *list) {
            for (const auto* at : {&t.find, &t.find_fenced, &t.find_version, &t.insert, &t.update,
                                   &t.erase, &t.erase_all, &t.scan[0][0], &t.scan[2][1]}) {
                EXPECT_TRUE(seen.insert(at->slot).second) << at->text;
            }
        }
    }
    EXPECT_TRUE(seen.insert(texts.control.fence.slot).second);
}

} // namespace tandem::sqlite::detail
