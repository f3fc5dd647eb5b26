// SPDX-License-Identifier: BSL-1.0
//
// A target that was filled with pg_dump and psql while the service went on writing.
#include "tandem/postgres/store.hpp"

#include "integration/pairs/world.hpp"
#include "integration/postgres/fixture.hpp"

#include <gtest/gtest.h>

namespace tandem_test {

namespace {

class dumped : public ::testing::Test {
protected:
    temporary_database here, there;
    hooked_store source, target;
    tandem::migration migration;
    items_router items;

    dumped()
        : source(open_postgres(with_table(here))),
          target(open_postgres(with_table(there))),
          migration({.name = "move", .timeout = milliseconds(10'000)}, source, target),
          items(migration.add(items_old, items_old)) {
        must(migration.install());
        must(migration.start());
    }
    static std::string with_table(const temporary_database& at) {
        session(at.conninfo())
            .run("CREATE TABLE items(id BIGINT PRIMARY KEY, name TEXT NOT NULL, "
                 "amount BIGINT NOT NULL, tandem_version BIGINT NOT NULL DEFAULT 0)");
        return at.conninfo();
    }
    void deliver() {
        while (must(migration.relay_once()).loaded > 0) {
        }
    }
    void restore() { must(server().copy_rows("items", here.name(), there.name())); }
    std::string at(const temporary_database& place, const std::string& sql) {
        return session(place.conninfo()).run(sql);
    }
    std::string content(const temporary_database& place) {
        return at(place, "SELECT md5(string_agg(i::text, ',' ORDER BY id)) FROM items i");
    }
};

TEST_F(dumped, is_brought_to_the_present_and_only_what_differs_travels) {
    for (std::int64_t n = 1; n <= 300; ++n)
        must(items.upsert({n, "before the dump", n}));
    restore();
    must(items.upsert({1, "after the dump", 0}));
    must(items.erase(2));
    must(items.insert({301, "after the dump", 0}));
    must(migration.forward({.mode = era_mode::adopt}));
    must(items.erase(3));
    must(migration.backfill());
    deliver();
    EXPECT_EQ(at(there, "SELECT count(*) FROM items"), "299");
    EXPECT_EQ(content(there), content(here));
    // Versions came with the dump: what was not written since was not written here, either.
    EXPECT_EQ(
        at(there, "SELECT count(*) FROM items WHERE xmin=(SELECT xmin FROM items WHERE id=4)"),
        "297");

    ASSERT_EQ(must(migration.forward()), phase::dual_new_primary);
    EXPECT_EQ(must(items.get(2)), std::nullopt);
    must(items.upsert({2, "at the target", 0}));
    ASSERT_EQ(must(migration.backward()), phase::dual_old_primary);
    EXPECT_EQ(must(items.get(2))->name, "at the target");
    EXPECT_EQ(content(there), content(here));
}

TEST_F(dumped, of_a_table_that_has_no_versions_yet_is_overwritten) {
    at(here,
       "INSERT INTO items(id, name, amount) SELECT n, 'old', n FROM generate_series(1, 50) n");
    restore();
    at(there, "UPDATE items SET name='edited by hand' WHERE id <= 10");
    at(there, "INSERT INTO items(id, name, amount) VALUES (99, 'by hand', 0)");
    must(migration.forward({.mode = era_mode::adopt}));
    must(migration.backfill());
    deliver();
    EXPECT_EQ(content(there), content(here));
    EXPECT_EQ(at(there, "SELECT count(*) FROM items"), "50");
}

} // namespace

} // namespace tandem_test
