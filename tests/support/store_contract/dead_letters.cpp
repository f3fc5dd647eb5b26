// SPDX-License-Identifier: BSL-1.0
//
// Deliveries that fail: when they are due again, when they are dead, how that ends, and what is
// left behind when it ends without a delivery.
#include "support/store_contract.hpp"

namespace tandem_test {

namespace {

constexpr milliseconds never = std::chrono::hours(24);

} // namespace

std::int64_t contract_dead_letters::with_dead_letter(std::int64_t n) {
    committed(source_, put(n, "poison"));
    const auto dead = owed(source_).back().id;
    kill(source_, dead);
    return dead;
}

TEST_P(contract_dead_letters, a_failed_delivery_waits_for_its_next_attempt) {
    go_dual();
    committed(source_, put(1, "a"));
    fail(source_, owed(source_).at(0).id, never);
    EXPECT_TRUE(owed(source_).empty());
    const auto all = owed(source_, owed_scope::all);
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].attempts, 1);
    EXPECT_EQ(must(source_->stats(soon())).owed, 1);
    EXPECT_EQ(must(source_->stats(soon())).dead, 0);
}

TEST_P(contract_dead_letters, the_last_failure_says_when_the_next_attempt_is) {
    go_dual();
    committed(source_, put(1, "a"));
    const auto id = owed(source_).at(0).id;
    fail(source_, id, never);
    fail(source_, id);
    ASSERT_EQ(owed(source_).size(), 1u);
    EXPECT_EQ(owed(source_)[0].attempts, 2);
}

TEST_P(contract_dead_letters, a_fresh_intent_of_a_failed_key_is_told_from_others) {
    go_dual();
    committed(source_, put(1, "a"));
    fail(source_, owed(source_).at(0).id, never);
    committed(source_, put(1, "b"));
    committed(source_, put(2, "b"));
    const auto due = owed(source_);
    ASSERT_EQ(due.size(), 2u);
    EXPECT_EQ(due[0].attempts, 1);
    EXPECT_EQ(due[1].attempts, 0);
}

TEST_P(contract_dead_letters, several_fail_at_once_and_unknown_ones_are_ignored) {
    go_dual();
    committed(source_, put(1, "a"));
    committed(source_, put(1, "b"));
    const auto due = owed(source_);
    const std::vector ids{due[0].id, due[1].id, std::int64_t{1} << 50};
    must(source_->note_failure(ids, {.text = "no", .dead = true}, soon()));
    EXPECT_EQ(must(source_->stats(soon())).dead, 2);
    EXPECT_EQ(must(source_->dead_letters(0, 10, soon())).size(), 2u);
}

TEST_P(contract_dead_letters, tell_what_is_owed_and_why_it_is_not_delivered) {
    go_dual();
    committed(source_, put(1, "a"));
    const auto intent = owed(source_).at(0);
    fail(source_, intent.id);
    kill(source_, intent.id);
    const auto all = must(source_->dead_letters(0, 10, soon()));
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].owing, side::source);
    EXPECT_EQ(all[0].id, intent.id);
    EXPECT_EQ(all[0].table, items);
    EXPECT_EQ(all[0].key, id(1).encoded);
    EXPECT_EQ(all[0].version, intent.change.version);
    EXPECT_EQ(all[0].attempts, 2);
    EXPECT_EQ(all[0].last_error, "does not fit");
    EXPECT_GE(all[0].age_ms, 0);
    EXPECT_TRUE(must(target_->dead_letters(0, 10, soon())).empty());
}

TEST_P(contract_dead_letters, are_listed_in_pages_ascending_by_id) {
    go_dual();
    std::vector<std::int64_t> ids;
    for (int i = 0; i < 5; ++i)
        ids.push_back(with_dead_letter(i));
    const auto first = must(source_->dead_letters(0, 3, soon()));
    ASSERT_EQ(first.size(), 3u);
    const auto rest = must(source_->dead_letters(first.back().id, 3, soon()));
    ASSERT_EQ(rest.size(), 2u);
    EXPECT_EQ(first[0].id, ids[0]);
    EXPECT_EQ(rest[1].id, ids[4]);
}

TEST_P(contract_dead_letters, stay_owed_until_they_are_revived) {
    go_dual();
    committed(source_, put(1, "a"));
    const auto dead = with_dead_letter(2);
    EXPECT_EQ(owed(source_).size(), 1u);
    EXPECT_EQ(owed(source_, owed_scope::all).size(), 1u);
    EXPECT_TRUE(must(source_->is_owed(dead, soon())));
    EXPECT_EQ(must(source_->stats(soon())).owed, 2);
    EXPECT_EQ(must(source_->stats(soon())).dead, 1);
    EXPECT_EQ(must(source_->revive({}, soon())), 1);
    EXPECT_EQ(owed(source_).at(1).attempts, 0); // it gets all its attempts again
    EXPECT_EQ(must(source_->revive({}, soon())), 0);
    EXPECT_EQ(must(source_->stats(soon())).dead, 0);
}

TEST_P(contract_dead_letters, are_revived_by_id_and_nothing_else_is) {
    go_dual();
    const auto one = with_dead_letter(1);
    const auto other_one = with_dead_letter(2);
    committed(source_, put(3, "a"));
    const auto waiting = owed(source_).at(0).id;
    fail(source_, waiting, never);
    const std::vector ids{one, waiting, std::int64_t{1} << 50};
    EXPECT_EQ(must(source_->revive(ids, soon())), 1);
    ASSERT_EQ(owed(source_).size(), 1u);
    EXPECT_EQ(owed(source_)[0].id, one);
    EXPECT_EQ(must(source_->dead_letters(0, 10, soon())).at(0).id, other_one);
}

TEST_P(contract_dead_letters, can_be_settled) {
    go_dual();
    const auto dead = with_dead_letter(1);
    must(source_->settle({&dead, 1}, soon()));
    EXPECT_EQ(must(source_->stats(soon())).owed, 0);
    EXPECT_EQ(must(source_->stats(soon())).dead, 0);
}

TEST_P(contract_dead_letters, end_when_a_newer_version_of_their_key_is_delivered) {
    go_dual();
    with_dead_letter(1);
    committed(source_, put(1, "cured"));
    fail(source_, owed(source_).at(0).id, never);
    with_dead_letter(2);
    committed(source_, put(1, "cured again"));
    const auto last = owed(source_).at(0).id;
    must(source_->settle({&last, 1}, soon()));
    const auto stats = must(source_->stats(soon()));
    EXPECT_EQ(stats.owed, 1); // the other key's
    EXPECT_EQ(stats.dead, 1);
    EXPECT_EQ(must(source_->dead_letters(0, 10, soon())).at(0).key, id(2).encoded);
}

TEST_P(contract_dead_letters, do_not_end_when_an_older_version_is_delivered) {
    go_dual();
    committed(source_, put(1, "a"));
    const auto older = owed(source_).at(0).id;
    with_dead_letter(1);
    must(source_->settle({&older, 1}, soon()));
    EXPECT_EQ(must(source_->stats(soon())).dead, 1);
}

TEST_P(contract_dead_letters, of_another_table_with_the_same_key_do_not_end) {
    go_dual();
    with_dead_letter(1);
    const write_command log{.table = logs, .key = id(1), .image = {std::int64_t{1}, "a"}};
    committed(source_, log);
    const auto delivered = owed(source_).at(0).id;
    must(source_->settle({&delivered, 1}, soon()));
    EXPECT_EQ(must(source_->stats(soon())).dead, 1);
}

TEST_P(contract_dead_letters, that_are_dropped_leave_their_tables_dirty) {
    go_dual();
    const std::vector ids{with_dead_letter(1), with_dead_letter(2)};
    EXPECT_EQ(must(source_->drop(ids, "given up", soon())), 2);
    const auto stats = must(source_->stats(soon()));
    EXPECT_EQ(stats.owed, 0);
    EXPECT_EQ(stats.dead, 0);
    EXPECT_EQ(stats.dirty, 1);
    ASSERT_EQ(marks(source_).size(), 1u);
    EXPECT_EQ(marks(source_)[0].table, items);
    EXPECT_EQ(marks(source_)[0].reason, "given up");
    EXPECT_GE(marks(source_)[0].age_ms, 0);
    EXPECT_TRUE(marks(target_).empty());
}

TEST_P(contract_dead_letters, are_all_that_can_be_dropped) {
    go_dual();
    committed(source_, put(1, "a"));
    const auto waiting = owed(source_).at(0).id;
    fail(source_, waiting, never);
    const std::vector ids{waiting, std::int64_t{1} << 50};
    EXPECT_EQ(must(source_->drop(ids, "given up", soon())), 0);
    EXPECT_EQ(must(source_->stats(soon())).owed, 1);
    EXPECT_TRUE(marks(source_).empty());
}

TEST_P(contract_dead_letters, a_mark_of_the_same_table_and_reason_is_replaced_by_a_newer_one) {
    must(source_->mark_dirty(items, "spool lost", soon()));
    const auto first = marks(source_).at(0).id;
    must(source_->mark_dirty(pairs, "spool lost", soon()));
    must(source_->mark_dirty(items, "spool lost", soon()));
    ASSERT_EQ(marks(source_).size(), 2u);
    EXPECT_EQ(marks(source_)[0].table, pairs);
    EXPECT_EQ(marks(source_)[1].table, items);
    EXPECT_GT(marks(source_)[1].id, first);
    // What began before the newer one clears the older one alone.
    must(source_->clear_dirty({&first, 1}, soon()));
    EXPECT_EQ(marks(source_).size(), 2u);
}

TEST_P(contract_dead_letters, marks_are_cleared_by_id) {
    must(source_->mark_dirty(items, "a", soon()));
    must(source_->mark_dirty(items, "b", soon()));
    const auto cleared = marks(source_).at(0).id;
    must(source_->clear_dirty({&cleared, 1}, soon()));
    ASSERT_EQ(marks(source_).size(), 1u);
    EXPECT_EQ(marks(source_)[0].reason, "b");
    EXPECT_EQ(must(source_->stats(soon())).dirty, 1);
}

TEST_P(contract_dead_letters, a_table_that_is_not_there_cannot_be_marked) {
    EXPECT_EQ(source_->mark_dirty(99, "a", soon()).error().value(), errc::invalid_mapping);
}

TEST_P(contract_dead_letters, nothing_is_decided_while_a_table_is_dirty) {
    go_synced();
    must(source_->mark_dirty(pairs, "spool lost", soon()));
    ASSERT_TRUE(step(source_, step_kind::begin_handover, 2));
    EXPECT_FALSE(step(source_, step_kind::decide, 3));
    EXPECT_EQ(fence_at(source_).role, role::draining);
    const auto mark = marks(source_).at(0).id;
    must(source_->clear_dirty({&mark, 1}, soon()));
    EXPECT_TRUE(step(source_, step_kind::decide, 3));
}

TEST_P(contract_dead_letters, a_mark_at_the_other_side_hinders_nothing) {
    go_synced();
    must(target_->mark_dirty(items, "spool lost", soon()));
    hand_over(source_, target_);
    EXPECT_EQ(fence_at(target_).role, role::primary);
}

TEST_P(contract_dead_letters, marks_outlive_an_era_that_is_left_and_one_that_keeps_the_rows) {
    go_dual();
    must(source_->mark_dirty(items, "spool lost", soon()));
    ASSERT_TRUE(step(source_, step_kind::leave, 2));
    EXPECT_EQ(marks(source_).size(), 1u);
    ASSERT_TRUE(step(target_, step_kind::enter_secondary, 3, era_mode::keep));
    ASSERT_TRUE(step(source_, step_kind::enter_primary, 3, era_mode::keep));
    EXPECT_EQ(marks(source_).size(), 1u);
}

TEST_P(contract_dead_letters, marks_end_where_an_era_begins_with_an_empty_secondary) {
    must(source_->mark_dirty(items, "spool lost", soon()));
    ASSERT_TRUE(step(target_, step_kind::enter_secondary, 1, era_mode::reset));
    EXPECT_EQ(marks(source_).size(), 1u);
    ASSERT_TRUE(step(source_, step_kind::enter_primary, 1, era_mode::reset));
    EXPECT_TRUE(marks(source_).empty());
}

TEST_P(contract_dead_letters, tombstones_of_a_dirty_table_are_kept_for_a_backfill) {
    committed(source_, put(1, "a"));
    go_synced();
    committed(source_, drop(1));
    const auto dead = owed(source_).at(0).id;
    kill(source_, dead);
    EXPECT_EQ(must(source_->drop({&dead, 1}, "given up", soon())), 1);
    EXPECT_EQ(must(source_->purge(10, soon())), 0);
    const auto mark = marks(source_).at(0).id;
    must(source_->clear_dirty({&mark, 1}, soon()));
    EXPECT_EQ(must(source_->purge(10, soon())), 1);
}

TEST_P(contract_dead_letters, of_an_era_that_is_left_are_gone_with_all_that_was_owed) {
    go_synced();
    with_dead_letter(1);
    ASSERT_TRUE(step(source_, step_kind::leave, 2));
    EXPECT_EQ(must(source_->stats(soon())).dead, 0);
    EXPECT_TRUE(must(source_->dead_letters(0, 10, soon())).empty());
}

} // namespace tandem_test
