// SPDX-License-Identifier: BSL-1.0
//
// The steps of a switch, each from its right and its wrong states. The walk at the end compares a
// store with the lines of core/step.hpp, written here once more and independently.
#include "support/store_contract.hpp"

#include <array>

namespace tandem_test {

TEST_P(contract_steps, entering_an_era_empties_the_secondary_and_keeps_its_floor) {
    must(target_.bulk_load(items, std::vector<tandem::row>{item(1, "stale")}, soon()));
    ASSERT_EQ(apply(target_, change_to(2, {}, 8, 1)), apply_status::applied);
    ASSERT_TRUE(step(target_, step_kind::enter_secondary, 1));
    EXPECT_EQ(name_at(target_, 1), "-");
    EXPECT_TRUE(tombstones(target_).empty());
    const auto f = must(target_->read(side::target, items, id(2), soon())).fence;
    EXPECT_EQ(f.floor, version{8});
    EXPECT_EQ(f.epoch, 2);
    EXPECT_EQ(f.role, role::secondary);
}

TEST_P(contract_steps, entering_an_era_in_mode_keep_leaves_rows_and_tombstones) {
    must(target_.bulk_load(items, std::vector<tandem::row>{item(1, "kept")}, soon()));
    ASSERT_EQ(apply(target_, change_to(2, {}, 8, 1)), apply_status::applied);
    ASSERT_TRUE(step(target_, step_kind::enter_secondary, 1, era_mode::keep));
    EXPECT_EQ(name_at(target_, 1), "kept");
    EXPECT_EQ(tombstones(target_).size(), 1u);
}

TEST_P(contract_steps, entering_an_era_twice_empties_nothing_again) {
    ASSERT_TRUE(step(target_, step_kind::enter_secondary, 1));
    ASSERT_EQ(apply(target_, change_to(1, "a", 7, 2)), apply_status::applied);
    EXPECT_FALSE(step(target_, step_kind::enter_secondary, 1));
    EXPECT_EQ(name_at(target_, 1), "a");
}

TEST_P(contract_steps, the_primary_enters_an_era_unsynced_with_the_epoch_as_era) {
    ASSERT_TRUE(step(source_, step_kind::enter_primary, 1, era_mode::keep));
    const auto f = fence_at(source_);
    EXPECT_EQ(f.epoch, 2);
    EXPECT_EQ(f.era, 2);
    EXPECT_EQ(f.phase, phase::dual_old_primary);
    EXPECT_EQ(f.mode, era_mode::keep);
    EXPECT_FALSE(f.synced);
}

TEST_P(contract_steps, synced_is_set_for_the_present_era_alone) {
    go_dual();
    EXPECT_FALSE(step(source_, step_kind::mark_synced, 1));
    EXPECT_FALSE(step(target_, step_kind::mark_synced, 2));
    EXPECT_TRUE(step(source_, step_kind::mark_synced, 2));
    EXPECT_TRUE(fence_at(source_).synced);
    EXPECT_FALSE(step(source_, step_kind::mark_synced, 2));
}

TEST_P(contract_steps, synced_is_set_after_the_epoch_was_rolled) {
    go_dual();
    ASSERT_TRUE(step(source_, step_kind::roll_primary, 2));
    EXPECT_TRUE(step(source_, step_kind::mark_synced, 2));
}

TEST_P(contract_steps, a_handover_needs_synced) {
    go_dual();
    EXPECT_FALSE(step(source_, step_kind::begin_handover, 2));
    EXPECT_EQ(fence_at(source_).role, role::primary);
}

TEST_P(contract_steps, a_handover_walks_from_one_side_to_the_other) {
    go_synced();
    committed(source_, put(1, "a"));
    ASSERT_TRUE(step(source_, step_kind::begin_handover, 2));
    EXPECT_EQ(fence_at(source_).role, role::draining);
    EXPECT_EQ(fence_at(source_).epoch, 3);
    EXPECT_EQ(deliver(source_, target_), 1u);
    ASSERT_TRUE(step(source_, step_kind::decide, 3));
    EXPECT_EQ(fence_at(source_).role, role::handed_over);
    EXPECT_EQ(fence_at(source_).phase, phase::dual_new_primary);
    EXPECT_EQ(fence_at(source_).epoch, 3);
    switch_step enable{.kind = step_kind::enable, .expected = 3};
    enable.phase = phase::dual_new_primary;
    enable.floor = {77};
    ASSERT_TRUE(must(target_->step(enable, soon())));
    const auto f = fence_at(target_);
    EXPECT_EQ(f.role, role::primary);
    EXPECT_EQ(f.epoch, 3);
    EXPECT_EQ(f.era, 3);
    EXPECT_EQ(f.phase, phase::dual_new_primary);
    EXPECT_EQ(f.floor, version{77});
    EXPECT_TRUE(f.synced);
    EXPECT_FALSE(must(target_->step(enable, soon())));
    EXPECT_EQ(name_at(target_, 1), "a");
}

TEST_P(contract_steps, a_handover_goes_back_and_forth) {
    go_synced();
    for (int round = 0; round < 2; ++round) {
        hand_over(source_, target_);
        committed(target_, put(1, "new"));
        EXPECT_EQ(write(source_, put(1, "stale")).status, write_status::fenced);
        // The old primary accepts what the new one owes from here on.
        hand_over(target_, source_);
        EXPECT_EQ(name_at(source_, 1), "new");
        committed(source_, put(1, "old"));
        EXPECT_EQ(write(target_, put(1, "stale")).status, write_status::fenced);
        deliver(source_, target_);
    }
    expect_same_rows(items);
    EXPECT_EQ(fence_at(source_).phase, phase::dual_old_primary);
    EXPECT_EQ(fence_at(source_).epoch, 6);
}

TEST_P(contract_steps, nothing_is_decided_while_a_change_is_owed) {
    go_synced();
    committed(source_, put(1, "a"));
    ASSERT_TRUE(step(source_, step_kind::begin_handover, 2));
    EXPECT_FALSE(step(source_, step_kind::decide, 3));
    EXPECT_EQ(fence_at(source_).role, role::draining);
    deliver(source_, target_);
    EXPECT_TRUE(step(source_, step_kind::decide, 3));
}

TEST_P(contract_steps, nothing_is_decided_while_a_dead_letter_is_owed) {
    go_synced();
    committed(source_, put(1, "a"));
    kill(source_, owed(source_).at(0).id);
    ASSERT_TRUE(step(source_, step_kind::begin_handover, 2));
    EXPECT_FALSE(step(source_, step_kind::decide, 3));
}

TEST_P(contract_steps, an_aborted_handover_gives_the_authority_back) {
    go_synced();
    ASSERT_TRUE(step(source_, step_kind::begin_handover, 2));
    ASSERT_TRUE(step(source_, step_kind::abort, 3));
    const auto f = fence_at(source_);
    EXPECT_EQ(f.role, role::primary);
    EXPECT_EQ(f.epoch, 4);
    EXPECT_EQ(f.phase, phase::dual_old_primary);
    EXPECT_TRUE(f.synced);
    EXPECT_EQ(committed(source_, put(1, "a")).epoch, 4);
    EXPECT_FALSE(step(source_, step_kind::decide, 3));
    EXPECT_FALSE(step(source_, step_kind::abort, 3));
}

TEST_P(contract_steps, after_the_decision_nothing_is_aborted) {
    go_synced();
    ASSERT_TRUE(step(source_, step_kind::begin_handover, 2));
    ASSERT_TRUE(step(source_, step_kind::decide, 3));
    EXPECT_FALSE(step(source_, step_kind::abort, 3));
    EXPECT_EQ(fence_at(source_).role, role::handed_over);
}

TEST_P(contract_steps, leaving_an_era_drops_what_is_owed) {
    go_synced();
    committed(source_, put(1, "a"));
    committed(source_, put(2, "b"));
    kill(source_, owed(source_).at(0).id);
    ASSERT_TRUE(step(source_, step_kind::leave, 2));
    const auto f = fence_at(source_);
    EXPECT_EQ(f.phase, phase::old_only);
    EXPECT_EQ(f.epoch, 3);
    EXPECT_FALSE(f.synced);
    EXPECT_EQ(must(source_->stats(soon())).owed, 0);
    EXPECT_EQ(name_at(source_, 1), "a");
}

TEST_P(contract_steps, a_leave_that_does_not_fit_drops_nothing) {
    go_dual();
    committed(source_, put(1, "a"));
    EXPECT_FALSE(step(source_, step_kind::leave, 1));
    EXPECT_EQ(owed(source_).size(), 1u);
}

TEST_P(contract_steps, an_era_can_be_entered_again) {
    go_dual();
    ASSERT_EQ(apply(target_, change_to(1, "first era", 7, 2)), apply_status::applied);
    ASSERT_TRUE(step(source_, step_kind::leave, 2));
    ASSERT_TRUE(step(target_, step_kind::enter_secondary, 3));
    ASSERT_TRUE(step(source_, step_kind::enter_primary, 3));
    EXPECT_EQ(name_at(target_, 1), "-");
    EXPECT_EQ(apply(target_, change_to(1, "late", 7, 2)), apply_status::closed);
    EXPECT_EQ(fence_at(source_).era, 4);
}

TEST_P(contract_steps, the_old_side_comes_back_as_secondary) {
    go_synced();
    hand_over(source_, target_);
    ASSERT_TRUE(step(target_, step_kind::leave, 3));
    EXPECT_EQ(fence_at(target_).phase, phase::new_only);
    committed(target_, put(1, "new"));
    ASSERT_TRUE(step(source_, step_kind::enter_secondary, 4));
    ASSERT_TRUE(step(target_, step_kind::enter_primary, 4));
    EXPECT_EQ(fence_at(source_).role, role::secondary);
    EXPECT_EQ(fence_at(target_).phase, phase::dual_new_primary);
    EXPECT_EQ(fence_at(target_).era, 5);
}

TEST_P(contract_steps, an_epoch_roll_changes_neither_phase_nor_synced) {
    go_synced();
    ASSERT_TRUE(step(source_, step_kind::roll_primary, 2));
    EXPECT_FALSE(step(source_, step_kind::roll_primary, 2));
    const auto f = fence_at(source_);
    EXPECT_EQ(f.epoch, 3);
    EXPECT_EQ(f.era, 2);
    EXPECT_TRUE(f.synced);
    ASSERT_TRUE(step(target_, step_kind::roll_secondary, 3));
    EXPECT_FALSE(step(target_, step_kind::roll_secondary, 3));
    EXPECT_EQ(fence_at(target_).epoch, 3);
}

TEST_P(contract_steps, a_step_waits_for_running_transactions_and_gives_up_retryable) {
    go_synced();
    const std::vector keys{table_key{items, id(1)}};
    auto open_one = must(source_->begin(keys, isolation::read_committed, soon()));
    ASSERT_TRUE(open_one.transaction);
    auto second = open(side::source);
    const auto answer = second->step({.kind = step_kind::begin_handover, .expected = 2}, at_once());
    ASSERT_TRUE(answer.has_error());
    EXPECT_EQ(answer.error().condition(), errc_condition::retryable);
    must(open_one.transaction->write(put(1, "a")));
    must(open_one.transaction->commit());
    EXPECT_EQ(fence_at(source_).role, role::primary);
    EXPECT_TRUE(step(second, step_kind::begin_handover, 2));
    EXPECT_EQ(owed(source_).size(), 1u);
}

TEST_P(contract_steps, sequences_can_be_asked_for) {
    for (const auto& s : must(source_->sequences(soon())))
        EXPECT_LT(s.table, 3);
}

namespace {

/// The right column of core/step.hpp; nothing where the step does not fit. Sides that would lose
/// their authority by a secondary's step never meet it: that is the caller's part of the protocol.
std::optional<fence> model(fence f, const switch_step& s) {
    const bool p = f.role == role::primary && f.epoch == s.expected;
    const bool d = f.role == role::draining && f.epoch == s.expected;
    const auto bumped = [&] {
        f.epoch = s.expected + 1;
        return f;
    };
    switch (s.kind) {
    case step_kind::begin_handover:
        if (!p || !f.synced || !is_dual(f.phase)) return {};
        f.role = role::draining;
        return bumped();
    case step_kind::decide:
        if (!d) return {};
        f.role = role::handed_over;
        f.phase =
            f.phase == phase::dual_old_primary ? phase::dual_new_primary : phase::dual_old_primary;
        return f;
    case step_kind::enable:
        if (f.epoch >= s.expected) return {};
        return fence{f.bucket,
                     s.expected,
                     role::primary,
                     s.phase,
                     s.expected,
                     true,
                     std::max(f.floor, s.floor),
                     f.mode};
    case step_kind::abort:
        if (!d) return {};
        f.role = role::primary;
        return bumped();
    case step_kind::enter_secondary:
        if (f.epoch > s.expected) return {};
        f.role = role::secondary;
        f.mode = s.mode;
        return bumped();
    case step_kind::enter_primary:
        if (!p || is_dual(f.phase)) return {};
        f.phase = f.phase == phase::old_only ? phase::dual_old_primary : phase::dual_new_primary;
        f.era = s.expected + 1;
        f.synced = false;
        f.mode = s.mode;
        return bumped();
    case step_kind::leave:
        if (!p || !is_dual(f.phase)) return {};
        f.phase = f.phase == phase::dual_old_primary ? phase::old_only : phase::new_only;
        f.synced = false;
        return bumped();
    case step_kind::roll_primary: return p ? std::optional(bumped()) : std::nullopt;
    case step_kind::roll_secondary:
        if (f.epoch >= s.expected) return {};
        f.role = role::secondary;
        f.epoch = s.expected;
        return f;
    case step_kind::mark_synced:
        if (f.role != role::primary || f.era != s.expected || f.synced || !is_dual(f.phase)) {
            return {};
        }
        f.synced = true;
        return f;
    case step_kind::retire:
        if (is_authority(f.role) || f.epoch > s.expected) return {};
        f.role = role::handed_over;
        f.epoch = s.expected;
        f.phase = phase::new_only;
        return f;
    }
    return {};
}

constexpr std::array kinds{
    step_kind::begin_handover, step_kind::decide,          step_kind::enable,
    step_kind::abort,          step_kind::enter_secondary, step_kind::enter_primary,
    step_kind::leave,          step_kind::roll_primary,    step_kind::roll_secondary,
    step_kind::mark_synced,    step_kind::retire};

/// A sequence of numbers that is the same on every machine.
class dice {
public:
    std::uint32_t roll(std::uint32_t sides) {
        state_ = state_ * 6364136223846793005U + 1442695040888963407U;
        return static_cast<std::uint32_t>(state_ >> 33) % sides;
    }

private:
    std::uint64_t state_ = 7;
};

/// Only what the protocol gives a meaning to is compared.
void expect_meaning(const fence& seen, const fence& wanted, const std::string& after) {
    EXPECT_EQ(seen.role, wanted.role) << after;
    EXPECT_EQ(seen.epoch, wanted.epoch) << after;
    EXPECT_EQ(seen.floor, wanted.floor) << after;
    if (wanted.role == role::secondary) return;
    EXPECT_EQ(seen.phase, wanted.phase) << after;
    if (wanted.role == role::handed_over) return;
    EXPECT_EQ(seen.era, wanted.era) << after;
    EXPECT_EQ(seen.synced, wanted.synced) << after;
}

bool is_the_callers_mistake(const fence& f, step_kind kind) {
    return is_authority(f.role) && (kind == step_kind::enter_secondary ||
                                    kind == step_kind::roll_secondary || kind == step_kind::enable);
}

} // namespace

TEST_P(contract_steps, a_random_walk_follows_the_table_of_steps) {
    dice d;
    auto now = fence_at(source_);
    int changed = 0;
    const int length = GetParam().buckets == 1 ? 400 : 160;
    for (int i = 0; i < length; ++i) {
        switch_step s{.kind = kinds[d.roll(kinds.size())]};
        if (is_the_callers_mistake(now, s.kind)) continue;
        const epoch near = s.kind == step_kind::mark_synced ? now.era : now.epoch;
        s.expected = std::max<epoch>(near + d.roll(3) - 1, 0);
        s.phase = d.roll(2) == 0 ? phase::dual_old_primary : phase::dual_new_primary;
        s.floor = {now.floor.value + d.roll(2)};
        s.mode = d.roll(2) == 0 ? era_mode::reset : era_mode::keep;
        const auto wanted = model(now, s);
        const auto what = "step " + std::to_string(i) + " " + std::string(to_string(s.kind));
        ASSERT_EQ(must(source_->step(s, soon())), wanted.has_value()) << what;
        if (wanted) {
            ++changed;
            now = *wanted;
        }
        expect_meaning(fence_at(source_), now, what);
    }
    EXPECT_GT(changed, length / 10);
}

} // namespace tandem_test
