// SPDX-License-Identifier: BSL-1.0
//
// Traces against the rules of tombstones: the floor that a purge leaves behind, the epoch a purge
// at the secondary asks for, and a tombstone that stands beside the row of a key that came back.
#include "fixture.hpp"

namespace tandem_test {

namespace {

TEST_P(purging, ctr_purge_a_key_recreated_after_a_purge_is_newer_than_its_tombstone) {
    auto& p = begin_synced();
    must(p.items.upsert({1, "x", 0}));
    erase(p, 1);
    deliver_all(p);
    const auto dead = w.tombstones_at(side::target).at(0).version;
    EXPECT_EQ(must(p.source.purge(100, soon())), 1);
    EXPECT_EQ(w.fence_at(side::source).floor, dead);
    must(p.items.upsert({1, "again", 1}));
    EXPECT_GT(w.version_at(side::source, 1), dead);
    expect_settled(p);
    expect_item({1, "again", 1});
}

TEST_P(purging, ctr_purge_the_same_in_a_transaction_and_after_an_aborted_switch) {
    auto& p = begin_synced();
    must(p.items.upsert({1, "x", 0}));
    EXPECT_TRUE(step(p.source, step_kind::begin_handover, 2));
    deliver_all(p);
    EXPECT_TRUE(step(p.source, step_kind::abort, 3));
    erase(p, 1); // of the present epoch, which therefore does not order the versions
    deliver_all(p);
    EXPECT_EQ(must(p.source.purge(100, soon())), 1);
    must(p.items.modify(1, [](std::optional<item> present) -> result<std::optional<item>> {
        EXPECT_EQ(present, std::nullopt);
        return std::optional<item>({1, "again", 1});
    }));
    expect_settled(p);
    expect_item({1, "again", 1});
}

TEST_P(purging, purgenoep_the_secondary_keeps_tombstones_of_the_present_epoch) {
    auto& p = begin_synced();
    const change w1 = write_and_stall(p, side::source, put({1, "w1", 1}));
    erase(p, 1);
    deliver_all(p);
    EXPECT_EQ(must(p.target.purge(100, soon())), 0);
    EXPECT_EQ(apply(p.target, w1), apply_status::superseded);
    expect_absent(1);
}

TEST_P(purging, floorfirst_a_purge_after_the_fence_was_read_does_not_lower_a_version) {
    auto& writer = begin_synced();
    auto& housekeeper = join();
    must(writer.items.upsert({1, "x", 0}));
    erase(writer, 1);
    deliver_all(writer);
    const auto dead = w.tombstones_at(side::target).at(0).version;
    const std::vector<table_key> keys{{items_id, id_of(1)}};
    auto begun = must(writer.source.begin(keys, isolation::read_committed, soon()));
    EXPECT_EQ(begun.fence.floor, version{}); // read before the purge
    // Where there is one writer at a time, the purge has to wait until the end: also right.
    const auto purged = housekeeper.source.purge(100, at_once());
    const auto reply = must(begun.transaction->write(put({1, "again", 1})));
    EXPECT_GT(reply.version, dead) << (purged ? "purged meanwhile" : "not purged");
    must(begun.transaction->commit());
    expect_settled(writer);
    expect_item({1, "again", 1});
}

TEST_P(purging, nohand_a_switch_and_a_reset_hand_the_floor_on) {
    auto& p = begin_synced();
    must(p.items.upsert({1, "x", 0}));
    erase(p, 1);
    deliver_all(p);
    const auto dead = w.tombstones_at(side::target).at(0).version;
    EXPECT_EQ(must(p.source.purge(100, soon())), 1);
    EXPECT_EQ(forward(p), phase::dual_new_primary);
    EXPECT_GE(w.fence_at(side::target).floor, dead);
    EXPECT_EQ(forward(p), phase::new_only);
    must(p.items.upsert({2, "x", 0}));
    erase(p, 2);
    must(p.migration.backward({.mode = era_mode::reset, .allow_truncate = true}));
    EXPECT_TRUE(w.tombstones_at(side::source).empty());
    EXPECT_GE(w.fence_at(side::source).floor, dead);
}

TEST_P(purging, nohand_an_emptied_secondary_keeps_the_floor_of_the_tombstones_it_drops) {
    auto& p = begin_synced();
    must(p.items.upsert({1, "x", 0}));
    erase(p, 1);
    deliver_all(p);
    const auto dead = w.tombstones_at(side::target).at(0).version;
    EXPECT_EQ(backward(p), phase::old_only);
    must(p.migration.forward({.mode = era_mode::reset, .allow_truncate = true}));
    EXPECT_TRUE(w.tombstones_at(side::target).empty());
    EXPECT_GE(w.fence_at(side::target).floor, dead);
}

// Rule T': the tombstone of a key that came back may stand beside its row; the newer one decides.

TEST_P(purging, tprime_the_relay_sends_the_row_and_not_the_older_tombstone) {
    auto& p = begin_synced();
    must(p.items.upsert({1, "x", 0}));
    erase(p, 1);
    deliver_all(p);
    must(p.items.upsert({1, "again", 1}));
    const auto owed = must(p.source.owed(0, 10, owed_scope::due, soon()));
    ASSERT_EQ(owed.size(), 1u);
    EXPECT_TRUE(owed.front().change.image.has_value());
    expect_settled(p);
    expect_item({1, "again", 1});
}

TEST_P(purging, tprime_the_backfill_sends_the_row_and_not_the_older_tombstone) {
    auto& p = begin();
    must(p.items.upsert({1, "x", 0}));
    erase(p, 1);
    must(p.items.upsert({1, "again", 1}));
    EXPECT_EQ(forward(p), phase::dual_old_primary);
    must(p.migration.backfill());
    expect_settled(p);
    expect_item({1, "again", 1});
}

TEST_P(purging, tprime_an_applied_row_is_compared_with_the_tombstone) {
    auto& p = begin_synced();
    const change w1 = write_and_stall(p, side::source, put({1, "w1", 1}));
    const change w2 = write_and_stall(p, side::source, drop(1));
    const change w3 = write_and_stall(p, side::source, put({1, "w3", 3}));
    EXPECT_EQ(apply(p.target, w2), apply_status::applied);
    EXPECT_EQ(apply(p.target, w1), apply_status::superseded);
    EXPECT_EQ(apply(p.target, w3), apply_status::applied);
    EXPECT_EQ(apply(p.target, w2), apply_status::superseded);
    expect_settled(p);
    expect_item({1, "w3", 3});
}

TEST_P(purging, tprime_a_second_delete_raises_the_tombstone_at_both_sides) {
    auto& p = begin_synced();
    must(p.items.upsert({1, "x", 0}));
    erase(p, 1);
    deliver_all(p); // so that the target, too, has a tombstone to raise
    const change w3 = write_and_stall(p, side::source, put({1, "w3", 3}));
    deliver_all(p);
    const change w4 = write_and_stall(p, side::source, drop(1));
    EXPECT_EQ(w.tombstones_at(side::source).at(0).version, w4.version);
    EXPECT_EQ(apply(p.target, w4), apply_status::applied);
    EXPECT_EQ(w.tombstones_at(side::target).at(0).version, w4.version);
    EXPECT_EQ(apply(p.target, w3), apply_status::superseded);
    must(p.items.upsert({1, "w5", 5}));
    EXPECT_GT(w.version_at(side::source, 1), w4.version);
    expect_settled(p);
    expect_item({1, "w5", 5});
}

TEST_P(purging, tprime_a_purge_beside_a_row_leaves_the_row_newer_than_the_floor_or_harmless) {
    auto& p = begin_synced();
    must(p.items.upsert({1, "x", 0}));
    erase(p, 1);
    deliver_all(p);
    must(p.items.upsert({1, "again", 1}));
    expect_settled(p);
    must(p.source.purge(100, soon()));
    must(p.items.upsert({1, "and again", 2}));
    EXPECT_GT(w.version_at(side::source, 1), w.fence_at(side::source).floor);
    expect_settled(p);
    erase(p, 1);
    expect_settled(p);
    expect_absent(1);
}

} // namespace

TANDEM_PLAY(purging);

} // namespace tandem_test
