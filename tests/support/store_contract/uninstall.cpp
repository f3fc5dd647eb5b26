// SPDX-License-Identifier: BSL-1.0
//
// Leaving: what it needs, what it takes away, and what everybody else hears from then on.
#include "support/store_contract.hpp"

namespace tandem_test {

namespace {

constexpr uninstall_step primary_at(epoch e) { return {.role = role::primary, .epoch = e}; }
constexpr uninstall_step secondary_at(epoch e) { return {.role = role::secondary, .epoch = e}; }

template <class T>
errc error_of(const result<T>& r) {
    return r.has_error() ? r.error().value() : errc{};
}

} // namespace

TEST_P(contract_uninstall, of_a_primary_in_old_only_leaves_the_rows_and_nothing_else) {
    committed(source_, put(1, "kept"));
    committed(source_, put(2, "gone"));
    committed(source_, drop(2));
    EXPECT_TRUE(must(source_->uninstall(primary_at(1), soon())));
    EXPECT_EQ(error_of(source_->read_fences(soon())), errc::not_installed);
    must(source_->install(soon()));
    EXPECT_EQ(name_at(source_, 1), "kept");
    EXPECT_TRUE(tombstones(source_).empty());
    EXPECT_EQ(fence_at(source_).epoch, 1);
}

TEST_P(contract_uninstall, is_noticed_by_every_operation_of_another_process) {
    auto other_process = open(side::source);
    committed(other_process, put(1, "before"));
    EXPECT_TRUE(must(source_->uninstall(primary_at(1), soon())));
    const route belief{1, phase::old_only};
    const auto written = other_process->write(put(1, "after"), belief, soon());
    EXPECT_TRUE(written.has_error() ? written.error() == errc::not_installed
                                    : written.value().status == write_status::fenced);
    EXPECT_EQ(error_of(other_process->read_fences(soon())), errc::not_installed);
    const std::vector keys{table_key{items, id(1)}};
    const auto begun = other_process->begin(keys, isolation::read_committed, soon());
    EXPECT_TRUE(begun.has_error() ? begun.error() == errc::not_installed
                                  : begun.value().transaction == nullptr);
    EXPECT_EQ(error_of(other_process->read(side::source, items, id(1), soon())),
              errc::not_installed);
    EXPECT_EQ(
        error_of(other_process->step({.kind = step_kind::enter_primary, .expected = 1}, soon())),
        errc::not_installed);
    must(source_->install(soon()));
    EXPECT_EQ(name_at(source_, 1), "before");
}

TEST_P(contract_uninstall, of_a_secondary_closes_it_to_every_change) {
    auto relay = open(side::target);
    EXPECT_EQ(apply(relay, change_to(1, "before", 1, 1)), apply_status::applied);
    EXPECT_TRUE(must(target_->uninstall(secondary_at(1), soon())));
    const auto late = change_to(2, "late", 2, 9);
    const auto answer = relay->apply(std::span(&late, 1), soon());
    EXPECT_TRUE(answer.has_error() ? answer.error() == errc::not_installed
                                   : answer.value().at(0) == apply_status::closed);
    must(target_->install(soon()));
    EXPECT_EQ(name_at(target_, 1), "before");
    EXPECT_EQ(name_at(target_, 2), "-");
}

TEST_P(contract_uninstall, empties_the_tables_where_that_is_asked_for) {
    EXPECT_EQ(apply(target_, change_to(1, "leftover", 1, 1)), apply_status::applied);
    auto leave = secondary_at(1);
    leave.empty_tables = true;
    EXPECT_TRUE(must(target_->uninstall(leave, soon())));
    must(target_->install(soon()));
    EXPECT_EQ(name_at(target_, 1), "-");
}

TEST_P(contract_uninstall, changes_nothing_where_the_fences_are_not_as_it_says) {
    const auto before_source = must(source_->read_fences(soon()));
    const auto before_target = must(target_->read_fences(soon()));
    EXPECT_FALSE(must(source_->uninstall(primary_at(2), soon())));
    EXPECT_FALSE(must(source_->uninstall(primary_at(0), soon())));
    EXPECT_FALSE(must(source_->uninstall(secondary_at(1), soon())));
    EXPECT_FALSE(must(target_->uninstall(primary_at(1), soon())));
    EXPECT_FALSE(must(target_->uninstall(secondary_at(0), soon())));
    EXPECT_EQ(must(source_->read_fences(soon())), before_source);
    EXPECT_EQ(must(target_->read_fences(soon())), before_target);
}

TEST_P(contract_uninstall,
       of_a_primary_is_refused_while_the_other_side_follows_or_a_switch_drains) {
    go_synced();
    committed(source_, put(1, "owed"));
    EXPECT_FALSE(must(source_->uninstall(primary_at(2), soon())));
    deliver(source_, target_);
    ASSERT_TRUE(step(source_, step_kind::begin_handover, 2));
    EXPECT_FALSE(must(source_->uninstall(primary_at(3), soon())));
    EXPECT_FALSE(must(source_->uninstall(secondary_at(3), soon())));
    EXPECT_EQ(fence_at(source_).role, role::draining);
}

TEST_P(contract_uninstall, of_the_new_primary_and_of_the_side_it_left_behind) {
    go_synced();
    hand_over(source_, target_);
    ASSERT_TRUE(step(target_, step_kind::leave, 3));
    ASSERT_TRUE(step(source_, step_kind::retire, 4));
    const auto left = fence_at(source_);
    EXPECT_EQ(left.role, role::handed_over);
    EXPECT_EQ(left.phase, phase::new_only);
    EXPECT_EQ(left.epoch, 4);
    EXPECT_TRUE(must(target_->uninstall(primary_at(4), soon())));
    EXPECT_TRUE(must(source_->uninstall(secondary_at(4), soon())));
    EXPECT_EQ(error_of(target_->read_fences(soon())), errc::not_installed);
    EXPECT_EQ(error_of(source_->read_fences(soon())), errc::not_installed);
}

TEST_P(contract_uninstall, twice_says_that_nothing_is_installed) {
    EXPECT_TRUE(must(source_->uninstall(primary_at(1), soon())));
    EXPECT_EQ(error_of(source_->uninstall(primary_at(1), soon())), errc::not_installed);
}

TEST_P(contract_uninstall, leaves_another_migration_of_the_database_alone) {
    auto second = world_->open(side::source);
    auto wanted = binding_of(side::source);
    wanted.migration += "_second";
    wanted.id = migration_id(wanted.migration);
    must(second->bind(wanted));
    must(second->install(soon()));
    auto other_process = open(side::source);
    committed(other_process, put(1, "before"));
    EXPECT_TRUE(must(source_->uninstall(primary_at(1), soon())));
    EXPECT_EQ(must(second->read_fences(soon())).front().role, role::primary);
    EXPECT_EQ(must(second->write(put(1, "by the second"), {1, phase::old_only}, soon())).status,
              write_status::committed);
    // The control tables are there, the fence is not.
    const auto written = other_process->write(put(1, "after"), {1, phase::old_only}, soon());
    EXPECT_TRUE(written.has_error() ? written.error() == errc::not_installed
                                    : written.value().status == write_status::fenced);
    EXPECT_EQ(error_of(other_process->read(side::source, items, id(1), soon())),
              errc::not_installed);
}

TEST_P(contract_uninstall, an_identifier_of_the_outbox_is_never_given_out_again) {
    go_synced();
    committed(source_, put(1, "a"));
    const auto first = owed(source_).at(0).id;
    deliver(source_, target_);
    committed(source_, put(1, "b"));
    EXPECT_GT(owed(source_).at(0).id, first);
    ASSERT_TRUE(step(source_, step_kind::leave, 2));
    ASSERT_TRUE(step(target_, step_kind::enter_secondary, 3));
    ASSERT_TRUE(step(source_, step_kind::enter_primary, 3));
    committed(source_, put(1, "c"));
    EXPECT_GT(owed(source_).at(0).id, first + 1);
}

TEST_P(contract_joint, leaves_from_a_single_phase_alone) {
    go_dual_joint();
    EXPECT_FALSE(must(source_->uninstall({.role = role::primary, .epoch = 2}, soon())));
    ASSERT_TRUE(step(source_, step_kind::leave, 2));
    EXPECT_TRUE(must(source_->uninstall({.role = role::primary, .epoch = 3}, soon())));
    EXPECT_EQ(error_of(source_->read_fences(soon())), errc::not_installed);
}

} // namespace tandem_test
