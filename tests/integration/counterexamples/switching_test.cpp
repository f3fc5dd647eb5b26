// SPDX-License-Identifier: BSL-1.0
//
// Traces against the rules of the switch: the held lock, the drain, the one decision, the
// compare-and-set on epochs, and reads that name their fence.
#include "fixture.hpp"

namespace tandem_test {

namespace {

/// The step has to wait for somebody, so it gives up at its deadline and changes nothing.
void expect_waits(hooked_store& at, step_kind what, epoch expected) {
    const auto before = must(at.read_fences(soon()));
    const auto answer = at.step({.kind = what, .expected = expected}, at_once());
    ASSERT_FALSE(answer) << "the step did not wait";
    EXPECT_EQ(answer.error(), errc_condition::retryable) << answer.error().message();
    EXPECT_EQ(must(at.read_fences(soon())), before);
}

const std::vector<table_key> key_1{{items_id, id_of(1)}};

TEST_P(switching, nohold_a_writer_in_flight_keeps_the_drain_from_beginning) {
    auto& writer = begin_synced();
    auto& controller = join();
    epoch e = 2;
    for (const auto level :
         {isolation::read_committed, isolation::repeatable_read, isolation::serializable}) {
        auto begun = must(writer.source.begin(key_1, level, soon()));
        must(begun.transaction->write(put({1, "in flight", e})));
        expect_waits(controller.source, step_kind::begin_handover, e);
        must(begun.transaction->commit());
        EXPECT_EQ(forward(controller), phase::dual_new_primary);
        EXPECT_EQ(must(controller.items.get(1)), (item{1, "in flight", e}));
        EXPECT_EQ(backward(controller), phase::dual_old_primary);
        e += 2;
    }
}

TEST_P(switching, nohold_a_writer_that_comes_after_the_switch_is_refused) {
    auto& p = begin_synced();
    EXPECT_EQ(forward(p), phase::dual_new_primary);
    for (const auto level :
         {isolation::read_committed, isolation::repeatable_read, isolation::serializable}) {
        const auto begun = must(p.source.begin(key_1, level, soon()));
        EXPECT_EQ(begun.transaction, nullptr);
        EXPECT_EQ(begun.fence.role, role::handed_over);
    }
}

TEST_P(switching, nodrain_nothing_is_decided_while_a_change_is_owed) {
    auto& p = begin_synced();
    must(p.items.upsert({1, "owed", 0}));
    EXPECT_TRUE(step(p.source, step_kind::begin_handover, 2));
    EXPECT_FALSE(step(p.source, step_kind::decide, 3));
    const auto intent = must(p.source.owed(0, 10, owed_scope::due, soon())).at(0);
    must(p.source.note_failure({&intent.id, 1}, {.text = "poison", .dead = true}, soon()));
    EXPECT_FALSE(step(p.source, step_kind::decide, 3)) << "a dead letter is owed, too";
    EXPECT_EQ(apply(p.target, intent.change), apply_status::applied);
    must(p.source.settle({&intent.id, 1}, soon()));
    EXPECT_TRUE(step(p.source, step_kind::decide, 3));
    EXPECT_TRUE(enable(p.source, p.target));
    EXPECT_EQ(must(p.items.get(1)).value().name, "owed");
}

TEST_P(switching, nodecision_after_the_decision_an_abort_comes_too_late) {
    auto& one = begin_synced();
    auto& two = join();
    EXPECT_TRUE(step(one.source, step_kind::begin_handover, 2));
    EXPECT_TRUE(step(one.source, step_kind::decide, 3));
    EXPECT_FALSE(step(two.source, step_kind::abort, 3)); // two still sees "draining"
    EXPECT_TRUE(enable(one.source, one.target));
    EXPECT_EQ(w.authorities(), 1);
    EXPECT_EQ(w.phase_now(), phase::dual_new_primary);
}

TEST_P(switching, nodecision_after_an_abort_the_decision_comes_too_late) {
    auto& one = begin_synced();
    auto& two = join();
    one.source.after(op::step, [&] { must(two.migration.abort()); }); // one has begun the drain
    EXPECT_EQ(one.migration.forward().error(), errc::switch_in_progress);
    EXPECT_EQ(w.fence_at(side::source).role, role::primary);
    EXPECT_EQ(w.fence_at(side::target).role, role::secondary);
    must(one.items.upsert({1, "at the source", 0}));
    expect_settled(one);
}

TEST_P(switching, noepochcas_a_controller_that_overslept_enables_nothing) {
    auto& slow = begin_synced();
    auto& other = join();
    EXPECT_TRUE(step(slow.source, step_kind::begin_handover, 2));
    EXPECT_TRUE(step(slow.source, step_kind::decide, 3));
    const auto given = w.fence_at(side::source); // and slow sleeps before it enables the target
    must(other.migration.housekeeping());
    EXPECT_EQ(w.phase_now(), phase::dual_new_primary);
    EXPECT_EQ(backward(other), phase::dual_old_primary);
    const switch_step late{.kind = step_kind::enable, .expected = 3, .phase = given.phase};
    EXPECT_FALSE(must(slow.target.step(late, soon())));
    EXPECT_EQ(w.authorities(), 1);
    EXPECT_EQ(w.fence_at(side::target).role, role::handed_over);
    must(slow.items.upsert({1, "at the source", 0}));
    expect_settled(slow);
}

TEST_P(switching, noepochcas_a_walk_that_overslept_undoes_nothing) {
    auto& slow = begin_synced();
    auto& other = join();
    slow.target.before(op::step, [&] { // decided, not yet enabled
        must(other.migration.housekeeping());
        EXPECT_EQ(backward(other), phase::dual_old_primary);
        must(other.items.upsert({1, "at the source", 0}));
    });
    EXPECT_EQ(forward(slow), phase::dual_new_primary); // what it decided was reached
    EXPECT_EQ(w.phase_now(), phase::dual_old_primary); // and taken back since
    EXPECT_EQ(w.fence_at(side::target).role, role::handed_over);
    expect_settled(slow);
    expect_item({1, "at the source", 0});
}

TEST_P(switching, read2_a_switch_between_belief_and_read_does_not_make_it_stale) {
    auto& reader = begin_synced();
    auto& other = join();
    must(reader.items.upsert({1, "old", 0}));
    reader.source.before(op::read, [&] {
        EXPECT_EQ(forward(other), phase::dual_new_primary);
        must(other.items.upsert({1, "new", 0}));
    });
    EXPECT_EQ(must(reader.items.get(1)).value().name, "new");
}

TEST_P(switching, read2_the_same_for_many_keys_and_ranges) {
    auto& reader = begin_synced();
    auto& other = join();
    must(reader.items.upsert({1, "old", 0}));
    reader.source.before(op::read, [&] {
        EXPECT_EQ(forward(other), phase::dual_new_primary);
        must(other.items.upsert({1, "new", 0}));
    });
    const std::vector<std::int64_t> keys{1, 2};
    EXPECT_EQ(must(reader.items.get_many(keys)).at(0).value().name, "new");
    reader.target.before(op::scan, [&] {
        EXPECT_EQ(backward(other), phase::dual_old_primary);
        must(other.items.upsert({1, "newest", 0}));
    });
    EXPECT_EQ(must(reader.items.scan({}, {}, 10)).at(0).name, "newest");
}

TEST_P(switching, unfenced_2_every_answer_says_whether_its_side_decides) {
    auto& p = begin_synced();
    must(p.items.upsert({1, "old", 0}));
    const auto ask = [&] { return must(p.source.read(side::source, 0, id_of(1), soon())).fence; };
    EXPECT_EQ(ask().role, role::primary);
    EXPECT_TRUE(step(p.source, step_kind::begin_handover, 2));
    EXPECT_EQ(ask().role, role::draining);
    deliver_all(p);
    EXPECT_TRUE(step(p.source, step_kind::decide, 3));
    EXPECT_EQ(ask().role, role::handed_over);
    EXPECT_EQ(ask().epoch, 3);
}

TEST_P(switching, nowait_a_writer_of_old_only_keeps_the_era_from_beginning) {
    auto& writer = begin();
    auto& controller = join();
    auto begun = must(writer.source.begin(key_1, isolation::read_committed, soon()));
    must(begun.transaction->write(put({1, "without an intent", 0})));
    EXPECT_TRUE(step(controller.target, step_kind::enter_secondary, 1, era_mode::reset));
    expect_waits(controller.source, step_kind::enter_primary, 1);
    must(begun.transaction->commit());
    EXPECT_EQ(forward(controller), phase::dual_old_primary);
    must(controller.migration.backfill());
    expect_item({1, "without an intent", 0});
}

TEST_P(switching, latereset_a_controller_that_overslept_empties_nothing) {
    auto& slow = begin();
    auto& fast = join();
    slow.target.before(op::step, [&] { // about to enter the era with an empty target
        must(fast.items.upsert({1, "kept", 0}));
        EXPECT_EQ(forward(fast), phase::dual_old_primary);
        must(fast.migration.backfill());
        EXPECT_EQ(forward(fast), phase::dual_new_primary);
        must(fast.items.upsert({2, "at the target alone", 0}));
    });
    EXPECT_FALSE(slow.migration.forward());
    EXPECT_EQ(w.items_at(side::target).size(), 2u);
    expect_settled(slow);
}

} // namespace

TANDEM_PLAY(switching);

} // namespace tandem_test
