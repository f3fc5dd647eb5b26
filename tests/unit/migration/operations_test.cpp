// SPDX-License-Identifier: BSL-1.0
//
// Writes that carry an operation id, as a service sees them.
#include "world.hpp"

namespace tandem_test {
namespace {

class operations : public walk {
protected:
    static call_options with(const operation_id& id) { return {.operation = id}; }
    static operation_status outcome(service& s, const operation_id& id) {
        const auto found = s.migration.outcome(id);
        EXPECT_TRUE(found) << found.error().message();
        return found ? found.value().status : operation_status::unknown;
    }
    static void hand_over(service& s) {
        const auto reached = s.migration.forward();
        ASSERT_TRUE(reached) << reached.error().message();
        ASSERT_EQ(reached.value(), phase::dual_new_primary);
    }
    operation_id id = new_operation_id();
    account alice{1, "alice", 10, {}};
};

TEST_F(operations, a_write_whose_answer_was_lost_is_repeated_without_harm) {
    auto& s = start_service();
    s.source_faults.unknown_applied({operation::commit});
    const auto lost = s.accounts.upsert(alice, with(id));
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error(), errc::outcome_unknown);
    const auto repeated = s.accounts.upsert(alice, with(id));
    ASSERT_TRUE(repeated);
    EXPECT_EQ(old_db.find("accounts", {cell(std::int64_t{1})})->version, repeated.value());
    EXPECT_EQ(s.accounts.upsert(alice, with(id)).value(), repeated.value());
}

TEST_F(operations, a_write_that_did_not_happen_happens_when_repeated) {
    auto& s = start_service();
    s.source_faults.unknown_not_applied({operation::commit});
    EXPECT_FALSE(s.accounts.upsert(alice, with(id)));
    EXPECT_TRUE(s.accounts.upsert(alice, with(id)));
    EXPECT_EQ(accounts_at(side::source).size(), 1u);
}

TEST_F(operations, the_outcome_of_a_lost_answer_is_what_happened) {
    auto& s = start_service();
    const auto other_id = new_operation_id();
    s.source_faults.unknown_applied({operation::commit});
    EXPECT_FALSE(s.accounts.upsert(alice, with(id)));
    s.source_faults.unknown_not_applied({operation::commit});
    EXPECT_FALSE(s.accounts.upsert(alice, with(other_id)));
    const auto found = s.migration.outcome(id).value();
    EXPECT_EQ(found.status, operation_status::committed);
    EXPECT_EQ(found.version, old_db.find("accounts", {cell(std::int64_t{1})})->version);
    EXPECT_EQ(outcome(s, other_id), operation_status::not_committed);
}

TEST_F(operations, after_the_answer_not_committed_the_write_is_refused) {
    auto& s = start_service();
    EXPECT_EQ(outcome(s, id), operation_status::not_committed);
    const auto late = s.accounts.upsert(alice, with(id));
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error(), errc::operation_abandoned);
    EXPECT_EQ(late.error(), errc_condition::refused);
    EXPECT_TRUE(accounts_at(side::source).empty());
}

TEST_F(operations, the_function_of_a_repeated_update_does_not_run) {
    auto& s = start_service();
    ASSERT_TRUE(s.accounts.insert(alice));
    int runs = 0;
    const auto add = [&](account& a) { a.balance += ++runs; };
    const auto first = s.accounts.update(1, add, with(id));
    const auto again = s.accounts.update(1, add, with(id));
    ASSERT_TRUE(first && again);
    EXPECT_EQ(first.value(), again.value());
    EXPECT_EQ(runs, 1);
    EXPECT_EQ(accounts_at(side::source).at(1).balance, 11);
}

TEST_F(operations, a_repeated_transaction_does_not_run) {
    auto& s = start_service();
    int runs = 0;
    const auto run = [&] {
        return s.migration.transaction({s.accounts.key(1), s.accounts.key(2)},
                                       [&](tandem::transaction& t) -> result<void> {
                                           ++runs;
                                           TANDEM_TRY(t.insert(s.accounts, alice));
                                           return success();
                                       },
                                       {.operation = id});
    };
    EXPECT_TRUE(run());
    EXPECT_TRUE(run());
    EXPECT_EQ(runs, 1);
}

TEST_F(operations, repeats_of_erase_say_what_the_first_one_found) {
    auto& s = start_service();
    const auto absent = new_operation_id();
    EXPECT_FALSE(s.accounts.erase(1, with(absent)).value());
    ASSERT_TRUE(s.accounts.insert(alice));
    EXPECT_FALSE(s.accounts.erase(1, with(absent)).value()) << "a repeat erases nothing";
    EXPECT_TRUE(s.accounts.erase(1, with(id)).value());
    EXPECT_TRUE(s.accounts.erase(1, with(id)).value());
    const std::vector<std::int64_t> keys{1, 2, 3};
    ASSERT_TRUE(s.accounts.insert(alice));
    const auto batch = new_operation_id();
    EXPECT_EQ(s.accounts.erase_all(keys, with(batch)).value(), 1);
    EXPECT_EQ(s.accounts.erase_all(keys, with(batch)).value(), 1);
}

TEST_F(operations, an_insert_that_was_refused_may_be_repeated) {
    auto& s = start_service();
    ASSERT_TRUE(s.accounts.insert(alice));
    EXPECT_EQ(s.accounts.insert(alice, with(id)).error(), errc::already_exists);
    ASSERT_TRUE(s.accounts.erase(1));
    EXPECT_TRUE(s.accounts.insert(alice, with(id)));
}

TEST_F(operations, one_id_for_two_contents_is_refused) {
    auto& s = start_service();
    ASSERT_TRUE(s.accounts.upsert(alice, with(id)));
    account richer = alice;
    richer.balance = 11;
    EXPECT_EQ(s.accounts.upsert(richer, with(id)).error(), errc::id_reused);
    EXPECT_EQ(s.accounts.insert(alice, with(id)).error(), errc::id_reused) << "another kind";
    EXPECT_EQ(s.accounts.erase(1, with(id)).error(), errc::id_reused);
    const entry one{1, "a", 5};
    EXPECT_EQ(s.entries.upsert(one, with(id)).error(), errc::id_reused) << "another table";
    EXPECT_EQ(accounts_at(side::source).at(1), alice);
}

TEST_F(operations, rows_that_only_look_alike_are_other_contents) {
    auto& s = start_service();
    account a{1, "x", 1, "NULL"}, b{1, "x", 1, {}};
    ASSERT_TRUE(s.accounts.upsert(a, with(id)));
    EXPECT_EQ(s.accounts.upsert(b, with(id)).error(), errc::id_reused);
}

TEST_F(operations, a_repeat_after_every_switch_hears_the_first_outcome) {
    auto& s = start_service();
    const auto first = s.accounts.upsert(alice, with(id)).value();
    enter_dual(s);
    EXPECT_EQ(s.accounts.upsert(alice, with(id)).value(), first);
    hand_over(s);
    EXPECT_EQ(s.accounts.upsert(alice, with(id)).value(), first);
    EXPECT_EQ(outcome(s, id), operation_status::committed);
    ASSERT_TRUE(s.migration.forward());
    EXPECT_EQ(s.accounts.upsert(alice, with(id)).value(), first);
    const auto newer = new_operation_id();
    const auto second = s.accounts.upsert(alice, with(newer)).value();
    ASSERT_TRUE(s.migration.backward());
    ASSERT_TRUE(s.migration.backfill());
    ASSERT_TRUE(s.migration.backward());
    EXPECT_EQ(s.accounts.upsert(alice, with(newer)).value(), second);
    expect_equal_sides();
}

TEST_F(operations, an_answer_lost_before_the_switch_is_found_after_it) {
    auto& s = start_service();
    enter_dual(s);
    s.source_faults.unknown_applied({operation::commit});
    EXPECT_FALSE(s.accounts.upsert(alice, with(id)));
    const auto given_up = new_operation_id();
    EXPECT_EQ(outcome(s, given_up), operation_status::not_committed);
    hand_over(s);
    EXPECT_EQ(outcome(s, id), operation_status::committed);
    EXPECT_EQ(s.accounts.upsert(alice, with(given_up)).error(), errc::operation_abandoned);
}

TEST_F(operations, a_call_that_meets_the_switch_goes_on_at_the_new_primary) {
    auto& s = start_service();
    auto& other = start_service();
    enter_dual(s);
    other.source_faults.before({operation::begin}, [&] { hand_over(s); });
    const auto done = other.accounts.upsert(alice, with(id));
    ASSERT_TRUE(done) << done.error().message();
    EXPECT_EQ(outcome(s, id), operation_status::committed);
    EXPECT_EQ(new_db.operations("ledger", side::target).size(), 1u);
}

TEST_F(operations, an_outcome_asked_during_a_switch_holds_after_it) {
    auto& s = start_service();
    auto& other = start_service();
    enter_dual(s);
    // The write has left its process, but the question and the switch come first.
    other.source_faults.before({operation::begin}, [&] {
        EXPECT_EQ(outcome(s, id), operation_status::not_committed);
        hand_over(s);
    });
    EXPECT_EQ(other.accounts.upsert(alice, with(id)).error(), errc::operation_abandoned);
    EXPECT_TRUE(accounts_at(side::target).empty());
}

TEST_F(operations, a_handover_is_not_begun_with_many_records_owed) {
    auto& s = start_service();
    ASSERT_TRUE(s.accounts.upsert(alice, with(id)));
    enter_dual(s);
    const auto refused = s.migration.forward({.owed_max = 0});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), errc::changes_owed);
    EXPECT_EQ(s.migration.relay_once().value().operations, 1);
    EXPECT_EQ(s.migration.status().value().source.owed.operations, 0);
    EXPECT_TRUE(s.migration.forward({.owed_max = 0}));
}

TEST_F(operations, the_worker_of_a_side_alone_asks_nothing_of_the_other) {
    auto& s = start_service();
    ASSERT_TRUE(s.accounts.upsert(alice, with(id)));
    const auto before = s.target_faults.count(operation::log);
    EXPECT_EQ(s.migration.relay_once().value().operations, 0);
    EXPECT_EQ(s.target_faults.count(operation::log) - before, 1) << "its own owed records";
}

TEST_F(operations, housekeeping_purges_records_that_are_past_the_retention) {
    options.operation_retention = milliseconds(60'000);
    auto& s = start_service();
    const auto old = make_operation_id(unix_now_ms() - 50'000, 1, 1);
    ASSERT_TRUE(s.accounts.upsert(alice, with(old)));
    ASSERT_TRUE(s.migration.housekeeping());
    EXPECT_EQ(old_db.operations("ledger", side::source).size(), 1u);
    wall_ahead += 60'000 + operation_margin.count();
    ASSERT_TRUE(s.migration.housekeeping());
    EXPECT_TRUE(old_db.operations("ledger", side::source).empty());
    EXPECT_EQ(outcome(s, old), operation_status::expired);
    EXPECT_EQ(s.accounts.upsert(alice, with(old)).error(), errc::operation_expired);
}

TEST_F(operations, an_error_that_is_not_unknown_did_not_happen) {
    auto& s = start_service();
    const auto found = s.migration.outcome(error(errc::busy));
    EXPECT_EQ(found.value().status, operation_status::not_committed);
}

TEST_F(operations, an_unknown_outcome_without_id_stays_unknown_in_memory) {
    auto& s = start_service();
    s.source_faults.unknown_applied({operation::write});
    const auto lost = s.accounts.upsert(alice);
    ASSERT_FALSE(lost);
    EXPECT_EQ(s.migration.outcome(lost.error()).value().status, operation_status::unknown);
}

TEST_F(operations, a_retention_below_a_minute_is_refused) {
    options.operation_retention = milliseconds(59'999);
    service s(old_db, new_db, options);
    EXPECT_EQ(s.migration.start().error(), errc::invalid_options);
}

} // namespace
} // namespace tandem_test
