// SPDX-License-Identifier: BSL-1.0
//
// The guard at the secondary, the closed epoch, and the purge of its tombstones.
#include "support/store_contract.hpp"

namespace tandem_test {

namespace {

constexpr auto applied = apply_status::applied;
constexpr auto superseded = apply_status::superseded;
constexpr auto closed = apply_status::closed;

} // namespace

TEST_P(contract_apply, of_a_new_row_puts_it_with_its_version) {
    go_dual();
    EXPECT_EQ(apply(target_, change_to(1, "a", 7, 2)), applied);
    const auto found = read(target_, 1);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->version, version{7});
    EXPECT_TRUE(same_row(found->image, item(1, "a")));
    EXPECT_TRUE(tombstones(target_).empty());
}

TEST_P(contract_apply, of_a_row_from_before_tandem_puts_it_with_version_0) {
    go_dual();
    EXPECT_EQ(apply(target_, change_to(1, "a", 0, 2)), applied);
    EXPECT_EQ(read(target_, 1)->version, version{0});
    EXPECT_EQ(apply(target_, change_to(1, "b", 5, 2)), applied);
    EXPECT_EQ(apply(target_, change_to(1, "a", 0, 2)), superseded);
    EXPECT_EQ(name_at(target_, 1), "b");
}

TEST_P(contract_apply, newer_replaces_older_and_equal_are_superseded) {
    go_dual();
    ASSERT_EQ(apply(target_, change_to(1, "a", 7, 2)), applied);
    EXPECT_EQ(apply(target_, change_to(1, "b", 9, 2)), applied);
    EXPECT_EQ(apply(target_, change_to(1, "x", 8, 2)), superseded);
    EXPECT_EQ(apply(target_, change_to(1, "x", 9, 2)), superseded);
    EXPECT_EQ(name_at(target_, 1), "b");
    EXPECT_EQ(read(target_, 1)->version, version{9});
}

TEST_P(contract_apply, of_a_delete_removes_the_row_and_leaves_the_tombstone_with_its_epoch) {
    go_dual();
    ASSERT_TRUE(step(target_, step_kind::roll_secondary, 3));
    ASSERT_EQ(apply(target_, change_to(1, "a", 7, 3)), applied);
    auto erased = change_to(1, {}, 8, 3);
    erased.tombstone_epoch = 2; // the delete is older than the epoch it is sent under
    EXPECT_EQ(apply(target_, erased), applied);
    EXPECT_EQ(name_at(target_, 1), "-");
    const auto dead = tombstones(target_);
    ASSERT_EQ(dead.size(), 1u);
    EXPECT_EQ(dead[0].version, version{8});
    EXPECT_EQ(dead[0].tombstone_epoch, 2);
}

TEST_P(contract_apply, of_a_delete_of_an_absent_key_leaves_a_tombstone) {
    go_dual();
    EXPECT_EQ(apply(target_, change_to(1, {}, 8, 2)), applied);
    EXPECT_EQ(tombstones(target_).size(), 1u);
}

TEST_P(contract_apply, a_late_older_row_does_not_come_back_after_its_delete) {
    go_dual();
    ASSERT_EQ(apply(target_, change_to(1, {}, 8, 2)), applied);
    EXPECT_EQ(apply(target_, change_to(1, "late", 7, 2)), superseded);
    EXPECT_EQ(apply(target_, change_to(1, "late", 8, 2)), superseded);
    EXPECT_EQ(apply(target_, change_to(1, "late", 0, 2)), superseded);
    EXPECT_EQ(name_at(target_, 1), "-");
}

TEST_P(contract_apply, a_newer_row_comes_back_after_a_delete) {
    go_dual();
    ASSERT_EQ(apply(target_, change_to(1, {}, 8, 2)), applied);
    EXPECT_EQ(apply(target_, change_to(1, "b", 9, 2)), applied);
    EXPECT_EQ(name_at(target_, 1), "b");
    EXPECT_EQ(apply(target_, change_to(1, {}, 8, 2)), superseded);
    EXPECT_EQ(name_at(target_, 1), "b");
    EXPECT_EQ(apply(target_, change_to(1, {}, 10, 2)), applied);
    EXPECT_EQ(apply(target_, change_to(1, "b", 9, 2)), superseded);
    EXPECT_EQ(name_at(target_, 1), "-");
    EXPECT_EQ(tombstones(target_).at(0).version, version{10});
}

TEST_P(contract_apply, an_older_or_equal_delete_is_superseded) {
    go_dual();
    ASSERT_EQ(apply(target_, change_to(1, "a", 8, 2)), applied);
    EXPECT_EQ(apply(target_, change_to(1, {}, 7, 2)), superseded);
    EXPECT_EQ(apply(target_, change_to(1, {}, 8, 2)), superseded);
    EXPECT_EQ(name_at(target_, 1), "a");
    ASSERT_EQ(apply(target_, change_to(1, {}, 9, 2)), applied);
    EXPECT_EQ(apply(target_, change_to(1, {}, 9, 2)), superseded);
    EXPECT_EQ(apply(target_, change_to(1, {}, 8, 2)), superseded);
    EXPECT_EQ(tombstones(target_).at(0).version, version{9});
}

TEST_P(contract_apply, of_a_newer_delete_raises_the_tombstone) {
    go_dual();
    ASSERT_EQ(apply(target_, change_to(1, {}, 8, 2)), applied);
    EXPECT_EQ(apply(target_, change_to(1, {}, 9, 2)), applied);
    ASSERT_EQ(tombstones(target_).size(), 1u);
    EXPECT_EQ(tombstones(target_)[0].version, version{9});
}

TEST_P(contract_apply, of_an_older_epoch_is_closed_and_does_nothing) {
    go_dual();
    EXPECT_EQ(apply(target_, change_to(1, "a", 7, 1)), closed);
    EXPECT_EQ(apply(target_, change_to(1, {}, 7, 1)), closed);
    EXPECT_EQ(name_at(target_, 1), "-");
    EXPECT_TRUE(tombstones(target_).empty());
    EXPECT_EQ(apply(target_, change_to(1, "a", 7, 2)), applied);
    EXPECT_EQ(apply(target_, change_to(1, "b", 8, 3)), applied);
}

TEST_P(contract_apply, at_the_new_primary_is_closed) {
    go_synced();
    hand_over(source_, target_);
    EXPECT_EQ(apply(target_, change_to(1, "late", 7, 2)), closed);
    EXPECT_EQ(name_at(target_, 1), "-");
}

TEST_P(contract_apply, of_a_batch_answers_each_in_its_place) {
    go_dual();
    ASSERT_EQ(apply(target_, change_to(2, "b", 9, 2)), applied);
    ASSERT_EQ(apply(target_, change_to(5, "e", 9, 2)), applied);
    ASSERT_EQ(apply(target_, change_to(6, {}, 9, 2)), applied);
    const std::vector batch{change_to(7, "g", 3, 2), change_to(2, "x", 8, 2),
                            change_to(1, "a", 3, 1), change_to(4, {}, 3, 2),
                            change_to(5, {}, 10, 2), change_to(3, "c", 3, 2),
                            change_to(6, "x", 8, 2), change_to(9, "i", 3, 2)};
    const auto answer = must(target_->apply(batch, soon()));
    EXPECT_EQ(answer, (std::vector{applied, superseded, closed, applied, applied, applied,
                                   superseded, applied}));
    EXPECT_EQ(name_at(target_, 1), "-");
    EXPECT_EQ(name_at(target_, 2), "b");
    EXPECT_EQ(name_at(target_, 3), "c");
    EXPECT_EQ(name_at(target_, 5), "-");
    EXPECT_EQ(name_at(target_, 6), "-");
    EXPECT_EQ(name_at(target_, 7), "g");
    EXPECT_EQ(tombstones(target_).size(), 3u);
}

TEST_P(contract_apply, of_a_batch_over_several_tables) {
    go_dual();
    change pair{.table = pairs, .key = key_of({"g", std::int64_t{4}}).encoded, .version = {5}};
    pair.epoch = 2;
    pair.image = tandem::row{"g", std::int64_t{4}, "n"};
    change log{.table = logs, .key = id(4).encoded, .version = {6}, .epoch = 2};
    log.image = tandem::row{std::int64_t{4}, "line"};
    const std::vector batch{pair, change_to(4, "d", 7, 2), log};
    EXPECT_EQ(must(target_->apply(batch, soon())), (std::vector{applied, applied, applied}));
    EXPECT_TRUE(same_row(read(target_, pairs, key_of({"g", std::int64_t{4}}))->image, *pair.image));
    EXPECT_TRUE(same_row(read(target_, logs, id(4))->image, *log.image));
    EXPECT_EQ(name_at(target_, 4), "d");
    EXPECT_EQ(must(target_->apply(batch, soon())),
              (std::vector{superseded, superseded, superseded}));
}

TEST_P(contract_apply, of_an_empty_batch_answers_nothing) {
    go_dual();
    EXPECT_TRUE(must(target_->apply({}, soon())).empty());
}

TEST_P(contract_apply, of_a_large_batch_applies_all) {
    go_dual();
    std::vector<change> batch;
    for (int i = 0; i < 500; ++i)
        batch.push_back(change_to((i * 7919) % 1000, "n", 5, 2));
    const auto answer = must(target_->apply(batch, soon()));
    EXPECT_EQ(answer, std::vector<apply_status>(500, applied));
    EXPECT_EQ(must(target_->scan(side::target, items, {}, 1000, soon())).rows.size(), 500u);
}

TEST_P(contract_apply, of_a_batch_with_a_row_that_does_not_fit_applies_nothing) {
    go_dual();
    std::vector batch{change_to(1, "a", 5, 2), change_to(2, "b", 5, 2), change_to(3, {}, 5, 2)};
    batch[1].image->at(2) = null{};
    const auto answer = target_->apply(batch, soon());
    ASSERT_TRUE(answer.has_error());
    EXPECT_EQ(answer.error().value(), errc::constraint);
    EXPECT_EQ(name_at(target_, 1), "-");
    EXPECT_TRUE(tombstones(target_).empty());
}

TEST_P(contract_apply, of_null_stores_null) {
    go_dual();
    auto c = change_to(1, "a", 5, 2);
    c.image->at(1) = null{};
    ASSERT_EQ(apply(target_, c), applied);
    EXPECT_TRUE(is_null(read(target_, 1)->image[1]));
}

TEST_P(contract_apply, in_mode_keep_rows_loaded_by_other_means_give_way_to_every_version) {
    const std::vector<tandem::row> rows{item(1, "loaded"), item(2, "loaded"), item(3, "loaded")};
    must(target_.bulk_load(items, rows, soon()));
    go_dual(era_mode::keep);
    EXPECT_EQ(apply(target_, change_to(1, "primary", 0, 2)), applied);
    EXPECT_EQ(apply(target_, change_to(2, "primary", 5, 2)), applied);
    EXPECT_EQ(name_at(target_, 1), "primary");
    EXPECT_EQ(name_at(target_, 2), "primary");
    EXPECT_EQ(name_at(target_, 3), "loaded");
}

TEST_P(contract_apply, tombstones_of_the_present_epoch_outlive_a_purge) {
    go_dual();
    ASSERT_EQ(apply(target_, change_to(1, {}, 8, 2)), applied);
    EXPECT_EQ(must(target_->purge(10, soon())), 0);
    EXPECT_EQ(apply(target_, change_to(1, "late", 7, 2)), superseded);
}

TEST_P(contract_apply, tombstones_of_closed_epochs_are_purged_into_the_floor) {
    go_dual();
    ASSERT_EQ(apply(target_, change_to(1, {}, 8, 2)), applied);
    ASSERT_TRUE(step(target_, step_kind::roll_secondary, 3));
    EXPECT_EQ(must(target_->purge(10, soon())), 1);
    EXPECT_TRUE(tombstones(target_).empty());
    EXPECT_EQ(must(target_->read(side::target, items, id(1), soon())).fence.floor, version{8});
    EXPECT_EQ(apply(target_, change_to(1, "late", 7, 2)), closed);
    EXPECT_EQ(apply(target_, change_to(2, "older", 3, 3)), applied); // applies ignore the floor
}

TEST_P(contract_apply, is_repeatable_after_any_answer) {
    go_dual();
    const std::vector batch{change_to(1, "a", 5, 2), change_to(2, {}, 5, 2)};
    must(target_->apply(batch, soon()));
    must(target_->apply(batch, soon()));
    EXPECT_EQ(name_at(target_, 1), "a");
    EXPECT_EQ(tombstones(target_).size(), 1u);
}

} // namespace tandem_test
