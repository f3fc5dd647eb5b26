// SPDX-License-Identifier: BSL-1.0
//
// Joining and installing.
#include "support/store_contract.hpp"

namespace tandem_test {

TEST_P(contract_install, makes_the_source_primary_and_the_target_secondary) {
    const auto source = fence_at(source_);
    const auto target = fence_at(target_);
    EXPECT_EQ(source.role, role::primary);
    EXPECT_EQ(source.phase, phase::old_only);
    EXPECT_EQ(source.epoch, 1);
    EXPECT_EQ(source.synced, false);
    EXPECT_EQ(source.floor, version{});
    EXPECT_EQ(target.role, role::secondary);
    EXPECT_EQ(target.epoch, 1);
}

TEST_P(contract_install, twice_leaves_fences_rows_and_intents_as_they_are) {
    go_dual();
    committed(source_, put(1, "kept"));
    const auto before = must(source_->read_fences(soon()));
    must(source_->install(soon()));
    EXPECT_EQ(must(source_->read_fences(soon())), before);
    EXPECT_EQ(name_at(source_, 1), "kept");
    EXPECT_EQ(owed(source_).size(), 1u);
}

TEST_P(contract_install, is_seen_by_another_process) {
    auto second = open(side::source);
    must(second->install(soon()));
    EXPECT_EQ(must(second->read_fences(soon())), must(source_->read_fences(soon())));
}

TEST_P(contract_install, fences_come_one_a_bucket_in_order) {
    const auto all = must(source_->read_fences(soon()));
    ASSERT_EQ(static_cast<int>(all.size()), GetParam().buckets);
    for (std::size_t i = 0; i < all.size(); ++i)
        EXPECT_EQ(all[i].bucket, static_cast<int>(i));
}

TEST_P(contract_install, of_another_bucket_count_is_refused) {
    auto other_count = world_->open(side::source);
    auto wanted = binding_of(side::source);
    wanted.buckets = wanted.buckets == 1 ? 1024 : 1;
    must(other_count->bind(wanted));
    const auto answer = other_count->install(soon());
    ASSERT_TRUE(answer.has_error());
    EXPECT_EQ(answer.error().value(), errc::invalid_options);
}

TEST_P(contract_install, of_another_migration_with_the_same_number_is_refused) {
    auto same_number = world_->open(side::source);
    auto wanted = binding_of(side::source);
    wanted.migration += "_twin";
    must(same_number->bind(wanted));
    const auto answer = same_number->install(soon());
    ASSERT_TRUE(answer.has_error());
    EXPECT_EQ(answer.error().value(), errc::invalid_options);
}

TEST_P(contract_install, is_needed_before_the_fences_are_read) {
    auto fresh = world_->open(side::source);
    auto wanted = binding_of(side::source);
    wanted.migration += "_fresh";
    wanted.id = migration_id(wanted.migration);
    must(fresh->bind(wanted));
    const auto answer = fresh->read_fences(soon());
    ASSERT_TRUE(answer.has_error());
    EXPECT_EQ(answer.error().value(), errc::not_installed);
}

TEST_P(contract_install, identity_tells_tables_and_sides_apart) {
    auto second = open(side::source);
    const auto mine = must(source_->identity(side::source, items, soon()));
    EXPECT_EQ(mine, must(second->identity(side::source, items, soon())));
    EXPECT_NE(mine, must(source_->identity(side::source, pairs, soon())));
    EXPECT_NE(mine, must(target_->identity(side::target, items, soon())));
}

TEST_P(contract_install, finds_no_difference_between_mapping_and_live_schema) {
    EXPECT_EQ(to_string(must(source_->compare_schema(soon()))), "");
    EXPECT_EQ(to_string(must(target_->compare_schema(soon()))), "");
}

TEST_P(contract_install, a_column_of_another_type_is_a_difference) {
    auto changed = world_->open(side::source);
    auto wanted = binding_of(side::source);
    wanted.tables[items].columns[1].type = column_type::boolean;
    must(changed->bind(wanted));
    const auto differences = must(changed->compare_schema(soon()));
    ASSERT_FALSE(differences.empty());
    EXPECT_EQ(differences.front().column, "name");
}

TEST_P(contract_install, an_unknown_column_is_a_difference) {
    auto changed = world_->open(side::source);
    auto wanted = binding_of(side::source);
    wanted.tables[items].columns[2].name = "no_such_column";
    must(changed->bind(wanted));
    EXPECT_FALSE(must(changed->compare_schema(soon())).empty());
}

} // namespace tandem_test
