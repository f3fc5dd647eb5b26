// SPDX-License-Identifier: BSL-1.0
//
// The nine traces in which the naive protocol (a flag that processes see at different times,
// times as versions, plain deletes) loses or resurrects a write, played against the real code.
#include "fixture.hpp"

namespace tandem_test {

namespace {

TEST_P(naive, trace_1_two_primaries_both_increments_count) {
    auto& a = begin_synced();
    must(a.items.upsert({1, "x", 0}));
    auto& b = join();
    deliver_all(a);
    // A still believes in the source when B is told of the target.
    a.source.before(op::begin, [&] { EXPECT_EQ(forward(b), phase::dual_new_primary); });
    must(increment(a, 1));
    must(increment(b, 1));
    expect_settled(a);
    expect_item({1, "x", 2});
}

TEST_P(naive, trace_1_a_write_under_an_old_belief_is_refused_by_the_store) {
    auto& a = begin_synced();
    EXPECT_EQ(forward(a), phase::dual_new_primary);
    const route old_belief{2, phase::dual_old_primary};
    const auto reply = must(a.source.write(put({1, "x", 0}), old_belief, soon()));
    EXPECT_EQ(reply.status, write_status::fenced);
    expect_absent(1);
}

TEST_P(naive, trace_2_a_late_second_write_does_not_resurrect) {
    auto& a = begin_synced(secondary_mode::sync);
    auto& b = join(secondary_mode::sync);
    a.target.before(op::apply, [&] { erase(b, 1); });
    must(a.items.upsert({1, "late", 0}));
    expect_absent(1);
    EXPECT_EQ(forward(b), phase::dual_new_primary);
    EXPECT_EQ(must(a.items.get(1)), std::nullopt);
    expect_settled(a);
}

TEST_P(naive, trace_3_versions_follow_commits_and_not_clocks) {
    auto& a = begin_synced();
    auto& b = join();
    must(b.items.upsert({1, "x", 0}));
    const change from_a = write_and_stall(a, side::source, put({1, "a", 1}));
    const change from_b = write_and_stall(b, side::source, put({1, "b", 2}));
    EXPECT_GT(from_b.version, from_a.version);
    EXPECT_EQ(apply(b.target, from_b), apply_status::applied);
    EXPECT_EQ(apply(a.target, from_a), apply_status::superseded);
    EXPECT_EQ(forward(b), phase::dual_new_primary);
    expect_item({1, "b", 2});
}

TEST_P(naive, trace_4_a_crash_between_the_two_writes_loses_nothing) {
    auto& a = begin_synced();
    auto& survivor = join();
    (void)write_and_stall(a, side::source, put({1, "only at the source", 0})); // and A is gone
    EXPECT_EQ(forward(survivor), phase::dual_new_primary);
    EXPECT_EQ(must(survivor.items.get(1)).value().name, "only at the source");
    expect_settled(survivor);
}

TEST_P(naive, trace_5_no_rollback_before_what_is_owed_arrived) {
    auto& a = begin_synced();
    must(a.items.upsert({1, "x", 0}));
    EXPECT_EQ(forward(a), phase::dual_new_primary);
    auto& b = join();
    must(increment(a, 1)); // its write to the source has yet to happen
    EXPECT_TRUE(step(b.target, step_kind::begin_handover, 3));
    EXPECT_FALSE(step(b.target, step_kind::decide, 4));
    EXPECT_EQ(backward(b), phase::dual_old_primary); // drains, then decides
    must(increment(b, 1));
    expect_settled(a);
    expect_item({1, "x", 2});
}

TEST_P(naive, trace_6_a_backfill_does_not_put_a_deleted_row_back) {
    auto& a = begin();
    auto& b = join();
    must(a.items.upsert({1, "x", 0}));
    EXPECT_EQ(forward(a), phase::dual_old_primary);
    // The backfill has read its chunk when B deletes the row at both sides.
    a.target.before(op::apply, [&] {
        erase(b, 1);
        deliver_all(b);
    });
    // Looked at before the tombstones follow the rows.
    a.target.after(op::apply, [&] { EXPECT_EQ(w.item_at(side::target, 1), std::nullopt); });
    must(a.migration.backfill());
    expect_absent(1);
    EXPECT_EQ(forward(a), phase::dual_new_primary);
    EXPECT_EQ(must(a.items.get(1)), std::nullopt);
}

TEST_P(naive, trace_7_a_read_under_an_old_belief_is_not_stale) {
    auto& c = begin_synced();
    must(c.items.upsert({1, "old", 0}));
    auto& d = join();
    EXPECT_EQ(must(d.items.get(1)).value().name, "old");
    EXPECT_EQ(forward(c), phase::dual_new_primary);
    must(c.items.upsert({1, "new", 0}));
    EXPECT_EQ(w.item_at(side::source, 1).value().name, "old"); // the change is still owed
    EXPECT_EQ(must(d.items.get(1)).value().name, "new");
}

TEST_P(naive, trace_8_an_old_only_writer_of_a_dual_phase_owes_its_change) {
    auto& slow = begin();
    auto& fast = join();
    must(slow.items.upsert({1, "x", 0}));
    EXPECT_EQ(forward(fast), phase::dual_old_primary);
    must(fast.migration.backfill());
    must(slow.items.upsert({1, "written as in old_only", 1}));
    EXPECT_EQ(w.owed_at(side::source), 1);
    EXPECT_EQ(forward(fast), phase::dual_new_primary);
    expect_item({1, "written as in old_only", 1});
}

TEST_P(naive, trace_9_a_late_second_write_does_not_overwrite_a_newer_one) {
    auto& a = begin_synced(secondary_mode::sync);
    auto& b = join(secondary_mode::sync);
    a.target.before(op::apply, [&] { must(b.items.upsert({1, "newer", 2})); });
    must(a.items.upsert({1, "older", 1}));
    EXPECT_EQ(w.item_at(side::target, 1).value().name, "newer");
    expect_settled(a);
    expect_item({1, "newer", 2});
}

} // namespace

TANDEM_PLAY(naive);

} // namespace tandem_test
