// SPDX-License-Identifier: BSL-1.0
//
// Comparing both sides in full, beside writers.

#include "world.hpp"

namespace tandem_test {
namespace {

class verifying : public walk {
protected:
    tandem::testing::fake_clock time{{.auto_advance = true}};

    verifying() { options.clock = std::make_shared<clock_ref<tandem::testing::fake_clock>>(time); }

    /// Both sides hold accounts 1 to 5.
    service& start_equal() {
        auto& s = start_service();
        for (std::int64_t id = 1; id <= 5; ++id)
            EXPECT_TRUE(s.accounts.upsert({.id = id, .balance = id}));
        enter_dual(s);
        return s;
    }
    static tandem::row target_row(std::int64_t id, std::int64_t balance) {
        return {id, std::string(), balance, null{}};
    }
    version version_at_source(std::int64_t id) const {
        return old_db.find("accounts", {id})->version;
    }
    void break_at_target(std::int64_t id, std::int64_t balance, version v) {
        ASSERT_TRUE(new_db.put_foreign("ledger_accounts", target_row(id, balance), v));
    }
    static void mark(service& s) { ASSERT_TRUE(s.source.mark_dirty(0, "test", {})); }
    static std::int64_t marks(service& s) { return s.migration.status().value().source.owed.dirty; }
};

TEST_F(verifying, equal_sides_is_clean_and_clears_the_marks) {
    auto& s = start_equal();
    mark(s);
    const auto report = s.migration.verify({.chunk_rows = 2}).value();
    EXPECT_TRUE(report.is_clean());
    EXPECT_EQ(report.rows, 5);
    EXPECT_EQ(report.secondary_rows, 5);
    EXPECT_EQ(report.cleared, 1);
    EXPECT_TRUE(report.named.empty());
    EXPECT_EQ(marks(s), 0);
}

TEST_F(verifying, finds_a_row_that_is_missing) {
    auto& s = start_equal();
    mark(s);
    ASSERT_TRUE(new_db.erase_foreign("ledger_accounts", {std::int64_t{3}}));
    const auto report = s.migration.verify({.chunk_rows = 2}).value();
    EXPECT_EQ(report.missing, 1);
    EXPECT_EQ(report.extra + report.mismatched + report.unsettled, 0);
    ASSERT_EQ(report.named.size(), 1u);
    EXPECT_EQ(report.named[0].kind, difference_kind::missing);
    EXPECT_EQ(report.named[0].table, 0);
    EXPECT_EQ(report.named[0].key, encode_stored_key(key{std::int64_t{3}}));
    EXPECT_EQ(marks(s), 1);
}

TEST_F(verifying, finds_a_row_that_only_the_secondary_has_at_either_end) {
    auto& s = start_equal();
    break_at_target(0, 1, {1});
    break_at_target(6, 1, {1});
    const auto report = s.migration.verify({.chunk_rows = 2}).value();
    EXPECT_EQ(report.extra, 2);
    EXPECT_EQ(report.missing + report.mismatched, 0);
    EXPECT_EQ(report.named.at(0).kind, difference_kind::extra);
}

TEST_F(verifying, finds_another_value_under_the_same_version) {
    auto& s = start_equal();
    break_at_target(5, 99, version_at_source(5));
    const auto report = s.migration.verify({.chunk_rows = 2}).value();
    EXPECT_EQ(report.mismatched, 1);
    EXPECT_EQ(report.named.at(0).kind, difference_kind::mismatched);
}

TEST_F(verifying, finds_the_same_value_under_another_version) {
    auto& s = start_equal();
    break_at_target(5, 5, {version_at_source(5).value - 1});
    EXPECT_EQ(s.migration.verify().value().mismatched, 1);
}

TEST_F(verifying, names_the_first_differences_alone) {
    auto& s = start_equal();
    for (std::int64_t id = 1; id <= 5; ++id)
        ASSERT_TRUE(new_db.erase_foreign("ledger_accounts", {id}));
    const auto report = s.migration.verify({.named_max = 2}).value();
    EXPECT_EQ(report.missing, 5);
    EXPECT_EQ(report.named.size(), 2u);
}

TEST_F(verifying, compares_all_tables) {
    auto& s = start_equal();
    ASSERT_TRUE(s.entries.upsert({1, "a", 5}));
    deliver_all(s);
    ASSERT_TRUE(new_db.erase_foreign("ledger_entries", {std::int64_t{1}, std::string("a")}));
    EXPECT_EQ(s.migration.verify().value().named.at(0).table, 1);
}

TEST_F(verifying, takes_what_is_owed_for_no_difference_and_has_it_delivered) {
    auto& s = start_equal();
    ASSERT_TRUE(s.accounts.upsert({.id = 1, .balance = 7}));
    ASSERT_TRUE(s.accounts.upsert({.id = 6}));
    ASSERT_TRUE(s.accounts.erase(2).value());
    EXPECT_TRUE(s.migration.verify().value().is_clean());
    expect_equal_sides();
}

TEST_F(verifying, takes_a_dead_letter_for_owed) {
    auto& s = start_equal();
    s.target_faults.poison([](const change&) { return true; });
    ASSERT_TRUE(s.accounts.upsert({.id = 1, .balance = 7}));
    ASSERT_TRUE(s.migration.relay_once({.attempts_max = 1}));
    const auto report = s.migration.verify().value();
    EXPECT_EQ(report.owed, 1);
    EXPECT_TRUE(report.is_clean());
}

TEST_F(verifying, follows_a_key_that_is_written_between_all_looks) {
    auto& s = start_equal();
    auto& writer = start_service();
    std::int64_t balance = 100;
    s.source_faults.after({operation::read, 0, -1}, [&] {
        ASSERT_TRUE(writer.accounts.upsert({.id = 1, .balance = ++balance}));
    });
    ASSERT_TRUE(writer.accounts.upsert({.id = 1, .balance = balance}));
    const auto report = s.migration.verify().value();
    EXPECT_TRUE(report.is_clean());
    EXPECT_GT(balance, 102);
}

TEST_F(verifying, does_not_call_a_key_equal_that_changes_and_is_never_delivered) {
    auto& s = start_equal();
    auto& writer = start_service();
    mark(s);
    // Its intents vanish: whoever removed them has broken the protocol.
    std::int64_t balance = 100;
    s.source_faults.after({operation::read, 0, -1}, [&] {
        ASSERT_TRUE(writer.accounts.upsert({.id = 1, .balance = ++balance}));
        const auto owed = writer.source.owed(0, 100, owed_scope::all, {}).value();
        for (const auto& o : owed)
            ASSERT_TRUE(writer.source.settle({&o.id, 1}, {}));
    });
    break_at_target(1, 0, {1});
    const auto report = s.migration.verify().value();
    EXPECT_EQ(report.unsettled, 1);
    EXPECT_FALSE(report.is_clean());
    EXPECT_EQ(marks(s), 1);
}

TEST_F(verifying, leaves_a_mark_that_was_made_meanwhile) {
    auto& s = start_equal();
    mark(s);
    auto& other_process = start_service();
    s.source_faults.before({operation::scan}, [&] { mark(other_process); });
    EXPECT_TRUE(s.migration.verify().value().is_clean());
    EXPECT_EQ(marks(s), 1);
}

TEST_F(verifying, in_a_single_phase_is_refused) {
    auto& s = start_service();
    EXPECT_EQ(s.migration.verify().error().value(), errc::wrong_phase);
}

TEST_F(verifying, across_a_switch_is_refused) {
    auto& s = start_equal();
    mark(s);
    auto& other_process = start_service();
    s.target_faults.before({operation::scan}, [&] {
        const auto m = other_process.source.dirty_marks({}).value();
        for (const auto& one : m)
            ASSERT_TRUE(other_process.source.clear_dirty({&one.id, 1}, {}));
        ASSERT_TRUE(other_process.migration.forward());
    });
    ASSERT_TRUE(new_db.put_foreign("ledger_accounts", target_row(9, 9), {1}));
    EXPECT_EQ(s.migration.verify().error().value(), errc::wrong_phase);
}

TEST_F(verifying, has_options_that_are_checked) {
    auto& s = start_equal();
    EXPECT_EQ(s.migration.verify({.chunk_rows = 0}).error().value(), errc::invalid_options);
    EXPECT_EQ(s.migration.verify({.looks_max = 1}).error().value(), errc::invalid_options);
}

TEST_F(verifying, one_store_for_both_sides_compares_both_tables) {
    memory::database db;
    memory::store both(db);
    constexpr auto from = accounts_old.no_version();
    constexpr auto to = accounts_new.no_version();
    migration m({.name = "split", .clock = options.clock}, both);
    auto accounts = m.add(from, to);
    ASSERT_TRUE(m.install());
    ASSERT_TRUE(m.start());
    ASSERT_TRUE(accounts.upsert({.id = 1}));
    EXPECT_EQ(m.verify().error().value(), errc::wrong_phase);
    ASSERT_TRUE(m.forward());
    ASSERT_TRUE(m.backfill());
    ASSERT_TRUE(both.mark_dirty(0, "test", {}));
    EXPECT_EQ(m.verify().value().cleared, 1);
    ASSERT_TRUE(db.put_foreign("ledger_accounts", target_row(1, 9)));
    ASSERT_TRUE(db.put_foreign("ledger_accounts", target_row(2, 9)));
    const auto report = m.verify().value();
    EXPECT_EQ(report.mismatched, 1);
    EXPECT_EQ(report.extra, 1);
    ASSERT_TRUE(m.forward()); // the other table is the primary now
    EXPECT_EQ(m.verify().value().missing, 1);
}

} // namespace
} // namespace tandem_test
