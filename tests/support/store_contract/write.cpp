// SPDX-License-Identifier: BSL-1.0
//
// One write, its own transaction: statuses, versions and refusals. Protocol, layouts A1.
#include "support/store_contract.hpp"

namespace tandem_test {

TEST_P(contract_write, upsert_of_an_absent_key_takes_the_first_version) {
    const auto reply = committed(source_, put(1, "a", 5));
    EXPECT_EQ(reply.version, first_version({}, {}, 1));
    EXPECT_EQ(reply.epoch, 1);
    EXPECT_FALSE(reply.dual);
    const auto found = read(source_, 1);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->version, reply.version);
    EXPECT_TRUE(same_row(found->image, item(1, "a", 5)));
}

TEST_P(contract_write, upsert_of_a_present_key_replaces_it_under_the_next_version) {
    const auto first = committed(source_, put(1, "a"));
    const auto second = committed(source_, put(1, "b"));
    EXPECT_EQ(second.version, next_version(first.version, 1));
    EXPECT_EQ(name_at(source_, 1), "b");
}

TEST_P(contract_write, insert_of_an_absent_key_commits) {
    EXPECT_EQ(committed(source_, put_new(1, "a")).version, first_version({}, {}, 1));
    EXPECT_EQ(name_at(source_, 1), "a");
}

TEST_P(contract_write, insert_of_a_present_key_says_exists_and_changes_nothing) {
    const auto first = committed(source_, put_new(1, "a"));
    EXPECT_EQ(write(source_, put_new(1, "b")).status, write_status::exists);
    EXPECT_EQ(name_at(source_, 1), "a");
    EXPECT_EQ(read(source_, 1)->version, first.version);
}

TEST_P(contract_write, erase_leaves_a_tombstone_of_the_next_version_and_its_epoch) {
    const auto first = committed(source_, put(1, "a"));
    const auto erased = committed(source_, drop(1));
    EXPECT_EQ(erased.version, next_version(first.version, 1));
    EXPECT_EQ(name_at(source_, 1), "-");
    const auto dead = tombstones(source_);
    ASSERT_EQ(dead.size(), 1u);
    EXPECT_EQ(dead[0].key, id(1).encoded);
    EXPECT_EQ(dead[0].version, erased.version);
    EXPECT_EQ(dead[0].tombstone_epoch, 1);
    EXPECT_FALSE(dead[0].image);
}

TEST_P(contract_write, erase_of_an_absent_key_says_absent_and_leaves_nothing) {
    EXPECT_EQ(write(source_, drop(1)).status, write_status::absent);
    EXPECT_TRUE(tombstones(source_).empty());
}

TEST_P(contract_write, erase_of_an_erased_key_says_absent_and_keeps_its_tombstone) {
    committed(source_, put(1, "a"));
    const auto erased = committed(source_, drop(1));
    EXPECT_EQ(write(source_, drop(1)).status, write_status::absent);
    ASSERT_EQ(tombstones(source_).size(), 1u);
    EXPECT_EQ(tombstones(source_)[0].version, erased.version);
}

TEST_P(contract_write, a_key_that_comes_back_starts_above_its_tombstone) {
    committed(source_, put(1, "a"));
    const auto erased = committed(source_, drop(1));
    EXPECT_EQ(committed(source_, put(1, "b")).version, first_version(erased.version, {}, 1));
    EXPECT_EQ(name_at(source_, 1), "b");
}

TEST_P(contract_write, an_inserted_key_starts_above_its_tombstone_too) {
    committed(source_, put(1, "a"));
    const auto erased = committed(source_, drop(1));
    EXPECT_EQ(committed(source_, put_new(1, "b")).version, first_version(erased.version, {}, 1));
}

TEST_P(contract_write, versions_rise_through_deletes_and_returns) {
    version last;
    for (int i = 0; i < 4; ++i) {
        for (const auto& command : {put(1, "a"), put(1, "b"), drop(1)}) {
            const auto reply = committed(source_, command);
            EXPECT_GT(reply.version, last);
            last = reply.version;
        }
    }
    EXPECT_EQ(tombstones(source_).at(0).version, last);
}

TEST_P(contract_write, after_a_purge_a_key_starts_above_the_floor) {
    go_synced();
    committed(source_, put(1, "a"));
    const auto erased = committed(source_, drop(1));
    deliver(source_, target_);
    EXPECT_EQ(must(source_->purge(100, soon())), 1);
    EXPECT_TRUE(tombstones(source_).empty());
    EXPECT_EQ(must(source_->read(side::source, items, id(1), soon())).fence.floor, erased.version);
    EXPECT_EQ(committed(source_, put(1, "b")).version, first_version({}, erased.version, 2));
}

TEST_P(contract_write, purge_at_the_primary_waits_for_the_backfill) {
    go_dual();
    committed(source_, put(1, "a"));
    committed(source_, drop(1));
    deliver(source_, target_);
    EXPECT_EQ(must(source_->purge(100, soon())), 0);
}

TEST_P(contract_write, purge_takes_no_more_than_its_limit) {
    go_synced();
    for (int i = 0; i < 5; ++i)
        committed(source_, put(i, "a"));
    for (int i = 0; i < 5; ++i)
        committed(source_, drop(i));
    deliver(source_, target_);
    EXPECT_EQ(must(source_->purge(2, soon())), 2);
    EXPECT_EQ(tombstones(source_).size(), 3u);
    EXPECT_EQ(must(source_->purge(100, soon())), 3);
    EXPECT_EQ(must(source_->purge(100, soon())), 0);
}

TEST_P(contract_write, rows_from_before_tandem_have_version_0_and_can_be_written) {
    const std::vector<tandem::row> rows{item(1, "old"), item(2, "old"), item(3, null{})};
    EXPECT_EQ(must(source_.bulk_load(items, rows, soon())), 3);
    EXPECT_EQ(read(source_, 1)->version, version{0});
    EXPECT_EQ(committed(source_, put(1, "new")).version, next_version({}, 1));
    EXPECT_EQ(committed(source_, drop(2)).version, next_version({}, 1));
    EXPECT_EQ(write(source_, put_new(3, "x")).status, write_status::exists);
    EXPECT_EQ(name_at(source_, 1), "new");
}

TEST_P(contract_write, loading_a_key_that_is_there_loads_nothing) {
    committed(source_, put(2, "there"));
    const std::vector<tandem::row> rows{item(1, "a"), item(2, "b")};
    const auto answer = source_.bulk_load(items, rows, soon());
    ASSERT_TRUE(answer.has_error());
    EXPECT_EQ(answer.error().value(), errc::constraint);
    EXPECT_EQ(name_at(source_, 1), "-");
    EXPECT_EQ(name_at(source_, 2), "there");
}

TEST_P(contract_write, a_new_epoch_lifts_the_version) {
    const auto before = committed(source_, put(1, "a"));
    ASSERT_TRUE(step(source_, step_kind::roll_primary, 1));
    const auto after = committed(source_, put(1, "b"));
    EXPECT_EQ(after.epoch, 2);
    EXPECT_EQ(after.version, next_version(before.version, 2));
    EXPECT_EQ(committed(source_, put(2, "c")).version, first_version({}, {}, 2));
}

TEST_P(contract_write, at_the_secondary_it_is_fenced) {
    for (const auto& command : {put(1, "a"), put_new(1, "a"), drop(1)}) {
        EXPECT_EQ(write(target_, command).status, write_status::fenced);
    }
    EXPECT_EQ(name_at(target_, 1), "-");
}

TEST_P(contract_write, at_a_secondary_that_holds_the_row_it_is_fenced) {
    go_dual();
    ASSERT_EQ(apply(target_, change_to(1, "a", 7, 2)), apply_status::applied);
    for (const auto& command : {put(1, "b"), put_new(1, "b"), drop(1)}) {
        const route boldest{2, phase::dual_new_primary};
        EXPECT_EQ(must(target_->write(command, boldest, soon())).status, write_status::fenced);
    }
    EXPECT_EQ(name_at(target_, 1), "a");
}

TEST_P(contract_write, while_draining_and_after_it_is_fenced) {
    committed(source_, put(1, "a"));
    go_synced();
    ASSERT_TRUE(step(source_, step_kind::begin_handover, 2));
    EXPECT_EQ(write(source_, put(1, "b")).status, write_status::fenced);
    EXPECT_EQ(write(source_, drop(1)).status, write_status::fenced);
    ASSERT_TRUE(step(source_, step_kind::decide, 3));
    EXPECT_EQ(write(source_, put(1, "b")).status, write_status::fenced);
    EXPECT_EQ(name_at(source_, 1), "a");
}

TEST_P(contract_write, under_an_old_belief_is_refused_or_runs_under_the_fence) {
    go_dual();
    const auto reply = must(source_->write(put(1, "a"), {1, phase::old_only}, soon()));
    if (reply.status == write_status::fenced) {
        EXPECT_EQ(name_at(source_, 1), "-");
        EXPECT_TRUE(owed(source_).empty());
    } else {
        EXPECT_EQ(reply.status, write_status::committed);
        EXPECT_EQ(reply.epoch, 2);
        EXPECT_TRUE(reply.dual);
        EXPECT_EQ(owed(source_).size(), 1u);
    }
}

TEST_P(contract_write, under_a_wrong_belief_never_owes_in_a_single_phase) {
    const auto reply = must(source_->write(put(1, "a"), {9, phase::dual_old_primary}, soon()));
    EXPECT_TRUE(reply.status == write_status::fenced || reply.epoch == 1);
    EXPECT_FALSE(reply.dual);
    EXPECT_TRUE(owed(source_).empty());
}

TEST_P(contract_write, tables_do_not_mix) {
    write_command pair{.table = pairs, .key = key_of({"g", std::int64_t{1}})};
    pair.image = {"g", std::int64_t{1}, "note"};
    committed(source_, pair);
    committed(source_, put(1, "a"));
    EXPECT_EQ(std::get<std::string>(read(source_, pairs, pair.key)->image[2]), "note");
    pair.kind = write_kind::erase;
    committed(source_, pair);
    EXPECT_EQ(tombstones(source_, pairs).size(), 1u);
    EXPECT_TRUE(tombstones(source_, items).empty());
    EXPECT_EQ(name_at(source_, 1), "a");
}

TEST_P(contract_write, a_table_without_deletes_takes_upserts_and_inserts) {
    write_command log{.table = logs, .key = id(1), .image = {std::int64_t{1}, "a"}};
    const auto first = committed(source_, log);
    EXPECT_EQ(first.version, first_version({}, {}, 1));
    EXPECT_EQ(committed(source_, log).version, next_version(first.version, 1));
    log.kind = write_kind::insert;
    EXPECT_EQ(write(source_, log).status, write_status::exists);
}

TEST_P(contract_write, a_table_without_deletes_refuses_to_erase) {
    const write_command log{.table = logs, .key = id(1), .image = {std::int64_t{1}, "a"}};
    committed(source_, log);
    const write_command erase{.kind = write_kind::erase, .table = logs, .key = id(1)};
    const auto answer = source_->write(erase, {1, phase::old_only}, soon());
    ASSERT_TRUE(answer.has_error());
    EXPECT_EQ(answer.error().condition(), errc_condition::permanent);
    EXPECT_TRUE(read(source_, logs, id(1)));
}

TEST_P(contract_write, null_in_a_column_without_null_is_refused) {
    auto command = put(1, "a");
    command.image[2] = null{};
    const auto answer = source_->write(command, {1, phase::old_only}, soon());
    ASSERT_TRUE(answer.has_error());
    EXPECT_EQ(answer.error().value(), errc::constraint);
    EXPECT_EQ(name_at(source_, 1), "-");
}

TEST_P(contract_write, after_its_deadline_does_nothing) {
    const auto answer = source_->write(put(1, "a"), {1, phase::old_only}, {monotonic_time::min()});
    ASSERT_TRUE(answer.has_error());
    EXPECT_EQ(answer.error().value(), errc::timeout);
    EXPECT_EQ(name_at(source_, 1), "-");
}

TEST_P(contract_write, is_seen_by_another_process) {
    auto second = open(side::source);
    committed(source_, put(1, "a"));
    EXPECT_EQ(name_at(second, 1), "a");
    committed(second, put(1, "b"));
    EXPECT_EQ(name_at(source_, 1), "b");
}

} // namespace tandem_test
