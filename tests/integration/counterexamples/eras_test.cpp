// SPDX-License-Identifier: BSL-1.0
//
// Traces over two double-write eras: the secondary keeps its copy while the phase is old_only
// again, so whatever happens then must still reach it.
#include "fixture.hpp"

namespace tandem_test {

namespace {

const switch_options keep{.mode = era_mode::keep};

TEST_P(eras, purgeany_a_delete_between_two_eras_reaches_the_target) {
    auto& p = begin_synced();
    must(p.items.upsert({1, "of era one", 0}));
    deliver_all(p);
    EXPECT_EQ(backward(p), phase::old_only);
    erase(p, 1);
    must(p.migration.forward(keep));
    EXPECT_EQ(must(p.source.purge(100, soon())), 0) << "the backfill has not read it";
    must(p.migration.backfill());
    expect_absent(1);
}

TEST_P(eras, purgeany_nor_is_the_tombstone_purged_before_the_next_era) {
    auto& p = begin_synced();
    must(p.items.upsert({1, "of era one", 0}));
    deliver_all(p);
    EXPECT_EQ(backward(p), phase::old_only);
    erase(p, 1);
    EXPECT_EQ(must(p.source.purge(100, soon())), 0);
    must(p.migration.forward(keep));
    must(p.migration.backfill());
    expect_absent(1);
}

TEST_P(eras, purge_of_an_owed_delete_leaves_its_tombstone) {
    auto& p = begin_synced();
    must(p.items.upsert({1, "of era one", 0}));
    deliver_all(p);
    erase(p, 1); // owed
    EXPECT_EQ(must(p.source.purge(100, soon())), 0);
    EXPECT_EQ(backward(p), phase::old_only); // drops the intent
    must(p.migration.forward(keep));
    must(p.migration.backfill());
    expect_absent(1);
}

TEST_P(eras, purge_of_an_owed_delete_waits_also_while_it_drains) {
    auto& p = begin_synced();
    must(p.items.upsert({1, "x", 0}));
    deliver_all(p);
    erase(p, 1);
    EXPECT_TRUE(step(p.source, step_kind::begin_handover, 2));
    EXPECT_EQ(must(p.source.purge(100, soon())), 0);
    EXPECT_TRUE(step(p.source, step_kind::abort, 3));
    EXPECT_EQ(must(p.source.purge(100, soon())), 0) << "its epoch is older, and it is still owed";
    deliver_all(p);
    EXPECT_EQ(must(p.source.purge(100, soon())), 1);
    expect_absent(1);
}

TEST_P(eras, p1hard_a_delete_in_old_only_leaves_a_tombstone_for_the_next_era) {
    auto& p = begin_synced();
    must(p.items.upsert({1, "of era one", 0}));
    deliver_all(p);
    EXPECT_EQ(backward(p), phase::old_only);
    erase(p, 1);
    EXPECT_EQ(w.tombstones_at(side::source).size(), 1u);
    must(p.migration.forward(keep));
    EXPECT_EQ(w.item_at(side::target, 1).value().name, "of era one");
    must(p.migration.backfill());
    expect_absent(1);
}

TEST_P(eras, p1hard_an_era_that_begins_empty_needs_no_tombstone) {
    auto& p = begin_synced();
    must(p.items.upsert({1, "of era one", 0}));
    deliver_all(p);
    EXPECT_EQ(backward(p), phase::old_only);
    erase(p, 1);
    must(p.migration.forward({.mode = era_mode::reset, .allow_truncate = true}));
    EXPECT_EQ(w.item_at(side::target, 1), std::nullopt);
    must(p.migration.backfill());
    expect_absent(1);
}

TEST_P(eras, bfifabsent_an_update_between_two_eras_reaches_the_target) {
    auto& p = begin_synced();
    must(p.items.upsert({1, "of era one", 0}));
    deliver_all(p);
    EXPECT_EQ(backward(p), phase::old_only);
    must(p.items.upsert({1, "changed in old_only", 1}));
    must(p.migration.forward(keep));
    must(p.migration.backfill());
    expect_item({1, "changed in old_only", 1});
}

TEST_P(eras, noera_a_backfill_of_the_era_before_does_not_mark_this_one) {
    auto& slow = begin();
    auto& other = join();
    must(slow.items.upsert({1, "x", 0}));
    EXPECT_EQ(forward(slow), phase::dual_old_primary);
    slow.source.before(op::step, [&] { // has copied everything, is about to say so
        EXPECT_EQ(backward(other), phase::old_only);
        must(other.items.upsert({1, "changed in old_only", 1}));
        must(other.migration.forward(keep));
    });
    EXPECT_EQ(slow.migration.backfill().error(), errc::wrong_phase);
    EXPECT_FALSE(w.fence_at(side::source).synced);
    EXPECT_EQ(other.migration.forward().error(), errc::not_synced);
    must(other.migration.backfill());
    expect_item({1, "changed in old_only", 1});
}

TEST_P(eras, noera_a_chunk_of_the_era_before_is_closed) {
    auto& slow = begin();
    auto& other = join();
    must(slow.items.upsert({1, "x", 0}));
    EXPECT_EQ(forward(slow), phase::dual_old_primary);
    slow.target.before(op::apply, [&] { // has read its chunk
        EXPECT_EQ(backward(other), phase::old_only);
        erase(other, 1);
        must(other.migration.forward({.mode = era_mode::reset, .allow_truncate = true}));
    });
    EXPECT_EQ(slow.migration.backfill().error(), errc::wrong_phase);
    EXPECT_EQ(w.item_at(side::target, 1), std::nullopt);
    must(other.migration.backfill());
    expect_absent(1);
}

} // namespace

TANDEM_PLAY(eras);

} // namespace tandem_test
