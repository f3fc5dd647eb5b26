// SPDX-License-Identifier: BSL-1.0
//
// same_transaction mode: both tables in one database, one fence, one transaction. Protocol, layouts
// D.
#include "support/store_contract.hpp"

namespace tandem_test {

contract_layout contract_joint::layout() const {
    auto out = standard_layout();
    out.one_database = true;
    for (auto* list : {&out.source, &out.target}) {
        for (auto& table : *list)
            table.version_column.clear();
    }
    return out;
}

void contract_joint::SetUp() {
    if (!has_joint()) GTEST_SKIP() << "this store has no same_transaction mode";
    store_contract::SetUp();
}

std::string contract_joint::name_in(side which, std::int64_t n) {
    const auto found = must(source_->read(which, items, id(n), soon())).found;
    return found ? std::get<std::string>(found->image[1]) : "-";
}

void contract_joint::go_dual_joint(era_mode mode) {
    ASSERT_TRUE(step(source_, step_kind::enter_primary, 1, mode));
}

TEST_P(contract_joint, has_one_fence_with_the_source_as_primary) {
    const auto f = fence_at(source_);
    EXPECT_EQ(f.role, role::primary);
    EXPECT_EQ(f.phase, phase::old_only);
    EXPECT_EQ(f.epoch, 1);
}

TEST_P(contract_joint, tells_the_two_tables_apart) {
    EXPECT_NE(must(source_->identity(side::source, items, soon())),
              must(source_->identity(side::target, items, soon())));
    EXPECT_EQ(to_string(must(source_->compare_schema(soon()))), "");
}

TEST_P(contract_joint, a_single_phase_writes_the_primary_table_alone) {
    EXPECT_FALSE(committed(source_, put(1, "a")).dual);
    EXPECT_EQ(name_in(side::source, 1), "a");
    EXPECT_EQ(name_in(side::target, 1), "-");
}

TEST_P(contract_joint, entering_an_era_empties_the_other_table_in_the_same_step) {
    committed(source_, put(1, "a"));
    go_dual_joint();
    ASSERT_TRUE(must(source_->copy_chunk(items, {}, 2, 10, soon())));
    ASSERT_TRUE(step(source_, step_kind::leave, 2));
    ASSERT_TRUE(step(source_, step_kind::enter_primary, 3));
    EXPECT_EQ(name_in(side::target, 1), "-");
    EXPECT_EQ(name_in(side::source, 1), "a");
    const auto f = fence_at(source_);
    EXPECT_EQ(f.phase, phase::dual_old_primary);
    EXPECT_EQ(f.epoch, 4);
    EXPECT_EQ(f.era, 4);
    EXPECT_FALSE(f.synced);
}

TEST_P(contract_joint, entering_an_era_in_mode_keep_leaves_the_other_table) {
    committed(source_, put(1, "a"));
    go_dual_joint();
    ASSERT_TRUE(must(source_->copy_chunk(items, {}, 2, 10, soon())));
    ASSERT_TRUE(step(source_, step_kind::leave, 2));
    ASSERT_TRUE(step(source_, step_kind::enter_primary, 3, era_mode::keep));
    EXPECT_EQ(name_in(side::target, 1), "a");
}

TEST_P(contract_joint, a_dual_phase_writes_both_tables_and_owes_nothing) {
    go_dual_joint();
    EXPECT_FALSE(committed(source_, put(1, "a")).dual);
    EXPECT_EQ(name_in(side::source, 1), "a");
    EXPECT_EQ(name_in(side::target, 1), "a");
    committed(source_, put(1, "b"));
    EXPECT_EQ(name_in(side::target, 1), "b");
    committed(source_, drop(1));
    EXPECT_EQ(name_in(side::target, 1), "-");
    EXPECT_EQ(must(source_->stats(soon())).owed, 0);
}

TEST_P(contract_joint, statuses_come_from_the_primary_table) {
    committed(source_, put(1, "a"));
    go_dual_joint();
    EXPECT_EQ(write(source_, put_new(1, "b")).status, write_status::exists);
    EXPECT_EQ(write(source_, drop(2)).status, write_status::absent);
    EXPECT_EQ(name_in(side::target, 1), "-");
    committed(source_, put_new(3, "c"));
    EXPECT_EQ(name_in(side::target, 3), "c");
}

TEST_P(contract_joint, a_row_that_was_not_copied_yet_is_erased_and_replaced) {
    committed(source_, put(1, "a"));
    committed(source_, put(2, "b"));
    go_dual_joint();
    committed(source_, drop(1));
    committed(source_, put(2, "c"));
    EXPECT_EQ(name_in(side::source, 1), "-");
    EXPECT_EQ(name_in(side::target, 1), "-");
    EXPECT_EQ(name_in(side::target, 2), "c");
}

TEST_P(contract_joint, chunks_copy_all_rows_in_key_order) {
    for (int n = 1; n <= 5; ++n)
        committed(source_, put(n, "n" + std::to_string(n), n));
    go_dual_joint();
    const auto first = must(source_->copy_chunk(items, {}, 2, 2, soon()));
    ASSERT_TRUE(first);
    EXPECT_EQ(*first, key{std::int64_t{2}});
    EXPECT_EQ(name_in(side::target, 2), "n2");
    EXPECT_EQ(name_in(side::target, 3), "-");
    const auto rest = must(source_->copy_chunk(items, first, 2, 10, soon()));
    ASSERT_TRUE(rest);
    EXPECT_EQ(*rest, key{std::int64_t{5}});
    EXPECT_FALSE(must(source_->copy_chunk(items, rest, 2, 10, soon())));
    const auto copied = must(source_->scan(side::target, items, {}, 10, soon())).rows;
    ASSERT_EQ(copied.size(), 5u);
    EXPECT_TRUE(same_row(copied[4].image, item(5, "n5", 5)));
}

TEST_P(contract_joint, a_chunk_over_a_row_already_there_copies_the_primary_row) {
    committed(source_, put(1, "a"));
    go_dual_joint();
    committed(source_, put(1, "b"));
    must(source_->copy_chunk(items, {}, 2, 10, soon()));
    EXPECT_EQ(name_in(side::target, 1), "b");
}

TEST_P(contract_joint, a_chunk_of_another_era_or_phase_copies_nothing) {
    committed(source_, put(1, "a"));
    const auto in_old_only = source_->copy_chunk(items, {}, 1, 10, soon());
    ASSERT_TRUE(in_old_only.has_error());
    EXPECT_EQ(in_old_only.error().value(), errc::fenced);
    go_dual_joint();
    const auto in_another_era = source_->copy_chunk(items, {}, 1, 10, soon());
    ASSERT_TRUE(in_another_era.has_error());
    EXPECT_EQ(in_another_era.error().value(), errc::fenced);
    EXPECT_EQ(name_in(side::target, 1), "-");
}

TEST_P(contract_joint, a_handover_is_one_step) {
    committed(source_, put(1, "a"));
    go_dual_joint();
    EXPECT_FALSE(step(source_, step_kind::begin_handover, 2));
    must(source_->copy_chunk(items, {}, 2, 10, soon()));
    ASSERT_TRUE(step(source_, step_kind::mark_synced, 2));
    ASSERT_TRUE(step(source_, step_kind::begin_handover, 2));
    const auto f = fence_at(source_);
    EXPECT_EQ(f.role, role::primary);
    EXPECT_EQ(f.phase, phase::dual_new_primary);
    EXPECT_EQ(f.epoch, 3);
    EXPECT_TRUE(f.synced);
    EXPECT_FALSE(step(source_, step_kind::begin_handover, 2));
}

TEST_P(contract_joint, after_a_handover_the_new_table_decides_and_the_old_follows) {
    go_dual_joint();
    ASSERT_TRUE(step(source_, step_kind::mark_synced, 2));
    ASSERT_TRUE(step(source_, step_kind::begin_handover, 2));
    committed(source_, put(1, "a"));
    EXPECT_EQ(name_in(side::source, 1), "a");
    EXPECT_EQ(name_in(side::target, 1), "a");
    ASSERT_TRUE(step(source_, step_kind::leave, 3));
    EXPECT_EQ(fence_at(source_).phase, phase::new_only);
    committed(source_, put(1, "b"));
    EXPECT_EQ(name_in(side::source, 1), "a");
    EXPECT_EQ(name_in(side::target, 1), "b");
}

TEST_P(contract_joint, the_way_back_empties_the_old_table_and_copies_the_new_one) {
    committed(source_, put(1, "stale"));
    go_dual_joint();
    must(source_->copy_chunk(items, {}, 2, 10, soon()));
    ASSERT_TRUE(step(source_, step_kind::mark_synced, 2));
    ASSERT_TRUE(step(source_, step_kind::begin_handover, 2));
    ASSERT_TRUE(step(source_, step_kind::leave, 3));
    committed(source_, drop(1));
    committed(source_, put(2, "new"));
    ASSERT_TRUE(step(source_, step_kind::enter_primary, 4));
    EXPECT_EQ(fence_at(source_).phase, phase::dual_new_primary);
    EXPECT_EQ(name_in(side::source, 1), "-");
    must(source_->copy_chunk(items, {}, 5, 10, soon()));
    EXPECT_EQ(name_in(side::source, 2), "new");
    EXPECT_EQ(name_in(side::target, 2), "new");
}

TEST_P(contract_joint, steps_of_two_fences_do_nothing) {
    go_dual_joint();
    ASSERT_TRUE(step(source_, step_kind::mark_synced, 2));
    const auto before = fence_at(source_);
    for (const auto kind : {step_kind::enter_secondary, step_kind::decide, step_kind::abort,
                            step_kind::enable, step_kind::roll_secondary, step_kind::retire}) {
        for (const epoch e : {1, 2, 3})
            EXPECT_FALSE(step(source_, kind, e)) << to_string(kind);
    }
    EXPECT_EQ(fence_at(source_), before);
}

TEST_P(contract_joint, transactions_write_both_tables) {
    committed(source_, put(1, "before"));
    go_dual_joint();
    const std::vector keys{table_key{items, id(1)}, table_key{items, id(2)}};
    auto begun = must(source_->begin(keys, isolation::read_committed, soon()));
    ASSERT_TRUE(begun.transaction);
    EXPECT_TRUE(must(begun.transaction->get(items, id(1))));
    must(begun.transaction->write(drop(1)));
    must(begun.transaction->write(put(2, "b")));
    must(begun.transaction->commit());
    EXPECT_EQ(name_in(side::source, 1), "-");
    EXPECT_EQ(name_in(side::source, 2), "b");
    EXPECT_EQ(name_in(side::target, 2), "b");
}

TEST_P(contract_joint, a_dropped_transaction_writes_neither) {
    go_dual_joint();
    const std::vector keys{table_key{items, id(1)}};
    {
        auto begun = must(source_->begin(keys, isolation::read_committed, soon()));
        must(begun.transaction->write(put(1, "a")));
    }
    EXPECT_EQ(name_in(side::source, 1), "-");
    EXPECT_EQ(name_in(side::target, 1), "-");
}

TEST_P(contract_joint, transactions_read_the_table_that_decides) {
    go_dual_joint();
    ASSERT_TRUE(step(source_, step_kind::mark_synced, 2));
    ASSERT_TRUE(step(source_, step_kind::begin_handover, 2));
    ASSERT_TRUE(step(source_, step_kind::leave, 3));
    committed(source_, put(1, "new table only"));
    const std::vector keys{table_key{items, id(1)}};
    auto begun = must(source_->begin(keys, isolation::read_committed, soon()));
    ASSERT_TRUE(begun.transaction);
    EXPECT_TRUE(must(begun.transaction->get(items, id(1))));
}

TEST_P(contract_joint, purges_nothing) {
    go_dual_joint();
    committed(source_, put(1, "a"));
    committed(source_, drop(1));
    EXPECT_EQ(must(source_->purge(10, soon())), 0);
    EXPECT_TRUE(tombstones(source_).empty());
}

} // namespace tandem_test
