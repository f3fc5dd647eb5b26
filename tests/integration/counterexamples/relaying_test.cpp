// SPDX-License-Identifier: BSL-1.0
//
// Traces against the rules of delivery: the intent commits with the write and goes only after the
// apply, by its own id; an apply is guarded by version, tombstone and epoch.
#include "fixture.hpp"

namespace tandem_test {

namespace {

TEST_P(relaying, delfirst_a_change_in_the_relays_hand_is_still_owed) {
    auto& relay = begin_synced();
    auto& controller = join();
    must(relay.items.upsert({1, "in the hand", 0}));
    relay.target.before(op::apply, [&] {
        EXPECT_EQ(must(controller.source.stats(soon())).owed, 1);
        EXPECT_TRUE(step(controller.source, step_kind::begin_handover, 2));
        EXPECT_FALSE(step(controller.source, step_kind::decide, 3));
        EXPECT_TRUE(step(controller.source, step_kind::abort, 3));
    });
    EXPECT_EQ(must(relay.migration.relay_once()).settled, 1);
    expect_settled(relay);
}

TEST_P(relaying, delfirst_a_relay_that_dies_between_apply_and_removal_repeats_harmlessly) {
    auto& dying = begin_synced();
    auto& survivor = join();
    must(dying.items.upsert({1, "twice", 0}));
    dying.source.before(op::settle, [&] { dying.source.set_down(true); });
    EXPECT_EQ(must(dying.migration.relay_once()).settled, 0);
    EXPECT_EQ(w.owed_at(side::source), 1);
    EXPECT_EQ(must(survivor.migration.relay_once()).superseded, 1);
    expect_settled(survivor);
}

TEST_P(relaying, bykey_removing_an_intent_leaves_a_newer_one_of_the_key) {
    auto& one = begin_synced(secondary_mode::sync);
    auto& two = join();
    must(one.items.upsert({1, "w1", 1})); // applied; its intent waits to be removed
    must(two.items.upsert({1, "w2", 2})); // committed; then process two is gone
    must(one.migration.housekeeping());
    EXPECT_EQ(w.owed_at(side::source), 1);
    EXPECT_EQ(forward(one), phase::dual_new_primary);
    expect_item({1, "w2", 2});
}

TEST_P(relaying, lateoutbox_a_committed_write_owes_its_change_at_once) {
    auto& p = begin_synced();
    p.source.after(op::write, [&] { EXPECT_EQ(w.owed_at(side::source), 1); });
    must(p.items.upsert({1, "x", 0}));
    p.source.after(op::commit, [&] { EXPECT_EQ(w.owed_at(side::source), 2); });
    must(increment(p, 1));
    expect_settled(p);
}

/// The source can be told to refuse intents.
class relaying_from_sql : public counterexample {};

TEST_P(relaying_from_sql, lateoutbox_without_its_intent_a_write_does_not_commit) {
    auto& p = begin_synced();
    must(p.items.upsert({1, "before", 0}));
    deliver_all(p);
    ASSERT_TRUE(w.at(side::source).refuse_intents());
    EXPECT_FALSE(p.items.upsert({1, "after", 0}));
    EXPECT_FALSE(p.items.upsert({2, "after", 0}));
    EXPECT_FALSE(p.items.erase(1));
    EXPECT_FALSE(increment(p, 1));
    EXPECT_EQ(w.items_at(side::source), (std::map<std::int64_t, item>{{1, {1, "before", 0}}}));
}

TEST_P(relaying, noguard_a_late_change_does_not_overwrite_a_newer_one) {
    auto& p = begin_synced();
    const change w1 = write_and_stall(p, side::source, put({1, "w1", 1}));
    const change w2 = write_and_stall(p, side::source, put({1, "w2", 2}));
    EXPECT_EQ(apply(p.target, w2), apply_status::applied);
    EXPECT_EQ(apply(p.target, w1), apply_status::superseded);
    const change other = write_and_stall(p, side::source, put({2, "x", 0}));
    const std::vector<change> batch{w1, other}; // the set-wise form
    EXPECT_EQ(must(p.target.apply(batch, soon())),
              (std::vector{apply_status::superseded, apply_status::applied}));
    expect_settled(p);
    expect_item({1, "w2", 2});
}

TEST_P(relaying, harddel_a_late_change_does_not_recreate_a_deleted_row) {
    auto& p = begin_synced();
    const change w1 = write_and_stall(p, side::source, put({1, "w1", 1}));
    const change w2 = write_and_stall(p, side::source, drop(1));
    EXPECT_EQ(apply(p.target, w2), apply_status::applied); // the row was never there
    EXPECT_EQ(apply(p.target, w1), apply_status::superseded);
    const change other = write_and_stall(p, side::source, put({2, "x", 0}));
    const std::vector<change> batch{w1, other};
    EXPECT_EQ(must(p.target.apply(batch, soon())),
              (std::vector{apply_status::superseded, apply_status::applied}));
    expect_settled(p);
    expect_absent(1);
}

TEST_P(relaying, nosfence_purge_a_change_of_a_closed_epoch_recreates_nothing) {
    auto& slow = begin_synced(secondary_mode::sync);
    auto& other = join();
    slow.target.before(op::apply, [&] { // w1 is committed, its apply stalls
        erase(other, 1);
        deliver_all(other);
        EXPECT_EQ(backward(other), phase::old_only);
        must(other.migration.forward({.mode = era_mode::keep}));
        must(other.migration.backfill());
        EXPECT_EQ(must(other.target.purge(100, soon())), 1);
    });
    must(slow.items.upsert({1, "w1", 1}));
    expect_settled(other);
    expect_absent(1);
}

TEST_P(relaying, nosfence_a_batch_of_two_epochs_applies_what_is_open) {
    auto& p = begin_synced();
    const change closed = write_and_stall(p, side::source, put({1, "closed", 1}));
    EXPECT_EQ(backward(p), phase::old_only);
    must(p.migration.forward({.mode = era_mode::keep}));
    const change open = write_and_stall(p, side::source, put({2, "open", 2}));
    const std::vector<change> batch{closed, open};
    EXPECT_EQ(must(p.target.apply(batch, soon())),
              (std::vector{apply_status::closed, apply_status::applied}));
    EXPECT_EQ(w.item_at(side::target, 1), std::nullopt);
    EXPECT_EQ(w.item_at(side::target, 2).value().name, "open");
}

} // namespace

TANDEM_PLAY(relaying);
INSTANTIATE_TEST_SUITE_P(pairs, relaying_from_sql, ::testing::ValuesIn(same_kind_pairs()),
                         pair_name<::testing::TestParamInfo<kinds_of_pair>>);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(relaying_from_sql); // a build with memory alone

} // namespace tandem_test
