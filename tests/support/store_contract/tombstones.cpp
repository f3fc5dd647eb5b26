// SPDX-License-Identifier: BSL-1.0
//
// Stating a key anew, which buries one that is absent; sweeping and counting tombstones; and how
// far back the epochs of what is owed reach.
#include "support/store_contract.hpp"

namespace tandem_test {

write_command contract_tombstones::restate(std::int64_t n, std::int64_t above) {
    return {.kind = write_kind::restate, .table = items, .key = id(n), .above = {above}};
}

TEST_P(contract_tombstones, a_restated_row_keeps_its_content_and_exceeds_what_it_shall) {
    committed(source_, put(1, "a", 7));
    go_dual();
    const auto far = std::int64_t{9} << epoch_shift;
    const auto reply = committed(source_, restate(1, far));
    EXPECT_EQ(reply.version, version{far + 1});
    EXPECT_TRUE(reply.dual);
    const auto held = read(source_, 1);
    ASSERT_TRUE(held);
    EXPECT_TRUE(same_row(held->image, item(1, "a", 7)));
    EXPECT_EQ(held->version, version{far + 1});
    ASSERT_EQ(owed(source_).size(), 1u);
    EXPECT_TRUE(owed(source_)[0].change.image);
    EXPECT_EQ(owed(source_)[0].change.version, version{far + 1});
}

TEST_P(contract_tombstones, a_restated_row_has_at_least_the_next_version_of_its_epoch) {
    go_dual();
    const auto before = committed(source_, put(1, "a")).version;
    EXPECT_GT(committed(source_, restate(1, 0)).version, before);
    const auto loaded = std::vector<tandem::row>{item(2, "loaded")};
    must(source_.bulk_load(items, loaded, soon()));
    EXPECT_EQ(committed(source_, restate(2, 0)).version, version{std::int64_t{2} << epoch_shift});
}

TEST_P(contract_tombstones, a_restated_key_that_is_absent_is_buried) {
    go_dual();
    const auto far = std::int64_t{9} << epoch_shift;
    EXPECT_EQ(committed(source_, restate(1, far)).version, version{far + 1});
    ASSERT_EQ(tombstones(source_).size(), 1u);
    EXPECT_EQ(tombstones(source_)[0].version, version{far + 1});
    EXPECT_EQ(tombstones(source_)[0].tombstone_epoch, 2);
    ASSERT_EQ(owed(source_).size(), 1u);
    EXPECT_FALSE(owed(source_)[0].change.image);
    // Who comes back comes above it.
    EXPECT_GT(committed(source_, put(1, "back")).version, version{far + 1});
}

TEST_P(contract_tombstones, a_key_is_buried_above_its_tombstone_and_above_the_floor) {
    go_synced();
    committed(source_, put(1, "a"));
    const auto erased = committed(source_, drop(1)).version;
    const auto buried = committed(source_, restate(1, 0)).version;
    EXPECT_GT(buried, erased);
    EXPECT_EQ(tombstones(source_).size(), 1u);
    deliver(source_, target_);
    ASSERT_EQ(must(source_->purge(10, soon())), 1);
    EXPECT_GT(committed(source_, restate(1, 0)).version, buried);
}

TEST_P(contract_tombstones, what_is_restated_prevails_over_a_secondary_that_looks_newer) {
    committed(source_, put(1, "right"));
    go_dual();
    const auto newer = std::int64_t{7} << epoch_shift;
    ASSERT_EQ(apply(target_, change_to(1, "newer", newer, 2)), apply_status::applied);
    ASSERT_EQ(apply(target_, change_to(2, "extra", newer, 2)), apply_status::applied);
    committed(source_, restate(1, newer));
    committed(source_, restate(2, newer));
    EXPECT_EQ(deliver(source_, target_), 2u);
    EXPECT_EQ(name_at(target_, 1), "right");
    EXPECT_EQ(name_at(target_, 2), "-");
    expect_same_rows(items);
}

TEST_P(contract_tombstones, without_deletes_a_key_that_is_absent_is_not_buried) {
    go_dual();
    const write_command log{.kind = write_kind::restate, .table = logs, .key = id(1)};
    EXPECT_EQ(write(source_, log).status, write_status::absent);
    EXPECT_TRUE(owed(source_).empty());
    EXPECT_TRUE(tombstones(source_, logs).empty());
    const write_command line{.table = logs, .key = id(1), .image = {std::int64_t{1}, "a"}};
    const auto before = committed(source_, line).version;
    EXPECT_GT(committed(source_, log).version, before);
}

TEST_P(contract_tombstones, only_the_primary_restates) {
    go_dual();
    EXPECT_EQ(write(target_, restate(1, 0)).status, write_status::fenced);
    EXPECT_TRUE(tombstones(target_).empty());
}

TEST_P(contract_tombstones, in_a_single_phase_nothing_is_owed_for_a_restated_key) {
    committed(source_, put(1, "a"));
    EXPECT_FALSE(committed(source_, restate(1, 5)).dual);
    EXPECT_FALSE(committed(source_, restate(2, 5)).dual);
    EXPECT_TRUE(owed(source_).empty());
}

TEST_P(contract_tombstones, a_key_is_not_buried_while_somebody_inserts_it) {
    go_dual();
    const std::vector keys{table_key{items, id(1)}};
    auto begun = must(source_->begin(keys, isolation::read_committed, soon()));
    must(begun.transaction->write(put(1, "a")));
    auto second = open(side::source);
    const auto f = must(target_->read_fences(soon())).front();
    const auto refused =
        second->write(restate(1, 0), {f.epoch, phase::dual_old_primary}, at_once());
    ASSERT_TRUE(refused.has_error());
    EXPECT_EQ(refused.error().condition(), errc_condition::retryable);
    must(begun.transaction->commit());
    EXPECT_EQ(committed(second, restate(1, 0)).status, write_status::committed);
    EXPECT_EQ(name_at(source_, 1), "a");
}

TEST_P(contract_tombstones, a_sweep_takes_those_beside_a_newer_row_and_no_floor) {
    for (std::int64_t n = 1; n <= 5; ++n) {
        committed(source_, put(n, "a"));
        committed(source_, drop(n));
        if (n != 3) committed(source_, put(n, "back"));
    }
    // In pages of two, in the order of the encoded keys.
    std::string after;
    for (int pages = 0; pages < 3; ++pages)
        after = must(source_->sweep(items, after, 2, soon())).last;
    EXPECT_TRUE(after.empty());
    ASSERT_EQ(tombstones(source_).size(), 1u);
    EXPECT_EQ(tombstones(source_)[0].key, id(3).encoded);
    EXPECT_EQ(fence_at(source_).floor, version{});
    EXPECT_EQ(must(source_->sweep(items, "", 100, soon())).removed, 0);
    EXPECT_EQ(name_at(source_, 1), "back");
}

TEST_P(contract_tombstones, are_swept_in_a_table_with_a_composite_key) {
    const auto k = key_of({cell(std::string("g")), cell(std::int64_t{1})});
    const write_command pair{
        .table = tandem_test::pairs, .key = k, .image = {"g", std::int64_t{1}, "a"}};
    committed(source_, pair);
    committed(source_, {.kind = write_kind::erase, .table = tandem_test::pairs, .key = k});
    committed(source_, pair);
    must(source_->sweep(tandem_test::pairs, "", 10, soon()));
    EXPECT_TRUE(tombstones(source_, tandem_test::pairs).empty());
}

TEST_P(contract_tombstones, are_counted_for_each_side) {
    EXPECT_EQ(must(source_->count_tombstones(soon())).count, 0);
    EXPECT_EQ(must(source_->count_tombstones(soon())).oldest_age_ms, 0);
    go_dual();
    committed(source_, restate(1, 0));
    committed(source_, restate(2, 0));
    ASSERT_EQ(apply(target_, change_to(1, {}, 5, 2)), apply_status::applied);
    EXPECT_EQ(must(source_->count_tombstones(soon())).count, 2);
    EXPECT_EQ(must(target_->count_tombstones(soon())).count, 1);
    EXPECT_GE(must(source_->count_tombstones(soon())).oldest_age_ms, 0);
}

TEST_P(contract_tombstones, the_stats_know_the_oldest_epoch_that_is_owed) {
    EXPECT_EQ(must(source_->stats(soon())).oldest_epoch, 0);
    go_dual();
    committed(source_, put(1, "a"));
    const auto old_one = owed(source_).at(0).id;
    ASSERT_TRUE(step(source_, step_kind::roll_primary, 2));
    committed(source_, put(2, "b"));
    EXPECT_EQ(must(source_->stats(soon())).oldest_epoch, 2);
    must(source_->settle({&old_one, 1}, soon()));
    EXPECT_EQ(must(source_->stats(soon())).oldest_epoch, 3);
}

TEST_P(contract_tombstones, of_the_secondary_are_purged_after_a_roll) {
    go_synced();
    committed(source_, put(1, "a"));
    committed(source_, drop(1));
    deliver(source_, target_);
    EXPECT_EQ(must(target_->purge(10, soon())), 0);
    ASSERT_TRUE(step(source_, step_kind::roll_primary, 2));
    ASSERT_TRUE(step(target_, step_kind::roll_secondary, 3));
    EXPECT_EQ(must(target_->purge(10, soon())), 1);
    EXPECT_EQ(apply(target_, change_to(1, "late", 9, 2)), apply_status::closed);
}

TEST_P(contract_tombstones, the_mode_of_an_adopted_era_is_kept) {
    go_dual(era_mode::adopt);
    EXPECT_EQ(fence_at(source_).mode, era_mode::adopt);
    EXPECT_EQ(must(target_->read_fences(soon())).front().mode, era_mode::adopt);
}

TEST_P(contract_tombstones, an_adopted_secondary_keeps_its_rows_and_its_marks_stay) {
    must(target_.bulk_load(items, std::vector<tandem::row>{item(1, "loaded")}, soon()));
    must(source_->mark_dirty(items, "lost", soon()));
    go_dual(era_mode::adopt);
    EXPECT_EQ(name_at(target_, 1), "loaded");
    EXPECT_EQ(must(source_->stats(soon())).dirty, 1);
}

} // namespace tandem_test
