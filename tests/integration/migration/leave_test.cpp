// SPDX-License-Identifier: BSL-1.0
//
// Installing and leaving over stores that have files or servers: version columns come and go with
// the migration, and who still runs it afterwards writes nothing.
#include "integration/pairs/world.hpp"

#include <gtest/gtest.h>

namespace tandem_test {

namespace {

class leave_stores : public ::testing::TestWithParam<kinds_of_pair> {
protected:
    world w{GetParam().source, GetParam().target};

    void drop_version_columns() {
        for (const side s : {side::source, side::target}) {
            for (const std::string table : {"items", "things", "notes", "remarks"})
                w.at(s).execute("ALTER TABLE " + table + " DROP COLUMN tandem_version");
        }
    }
    process& start_with_columns() {
        auto& p = w.create();
        must(p.migration.install({.add_version_columns = true}));
        must(p.migration.start());
        return p;
    }
    static void expect_not_installed(process& p) {
        EXPECT_EQ(p.items.upsert({1, "late", 0}).error(), errc::not_installed);
        EXPECT_EQ(p.items.update(1, [](item& i) { i.amount = 0; }).error(), errc::not_installed);
        EXPECT_EQ(p.items.erase(1).error(), errc::not_installed);
        EXPECT_EQ(p.items.get(1).error(), errc::not_installed);
        EXPECT_EQ(p.items.scan({}, {}, 10).error(), errc::not_installed);
        const std::vector<std::int64_t> keys{1, 2};
        EXPECT_EQ(p.items.get_many(keys).error(), errc::not_installed);
        EXPECT_EQ(p.items.erase_all(keys).error(), errc::not_installed);
    }
    int items_in(side s) {
        // Without the version column a row reads as it was written.
        auto& p = w.create();
        must(p.migration.install({.add_version_columns = true}));
        return static_cast<int>(w.items_at(s).size());
    }
};

TEST_P(leave_stores, version_columns_come_with_the_installation_and_go_with_it) {
    drop_version_columns();
    auto& first = w.create();
    EXPECT_EQ(first.migration.install().error(), errc::schema_mismatch);
    auto& p = start_with_columns();
    auto& still_there = w.start();
    must(p.items.upsert({1, "Ann", 100}));
    must(p.migration.forward());
    must(p.migration.backfill());
    must(p.migration.forward());
    must(p.migration.forward());
    must(still_there.items.upsert({2, "Bob", 50}));
    must(p.migration.uninstall());
    expect_not_installed(still_there);
    EXPECT_EQ(w.create().migration.install().error(), errc::schema_mismatch);
    EXPECT_EQ(items_in(side::target), 2);
}

TEST_P(leave_stores, version_columns_of_the_host_stay) {
    auto& p = w.start();
    auto& still_there = w.start();
    must(still_there.items.upsert({1, "Ann", 100}));
    must(p.migration.uninstall());
    expect_not_installed(still_there);
    must(w.create().migration.install());
    EXPECT_EQ(w.items_at(side::source).size(), 1u);
}

TEST_P(leave_stores, the_printed_installation_is_found_by_the_service) {
    drop_version_columns();
    auto& p = w.create();
    for (const side s : {side::source, side::target})
        w.at(s).execute(must(p.migration.install_script(s)));
    must(p.migration.install());
    must(p.migration.start());
    must(p.items.upsert({1, "Ann", 100}));
    must(p.migration.forward());
    must(p.migration.backfill());
    must(p.migration.backward());
    must(p.migration.uninstall());
    EXPECT_EQ(w.create().migration.install().error(), errc::schema_mismatch);
}

TEST_P(leave_stores, the_target_can_be_emptied) {
    auto& p = w.start();
    must(p.items.upsert({1, "Ann", 100}));
    must(p.migration.forward());
    must(p.migration.backfill());
    must(p.migration.backward());
    must(p.migration.uninstall({.empty_target = true}));
    must(w.create().migration.install());
    EXPECT_EQ(w.items_at(side::target).size(), 0u);
    EXPECT_EQ(w.items_at(side::source).size(), 1u);
}

INSTANTIATE_TEST_SUITE_P(pairs, leave_stores, ::testing::ValuesIn(real_pairs()),
                         pair_name<::testing::TestParamInfo<kinds_of_pair>>);

} // namespace

} // namespace tandem_test
