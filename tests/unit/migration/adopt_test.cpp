// SPDX-License-Identifier: BSL-1.0
//
// A double-write era whose secondary was loaded by other means.

#include "world.hpp"

namespace tandem_test {
namespace {

constexpr auto logs_old = accounts_old.deletes_never();
constexpr auto logs_new = accounts_new.deletes_never();

class adopting : public walk {
protected:
    tandem::testing::fake_clock time{{.auto_advance = true}};
    const switch_options adopt{.mode = era_mode::adopt};

    adopting() { options.clock = std::make_shared<clock_ref<tandem::testing::fake_clock>>(time); }

    /// The primary holds accounts 1 to 3.
    service& start_filled() {
        auto& s = start_service();
        for (std::int64_t id = 1; id <= 3; ++id)
            EXPECT_TRUE(s.accounts.upsert({.id = id, .balance = id}));
        return s;
    }
    void load(std::int64_t id, std::int64_t balance, version v = {}) {
        const tandem::row image{id, std::string(), balance, null{}};
        ASSERT_TRUE(new_db.put_foreign("ledger_accounts", image, v));
    }
    static version far(std::int64_t epoch) { return {epoch << epoch_shift}; }
    static bool synced(service& s) { return s.migration.status().value().synced; }
    void expect_adopted(service& s) {
        EXPECT_TRUE(synced(s));
        deliver_all(s);
        expect_equal_sides();
        EXPECT_TRUE(s.migration.verify().value().is_clean());
    }
};

TEST_F(adopting, does_not_ask_for_an_empty_target_and_keeps_its_rows) {
    auto& s = start_filled();
    load(2, 2);
    ASSERT_TRUE(s.migration.forward(adopt));
    EXPECT_EQ(accounts_at(side::target).size(), 1u);
    EXPECT_FALSE(synced(s));
}

TEST_F(adopting, overwrites_older_copies) {
    auto& s = start_filled();
    load(1, 99);
    load(2, 98, {1});
    ASSERT_TRUE(s.migration.forward(adopt));
    ASSERT_TRUE(s.migration.backfill({.chunk_rows = 2}));
    expect_adopted(s);
}

TEST_F(adopting, overwrites_copies_whose_version_looks_newer) {
    auto& s = start_filled();
    load(1, 99, far(7));
    load(3, 3, far(8));
    ASSERT_TRUE(s.migration.forward(adopt));
    ASSERT_TRUE(s.migration.backfill({.chunk_rows = 2}));
    expect_adopted(s);
    EXPECT_EQ(accounts_at(side::target).at(1).balance, 1);
    EXPECT_GT(old_db.find("accounts", {std::int64_t{3}})->version, far(8));
}

TEST_F(adopting, overwrites_another_content_under_the_same_version) {
    auto& s = start_filled();
    load(1, 99, old_db.find("accounts", {std::int64_t{1}})->version);
    ASSERT_TRUE(s.migration.forward(adopt));
    ASSERT_TRUE(s.migration.backfill());
    expect_adopted(s);
}

TEST_F(adopting, buries_rows_that_only_the_secondary_has) {
    auto& s = start_filled();
    load(0, 5);
    load(9, 5, far(7));
    ASSERT_TRUE(s.migration.forward(adopt));
    ASSERT_TRUE(s.migration.backfill({.chunk_rows = 2}));
    expect_adopted(s);
    EXPECT_EQ(accounts_at(side::target).size(), 3u);
    EXPECT_EQ(old_db.tombstones("ledger", side::source).size(), 2u);
    // A key that comes back is not taken for older than its burial.
    ASSERT_TRUE(s.accounts.insert({.id = 9, .balance = 6}));
    expect_adopted(s);
    EXPECT_EQ(accounts_at(side::target).at(9).balance, 6);
}

TEST_F(adopting, takes_rows_that_are_changed_meanwhile_as_they_are) {
    auto& s = start_filled();
    auto& writer = start_service();
    load(1, 99, far(7));
    load(9, 99, far(7));
    ASSERT_TRUE(s.migration.forward(adopt));
    // Between the look that finds the difference and its repair.
    std::int64_t balance = 100;
    s.source_faults.before({operation::write, 0, -1}, [&] {
        ASSERT_TRUE(writer.accounts.upsert({.id = 1, .balance = ++balance}));
        ASSERT_TRUE(writer.accounts.upsert({.id = 9, .balance = ++balance}));
        ASSERT_TRUE(writer.accounts.erase(2));
    });
    ASSERT_TRUE(s.migration.backfill());
    EXPECT_GT(balance, 100);
    expect_adopted(s);
    EXPECT_EQ(accounts_at(side::target).at(9).balance, balance);
    EXPECT_FALSE(accounts_at(side::target).contains(2));
}

TEST_F(adopting, overwrites_a_row_that_looks_newer_and_is_written_between_all_looks) {
    auto& s = start_filled();
    auto& writer = start_service();
    load(1, 99, far(7));
    ASSERT_TRUE(s.migration.forward(adopt));
    std::int64_t balance = 100;
    s.source_faults.after({operation::read, 0, -1}, [&] {
        ASSERT_TRUE(writer.accounts.upsert({.id = 1, .balance = ++balance}));
    });
    ASSERT_TRUE(s.migration.backfill());
    EXPECT_GT(balance, 101);
    EXPECT_TRUE(synced(s));
    deliver_all(s);
    expect_equal_sides();
}

TEST_F(adopting, is_not_synced_while_somebody_writes_to_the_secondary) {
    auto& s = start_filled();
    ASSERT_TRUE(s.migration.forward(adopt));
    // Below the keys that are read next, so that each comparison comes to an end.
    std::int64_t id = 0;
    s.target_faults.before({operation::scan, 0, -1}, [&] { load(--id, 1, far(7)); });
    const auto failed = s.migration.backfill();
    ASSERT_TRUE(failed.has_error());
    EXPECT_EQ(failed.error().value(), errc::not_synced);
    EXPECT_FALSE(synced(s));
    s.target_faults.clear();
    ASSERT_TRUE(s.migration.backfill());
    expect_adopted(s);
}

TEST_F(adopting, only_the_backfill_of_that_era_compares) {
    auto& s = start_filled();
    load(9, 5);
    ASSERT_TRUE(s.migration.forward({.mode = era_mode::keep}));
    ASSERT_TRUE(s.migration.backfill());
    EXPECT_TRUE(synced(s)); // nobody looked
    EXPECT_EQ(accounts_at(side::target).size(), 4u);
}

TEST_F(adopting, a_table_without_deletes_with_rows_of_its_own_is_refused_by_name) {
    memory::store source(old_db), target(new_db);
    migration m({.name = "logs", .clock = options.clock}, source, target);
    auto logs = m.add(logs_old, logs_new);
    ASSERT_TRUE(m.install());
    ASSERT_TRUE(m.start());
    ASSERT_TRUE(logs.upsert({.id = 1}));
    load(1, 9, far(7));
    load(2, 9);
    ASSERT_TRUE(m.forward(adopt));
    const auto refused = m.backfill();
    ASSERT_TRUE(refused.has_error());
    EXPECT_EQ(refused.error().value(), errc::unsupported);
    EXPECT_NE(refused.error().detail().find("accounts"), std::string::npos);
    EXPECT_FALSE(m.status().value().synced);
    // As the detail says.
    ASSERT_TRUE(m.backward());
    ASSERT_TRUE(new_db.erase_foreign("ledger_accounts", {std::int64_t{2}}));
    ASSERT_TRUE(m.forward(adopt));
    ASSERT_TRUE(m.backfill());
    EXPECT_TRUE(m.status().value().synced);
    EXPECT_EQ(accounts_at(side::target), accounts_at(side::source));
}

TEST_F(adopting, a_version_that_leaves_no_room_is_refused) {
    auto& s = start_filled();
    load(1, 9, {std::numeric_limits<std::int64_t>::max() - 1});
    ASSERT_TRUE(s.migration.forward(adopt));
    EXPECT_EQ(s.migration.backfill().error().value(), errc::not_synced);
    EXPECT_FALSE(synced(s));
}

TEST_F(adopting, goes_on_to_the_target_and_back) {
    auto& s = start_filled();
    load(1, 99, far(7));
    load(9, 5);
    ASSERT_TRUE(s.migration.forward(adopt));
    EXPECT_EQ(s.migration.forward().error().value(), errc::not_synced);
    ASSERT_TRUE(s.migration.backfill());
    deliver_all(s);
    ASSERT_TRUE(s.migration.forward());
    expect_phase(s, phase::dual_new_primary);
    EXPECT_EQ(s.accounts.get(1).value()->balance, 1);
    EXPECT_EQ(s.accounts.get(9).value(), std::nullopt);
    ASSERT_TRUE(s.accounts.upsert({.id = 9, .balance = 7}));
    deliver_all(s);
    expect_equal_sides();
    ASSERT_TRUE(s.migration.backward());
    EXPECT_EQ(s.accounts.get(9).value()->balance, 7);
}

TEST_F(adopting, works_on_the_way_back_too) {
    auto& s = start_filled();
    enter_dual(s);
    ASSERT_TRUE(s.migration.forward());
    ASSERT_TRUE(s.migration.forward());
    expect_phase(s, phase::new_only);
    const tandem::row extra{std::int64_t{9}, std::string(), std::int64_t{5}, null{}};
    ASSERT_TRUE(old_db.put_foreign("accounts", extra, far(7)));
    ASSERT_TRUE(s.migration.backward(adopt));
    ASSERT_TRUE(s.migration.backfill());
    expect_adopted(s);
    EXPECT_EQ(accounts_at(side::source).size(), 3u);
}

TEST_F(adopting, can_be_cancelled_while_it_compares) {
    auto& s = start_filled();
    ASSERT_TRUE(s.migration.forward(adopt));
    const auto stop = [](const backfill_progress& p) { return !p.table.empty(); };
    EXPECT_EQ(s.migration.backfill({.on_progress = stop}).error().value(), errc::cancelled);
    EXPECT_FALSE(synced(s));
}

TEST_F(adopting, clears_the_marks_of_dirty_tables) {
    auto& s = start_filled();
    ASSERT_TRUE(s.source.mark_dirty(0, "spool lost", {}));
    ASSERT_TRUE(s.migration.forward(adopt));
    ASSERT_TRUE(s.migration.backfill());
    EXPECT_EQ(s.migration.status().value().source.owed.dirty, 0);
}

TEST_F(adopting, in_one_database_is_refused) {
    memory::database db;
    memory::store both(db);
    constexpr auto from = accounts_old.no_version();
    constexpr auto to = accounts_new.no_version();
    migration m({.name = "split"}, both);
    auto accounts = m.add(from, to);
    ASSERT_TRUE(m.install());
    ASSERT_TRUE(m.start());
    EXPECT_EQ(m.forward(adopt).error().value(), errc::unsupported);
    EXPECT_EQ(m.status().value().phase, phase::old_only);
}

} // namespace
} // namespace tandem_test
