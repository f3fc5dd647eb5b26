// SPDX-License-Identifier: BSL-1.0
//
// A migration through its four phases and back, over memory stores.

#include "tandem/worker.hpp"

#include "world.hpp"

#include <thread>

namespace tandem_test {
namespace {

const account ann{.id = 1, .owner = "Ann", .balance = 100, .note = "vip"};
const account bob{.id = 2, .owner = "Bob", .balance = 50};

TEST_F(walk, writes_follow_the_phases_to_the_target_and_none_is_lost) {
    auto& s = start_service();
    ASSERT_TRUE(s.accounts.upsert(ann));
    enter_dual(s);
    ASSERT_TRUE(s.accounts.upsert(bob));
    deliver_all(s);
    expect_equal_sides();

    ASSERT_EQ(s.migration.forward().value(), phase::dual_new_primary);
    ASSERT_TRUE(s.accounts.update(1, [](account& a) { a.balance -= 30; }));
    deliver_all(s);
    expect_equal_sides();

    ASSERT_EQ(s.migration.forward().value(), phase::new_only);
    EXPECT_EQ(s.accounts.get(1).value()->balance, 70);
    EXPECT_EQ(s.accounts.get(2).value(), bob);
}

TEST_F(walk, a_rollback_keeps_what_was_written_at_the_target) {
    auto& s = start_service();
    enter_dual(s);
    ASSERT_TRUE(s.migration.forward());
    ASSERT_TRUE(s.accounts.upsert(ann));
    ASSERT_EQ(s.migration.backward().value(), phase::dual_old_primary);
    EXPECT_EQ(s.accounts.get(1).value(), ann);
    EXPECT_EQ(accounts_at(side::source).at(1), ann);
}

TEST_F(walk, the_way_back_from_new_only_needs_a_backfill) {
    auto& s = start_service();
    enter_dual(s);
    ASSERT_TRUE(s.migration.forward());
    ASSERT_TRUE(s.migration.forward());
    ASSERT_TRUE(s.accounts.upsert(ann));
    ASSERT_EQ(s.migration.backward().value(), phase::dual_new_primary);
    EXPECT_EQ(s.migration.backward().error().value(), errc::not_synced);
    ASSERT_TRUE(s.migration.backfill());
    ASSERT_EQ(s.migration.backward().value(), phase::dual_old_primary);
    EXPECT_EQ(s.accounts.get(1).value(), ann);
}

TEST_F(walk, a_deleted_row_does_not_come_back) {
    auto& s = start_service();
    ASSERT_TRUE(s.accounts.upsert(ann));
    enter_dual(s);
    ASSERT_TRUE(s.accounts.erase(1).value());
    EXPECT_FALSE(s.accounts.erase(1).value());
    ASSERT_TRUE(s.migration.forward());
    EXPECT_EQ(s.accounts.get(1).value(), std::nullopt);
    ASSERT_TRUE(s.accounts.insert(ann));
    ASSERT_TRUE(s.migration.backward());
    EXPECT_EQ(s.accounts.get(1).value(), ann);
    expect_equal_sides();
}

TEST_F(walk, a_process_with_an_old_belief_writes_at_the_new_primary) {
    auto& fast = start_service();
    auto& slow = start_service();
    enter_dual(fast);
    ASSERT_TRUE(fast.migration.forward());
    ASSERT_TRUE(fast.migration.forward());
    ASSERT_TRUE(slow.accounts.upsert(ann)); // still believes old_only
    EXPECT_EQ(fast.accounts.get(1).value(), ann);
    EXPECT_TRUE(accounts_at(side::source).empty());
}

TEST_F(walk, a_process_whose_old_primary_is_gone_finds_the_new_one) {
    auto& fast = start_service();
    auto& slow = start_service();
    enter_dual(fast);
    ASSERT_TRUE(fast.migration.forward());
    ASSERT_TRUE(fast.migration.forward());
    slow.source_faults.fail({operation::any, 0, -1}, errc::unavailable);
    ASSERT_TRUE(slow.accounts.upsert(ann)); // believes old_only, and that store is switched off
    EXPECT_EQ(slow.accounts.get(1).value(), ann);
}

TEST_F(walk, sync_mode_delivers_a_key_that_a_transaction_wrote_twice) {
    options.mode = secondary_mode::sync;
    auto& s = start_service();
    enter_dual(s);
    const auto twice = [&](transaction& t) -> result<void> {
        TANDEM_TRY(t.insert(s.accounts, bob));
        TANDEM_TRY(t.upsert(s.accounts, account{.id = 2, .owner = "Bob", .balance = 1}));
        return success();
    };
    ASSERT_TRUE(s.migration.transaction({s.accounts.key(2)}, twice));
    expect_equal_sides();
    ASSERT_TRUE(s.migration.housekeeping());
    EXPECT_EQ(s.migration.status().value().source.owed.owed, 0);
}

TEST_F(walk, a_failing_target_delays_nothing_and_loses_nothing) {
    auto& s = start_service();
    enter_dual(s);
    s.target_faults.fail({operation::apply, 0, 3}, errc::unavailable);
    ASSERT_TRUE(s.accounts.upsert(ann));
    EXPECT_EQ(s.migration.relay_once().value().settled, 0);
    EXPECT_EQ(s.migration.status().value().source.owed.owed, 1);
    s.target_faults.clear();
    deliver_all(s);
    expect_equal_sides();
}

TEST_F(walk, a_handover_is_refused_with_the_count_of_what_stands_in_the_way) {
    auto& s = start_service();
    ASSERT_TRUE(s.migration.forward());
    EXPECT_EQ(s.migration.forward().error().value(), errc::not_synced);
    ASSERT_TRUE(s.migration.backfill());
    for (std::int64_t id = 1; id <= 3; ++id)
        ASSERT_TRUE(s.accounts.upsert({.id = id}));
    const auto refused = s.migration.forward({.owed_max = 2});
    EXPECT_EQ(refused.error().value(), errc::changes_owed);
    EXPECT_NE(refused.error().detail().find("3 changes"), std::string_view::npos);
    expect_phase(s, phase::dual_old_primary);
}

TEST_F(walk, a_poisoned_row_becomes_a_dead_letter_and_stops_the_switch) {
    auto& s = start_service();
    enter_dual(s);
    s.target_faults.poison(
        [](const change& c) { return c.key == encode_stored_key(key{std::int64_t{2}}); });
    for (std::int64_t id = 1; id <= 3; ++id)
        ASSERT_TRUE(s.accounts.upsert({.id = id}));
    for (int pass = 0; pass < 6; ++pass)
        ASSERT_TRUE(s.migration.relay_once({.retry_pause_min = {}, .retry_pause_max = {}}));
    const auto owed = s.migration.status().value().source.owed;
    EXPECT_EQ(owed.owed, 1);
    EXPECT_EQ(owed.dead, 1);
    EXPECT_EQ(accounts_at(side::target).size(), 2u);
    EXPECT_EQ(s.migration.forward().error().value(), errc::dead_letters);

    s.target_faults.clear();
    EXPECT_EQ(s.migration.retry_dead_letters().value(), 1);
    EXPECT_TRUE(s.migration.forward());
    expect_equal_sides();
}

TEST_F(walk, sync_mode_has_applied_the_change_when_it_answers) {
    options.mode = secondary_mode::sync;
    auto& s = start_service();
    enter_dual(s);
    ASSERT_TRUE(s.accounts.upsert(ann));
    ASSERT_TRUE(s.accounts.update(1, [](account& a) { a.balance = 7; }));
    expect_equal_sides();
    ASSERT_TRUE(s.migration.housekeeping());
    EXPECT_EQ(s.migration.status().value().source.owed.owed, 0);
}

TEST_F(walk, sync_mode_owes_what_the_secondary_refused) {
    options.mode = secondary_mode::sync;
    auto& s = start_service();
    enter_dual(s);
    s.target_faults.fail({operation::apply}, errc::unavailable);
    ASSERT_TRUE(s.accounts.upsert(ann));
    EXPECT_TRUE(accounts_at(side::target).empty());
    deliver_all(s);
    expect_equal_sides();
}

TEST_F(walk, rows_written_before_tandem_are_migrated) {
    auto& s = start_service();
    ASSERT_TRUE(old_db.put_foreign("accounts",
                                   {std::int64_t{9}, std::string("Eve"), std::int64_t{5}, null{}}));
    enter_dual(s);
    EXPECT_EQ(accounts_at(side::target).at(9).owner, "Eve");
    ASSERT_TRUE(s.accounts.update(9, [](account& a) { a.balance = 6; }));
    deliver_all(s);
    expect_equal_sides();
}

TEST_F(walk, a_backfill_may_be_repeated_in_its_era) {
    auto& s = start_service();
    ASSERT_TRUE(s.accounts.upsert(ann));
    enter_dual(s);
    EXPECT_EQ(s.migration.backfill().value(), 1);
}

TEST_F(walk, a_handover_of_1024_buckets_hands_over_every_floor) {
    options.buckets = 1024;
    auto& s = start_service();
    enter_dual(s);
    for (std::int64_t id = 1; id <= 20; ++id) {
        ASSERT_TRUE(s.accounts.upsert({.id = id}));
        ASSERT_TRUE(s.accounts.erase(id).value());
    }
    deliver_all(s);
    ASSERT_TRUE(s.migration.housekeeping()); // purges at the primary
    const auto before = old_db.fences("ledger", side::source);
    ASSERT_EQ(s.migration.forward().value(), phase::dual_new_primary);
    const auto after = new_db.fences("ledger", side::target);
    int raised = 0;
    for (std::size_t b = 0; b < before.size(); ++b) {
        EXPECT_GE(after[b].floor, before[b].floor) << "bucket " << b;
        raised += before[b].floor.value > 0 ? 1 : 0;
    }
    EXPECT_GT(raised, 10);
}

TEST_F(walk, a_target_that_holds_rows_is_not_emptied_unasked) {
    auto& s = start_service();
    ASSERT_TRUE(new_db.put_foreign("ledger_accounts",
                                   {std::int64_t{9}, std::string("Eve"), std::int64_t{5}, null{}}));
    EXPECT_EQ(s.migration.forward().error().value(), errc::truncate_refused);
    EXPECT_EQ(accounts_at(side::target).size(), 1u);
    ASSERT_TRUE(s.migration.forward({.allow_truncate = true}));
    EXPECT_TRUE(accounts_at(side::target).empty());
}

TEST_F(walk, a_transfer_over_two_keys_is_one_transaction) {
    auto& s = start_service();
    ASSERT_TRUE(s.accounts.upsert(ann));
    ASSERT_TRUE(s.accounts.upsert(bob));
    enter_dual(s);
    const auto transfer = [&](transaction& t) -> result<void> {
        TANDEM_TRY(auto from, t.get(s.accounts, 1));
        TANDEM_TRY(auto to, t.get(s.accounts, 2));
        from->balance -= 25;
        to->balance += 25;
        TANDEM_TRY(t.upsert(s.accounts, *from));
        TANDEM_TRY(t.upsert(s.accounts, *to));
        TANDEM_TRY(t.insert(s.entries, entry{1, "to bob", -25}));
        return success();
    };
    ASSERT_TRUE(s.migration.transaction(
        {s.accounts.key(1), s.accounts.key(2), s.entries.key({1, "to bob"})}, transfer));
    deliver_all(s);
    expect_equal_sides();
    EXPECT_EQ(s.accounts.get(2).value()->balance, 75);
    EXPECT_EQ(s.entries.get({1, "to bob"}).value()->amount, -25);
}

TEST_F(walk, an_error_of_the_function_rolls_the_transaction_back) {
    auto& s = start_service();
    ASSERT_TRUE(s.accounts.upsert(ann));
    const auto fails = [&](transaction& t) -> result<void> {
        TANDEM_TRY(t.erase(s.accounts, std::int64_t{1}));
        return error(errc::cancelled);
    };
    EXPECT_EQ(s.migration.transaction({s.accounts.key(1)}, fails).error().value(), errc::cancelled);
    EXPECT_EQ(s.accounts.get(1).value(), ann);
}

TEST_F(walk, calls_before_start_after_stop_and_nested_are_typed_errors) {
    services.push_back(std::make_unique<service>(old_db, new_db, options));
    auto& s = *services.back();
    EXPECT_EQ(s.accounts.get(1).error().value(), errc::not_started);
    EXPECT_EQ(s.migration.start().error().value(), errc::not_installed);
    ASSERT_TRUE(s.migration.install());
    ASSERT_TRUE(s.migration.start());
    ASSERT_TRUE(s.accounts.upsert(ann));
    errc nested{};
    ASSERT_TRUE(
        s.accounts.update(1, [&](account&) { nested = s.accounts.get(1).error().value(); }));
    EXPECT_EQ(nested, errc::nested_call);
    s.migration.stop();
    EXPECT_EQ(s.accounts.get(1).error().value(), errc::stopped);
}

TEST_F(walk, batches_are_atomic_and_refuse_a_key_twice) {
    auto& s = start_service();
    const std::vector<account> twice{ann, ann};
    EXPECT_EQ(s.accounts.upsert_all(twice).error().value(), errc::duplicate_key);
    const std::vector<account> both{ann, bob};
    ASSERT_TRUE(s.accounts.upsert_all(both));
    const std::vector<std::int64_t> ids{2, 7, 1};
    const auto found = s.accounts.get_many(ids).value();
    EXPECT_EQ(found[0], bob);
    EXPECT_EQ(found[1], std::nullopt);
    EXPECT_EQ(found[2], ann);
    EXPECT_EQ(s.accounts.scan(1, 2, 10).value(), std::vector<account>{ann});
    EXPECT_EQ(s.accounts.erase_all(ids).value(), 2);
}

TEST_F(walk, a_write_that_meets_a_drain_waits_for_the_new_primary) {
    auto& s = start_service();
    auto& other_process = start_service();
    enter_dual(s);
    // Between H1 and H3 another process writes: it must wait, not fail, and land at the target.
    std::thread writer;
    s.source_faults.after({operation::step}, [&] {
        writer = std::thread([&] { EXPECT_TRUE(other_process.accounts.upsert(ann)); });
    });
    ASSERT_EQ(s.migration.forward().value(), phase::dual_new_primary);
    writer.join();
    EXPECT_EQ(accounts_at(side::target).at(1), ann);
    deliver_all(s);
    expect_equal_sides();
}

TEST_F(walk, a_decided_switch_whose_controller_died_is_completed_by_the_next_write) {
    auto& s = start_service();
    auto& survivor = start_service();
    enter_dual(s);
    s.target_faults.fail({operation::step, 0, -1}, errc::unavailable);
    EXPECT_EQ(s.migration.forward().error().value(), errc::unavailable);
    ASSERT_TRUE(survivor.accounts.upsert(ann));
    EXPECT_EQ(accounts_at(side::target).at(1), ann);
    expect_phase(survivor, phase::dual_new_primary);
}

TEST_F(walk, a_drain_that_cannot_end_is_aborted_and_says_what_was_owed) {
    auto& s = start_service();
    enter_dual(s);
    ASSERT_TRUE(s.accounts.upsert(ann));
    s.target_faults.fail({operation::apply, 0, -1}, errc::unavailable);
    const auto refused = s.migration.forward({.drain_timeout = milliseconds(30)});
    EXPECT_EQ(refused.error().value(), errc::changes_owed);
    expect_phase(s, phase::dual_old_primary);
    EXPECT_TRUE(s.accounts.upsert(bob));
}

TEST_F(walk, a_drain_whose_controller_died_is_aborted_after_the_limit_and_not_before) {
    tandem::testing::fake_clock time({.auto_advance = true});
    options.clock = std::make_shared<clock_ref<tandem::testing::fake_clock>>(time);
    auto& s = start_service();
    auto& survivor = start_service();
    enter_dual(s);
    s.source_faults.fail({operation::step, 1, -1}, errc::unavailable); // all after the first one
    ASSERT_EQ(s.migration.forward().error().value(), errc::unavailable);
    ASSERT_TRUE(survivor.migration.status().value().draining);

    ASSERT_TRUE(survivor.migration.housekeeping());
    time.advance(options.drain_limit);
    ASSERT_TRUE(survivor.migration.housekeeping());
    EXPECT_TRUE(survivor.migration.status().value().draining);

    time.advance(milliseconds(1));
    ASSERT_TRUE(survivor.migration.housekeeping());
    EXPECT_FALSE(survivor.migration.status().value().draining);
    EXPECT_TRUE(survivor.accounts.upsert(ann));
}

TEST_F(walk, a_worker_delivers_in_the_background_through_errors) {
    auto& s = start_service();
    enter_dual(s);
    s.target_faults.fail({operation::apply, 0, 2}, errc::unavailable);
    worker w(s.migration, {.idle_pause = milliseconds(1), .trouble_pause_min = milliseconds(1)});
    std::thread t([&] { w.run(); });
    for (std::int64_t id = 1; id <= 20; ++id)
        ASSERT_TRUE(s.accounts.upsert({.id = id}));
    while (s.migration.status().value().source.owed.owed > 0)
        std::this_thread::yield();
    w.stop();
    t.join();
    expect_equal_sides();
    EXPECT_EQ(w.counts().failed_passes, 2);
}

TEST_F(walk, one_store_for_both_sides_writes_both_tables_in_one_transaction) {
    memory::database db;
    memory::store both(db);
    constexpr auto from = accounts_old.no_version();
    constexpr auto to = accounts_new.no_version();
    migration m({.name = "split"}, both);
    auto accounts = m.add(from, to);
    ASSERT_TRUE(m.install());
    ASSERT_TRUE(m.start());
    ASSERT_TRUE(accounts.upsert(ann));
    ASSERT_EQ(m.forward().value(), phase::dual_old_primary);
    ASSERT_TRUE(m.backfill());
    ASSERT_TRUE(accounts.upsert(bob));
    EXPECT_EQ(db.rows("ledger_accounts").size(), 2u);
    ASSERT_EQ(m.forward().value(), phase::dual_new_primary);
    ASSERT_TRUE(accounts.erase(1).value());
    EXPECT_EQ(db.rows("accounts").size(), 1u);
    ASSERT_EQ(m.forward().value(), phase::new_only);
    ASSERT_TRUE(accounts.upsert(ann));
    EXPECT_EQ(db.rows("accounts").size(), 1u);
    EXPECT_EQ(accounts.get(1).value(), ann);
}

} // namespace
} // namespace tandem_test
