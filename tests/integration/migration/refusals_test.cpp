// SPDX-License-Identifier: BSL-1.0
//
// What a migration says when it cannot start: the whole text, over SQLite files.
#include "refusals.hpp"

#include "tandem/sqlite/store.hpp"

#include "integration/pairs/world.hpp"

#include <gtest/gtest.h>

namespace tandem_test {

namespace {

/// A migration of items between two files, with a mapping of the test's choice at the source.
class refusals_of_sqlite : public ::testing::Test {
protected:
    std::unique_ptr<database> from = make_database(kind::sqlite);
    std::unique_ptr<database> to = make_database(kind::sqlite);

    /// What install() or start() says, paths left out.
    template <class Source, class Target>
    std::string refusal(const Source& source, const Target& target, database& target_at,
                        bool install = true) {
        hooked_store a(from->open()), b(target_at.open());
        migration m({.name = "pair"}, a, b);
        (void)m.add(source, target);
        auto refused = install ? m.install() : m.start();
        return text_of(refused, {{from->address(), "source.db"}, {to->address(), "target.db"}});
    }
};

TEST_F(refusals_of_sqlite, a_schema_that_differs_is_listed_with_statements_that_mend_it) {
    from->execute("ALTER TABLE items DROP COLUMN tandem_version");
    from->execute("ALTER TABLE items ADD COLUMN legacy TEXT");
    to->execute("DROP TABLE things");
    EXPECT_EQ(
        refusal(items_old, items_new, *to),
        "error[T-0015]: the live schema differs from the mapping; at the source (sqlite):\n"
        "items.tandem_version: the version column does not exist; ALTER TABLE \"items\" ADD COLUMN "
        "\"tandem_version\" INTEGER NOT NULL DEFAULT 0;\n"
        "items.legacy: the column is neither mapped nor ignored; map it, or ignore it by name\n"
        "at the target (sqlite):\n"
        "things: the table does not exist; create it with a primary key over its key columns");
}

TEST_F(refusals_of_sqlite, a_column_of_another_type_is_named) {
    from->execute("DROP TABLE items");
    from->execute("CREATE TABLE items(id BIGINT PRIMARY KEY, name TEXT, amount TEXT NOT NULL, "
                  "tandem_version BIGINT NOT NULL DEFAULT 0)");
    EXPECT_EQ(refusal(items_old, items_new, *to),
              "error[T-0015]: the live schema differs from the mapping; at the source (sqlite):\n"
              "items.name: the column may hold NULL, but is not mapped as std::optional; map it as "
              "std::optional, or rebuild the table with the column NOT NULL\n"
              "items.amount: it is declared 'TEXT', whose affinity TEXT does not keep int64 as it "
              "is; rebuild the table with \"amount\" declared INTEGER");
}

TEST_F(refusals_of_sqlite, both_sides_must_be_different_tables) {
    EXPECT_EQ(refusal(items_old, items_old, *from),
              "error[T-0017]: source and target are the same table; table items of the target is "
              "also a table of the source");
}

TEST_F(refusals_of_sqlite, a_migration_is_installed_before_it_starts) {
    EXPECT_EQ(refusal(items_old, items_new, *to, false),
              "error[T-0032]: the control tables are not installed; at the source: reading the "
              "fence in 'source.db': the control tables are missing; call install() once");
}

TEST_F(refusals_of_sqlite, a_file_that_does_not_exist_is_not_created) {
    hooked_store a(open_sqlite(from->address() + ".missing")), b(to->open());
    migration m({.name = "pair"}, a, b);
    (void)m.add(items_old, items_new);
    EXPECT_EQ(text_of(m.install(), {{from->address(), "source.db"}}),
              "error[T-0021]: the store cannot be reached; at the source: the database file "
              "'source.db.missing' does not exist; correct options.path, or set options.create to "
              "make it");
}

TEST_F(refusals_of_sqlite, the_number_of_buckets_is_fixed_by_the_installation) {
    EXPECT_EQ(refusal(items_old, items_new, *to), "");
    hooked_store a(from->open()), b(to->open());
    migration m({.name = "pair", .buckets = 1024}, a, b);
    (void)m.add(items_old, items_new);
    EXPECT_EQ(text_of(m.install(), {{to->address(), "target.db"}}),
              "error[T-0014]: an option has an impossible value; at the source: the migration "
              "'pair' was installed with 1 buckets; bind it with as many");
    EXPECT_EQ(text_of(m.start(), {{from->address(), "source.db"}}),
              "error[T-0014]: an option has an impossible value; at the source: the migration "
              "'pair' was installed with 1 buckets; bind it with as many");
}

} // namespace

} // namespace tandem_test
