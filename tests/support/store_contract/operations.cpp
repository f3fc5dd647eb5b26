// SPDX-License-Identifier: BSL-1.0
//
// Writes that carry an operation id: what a repeat gives, what an outcome is, and where the records
// are after a switch.
#include "tandem/core/clock_source.hpp"

#include "support/store_contract.hpp"

#include <future>

namespace tandem_test {

namespace {

constexpr milliseconds day{86'400'000};
constexpr milliseconds retention = 7 * day;

} // namespace

operation_claim contract_operations::claim(milliseconds age) {
    const auto fresh = new_operation_id();
    const auto& b = fresh.bytes();
    const auto random = std::uint64_t{b[14]} << 56 | std::uint64_t{b[15]} << 48 |
                        std::uint64_t{b[13]} << 40 | std::uint64_t{b[12]} << 32;
    const auto id = make_operation_id(unix_now_ms() - age.count(), random, random);
    return {.id = id, .content = {1}, .retention = retention};
}

begin_reply contract_operations::begin(opened_store& s, const operation_claim& with,
                                       std::vector<std::int64_t> ids, isolation level) {
    std::vector<table_key> keys;
    for (const auto n : ids)
        keys.push_back({items, id(n)});
    return must(s->begin(keys, level, with, soon()));
}

write_reply contract_operations::write_once(const operation_claim& with, std::string name) {
    auto begun = begin(source_, with);
    must(begun.transaction->write(put(1, std::move(name))));
    return must(begun.transaction->commit()).at(0);
}

operation_status contract_operations::outcome_at(opened_store& s, const operation_id& of) {
    const auto answer = must(s->conclude(of, retention, soon()));
    EXPECT_TRUE(answer.outcome) << "refused under the fence";
    return answer.outcome ? answer.outcome->status : operation_status::unknown;
}

TEST_P(contract_operations, a_repeat_gives_the_first_outcome_and_writes_nothing) {
    const auto with = claim();
    const auto first = write_once(with, "a");
    const auto again = begin(source_, with);
    EXPECT_FALSE(again.transaction);
    ASSERT_TRUE(again.repeated);
    EXPECT_EQ(again.repeated->version, first.version);
    EXPECT_EQ(again.repeated->writes, 1);
    EXPECT_EQ(read(source_, 1)->version, first.version);
}

TEST_P(contract_operations, a_repeat_is_known_to_every_process) {
    const auto with = claim();
    write_once(with, "a");
    auto elsewhere = open(side::source);
    EXPECT_TRUE(begin(elsewhere, with).repeated);
}

TEST_P(contract_operations, a_repeat_counts_the_rows_of_the_first_time) {
    const auto with = claim();
    auto begun = begin(source_, with, {1, 2, 3});
    for (const std::int64_t n : {1, 2})
        must(begun.transaction->write(put(n, "a")));
    must(begun.transaction->write(drop(3))); // absent
    must(begun.transaction->commit());
    EXPECT_EQ(begin(source_, with, {1, 2, 3}).repeated->writes, 2);
}

TEST_P(contract_operations, that_wrote_nothing_are_remembered_too) {
    const auto with = claim();
    auto begun = begin(source_, with);
    must(begun.transaction->commit());
    const auto again = begin(source_, with);
    ASSERT_TRUE(again.repeated);
    EXPECT_EQ(again.repeated->writes, 0);
    EXPECT_EQ(again.repeated->version, version{});
}

TEST_P(contract_operations, another_content_under_the_same_id_is_refused) {
    auto with = claim();
    write_once(with, "a");
    with.content = {2};
    const std::vector<table_key> keys{{items, id(1)}};
    const auto again = source_->begin(keys, isolation::read_committed, with, soon());
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error(), errc::id_reused);
    EXPECT_EQ(name_at(source_, 1), "a");
}

TEST_P(contract_operations, that_were_rolled_back_may_run_again) {
    const auto with = claim();
    {
        auto begun = begin(source_, with);
        must(begun.transaction->write(put(1, "a")));
    }
    write_once(with, "b");
    EXPECT_EQ(name_at(source_, 1), "b");
}

TEST_P(contract_operations, the_outcome_of_a_committed_one_has_its_version) {
    const auto with = claim();
    const auto first = write_once(with, "a");
    const auto answer = must(source_->conclude(with.id, retention, soon()));
    EXPECT_EQ(answer.fence.role, role::primary);
    ASSERT_TRUE(answer.outcome);
    EXPECT_EQ(answer.outcome->status, operation_status::committed);
    EXPECT_EQ(answer.outcome->version, first.version);
}

TEST_P(contract_operations, whoever_comes_after_the_question_is_refused) {
    const auto with = claim();
    EXPECT_EQ(outcome_at(source_, with.id), operation_status::not_committed);
    const std::vector<table_key> keys{{items, id(1)}};
    const auto late = source_->begin(keys, isolation::read_committed, with, soon());
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error(), errc::operation_abandoned);
    EXPECT_EQ(outcome_at(source_, with.id), operation_status::not_committed);
}

TEST_P(contract_operations, one_under_way_is_pending_and_not_given_up) {
    const auto with = claim();
    auto elsewhere = open(side::source);
    auto begun = begin(source_, with);
    must(begun.transaction->write(put(1, "a")));
    const auto asked = must(elsewhere->conclude(with.id, retention, at_once()));
    ASSERT_TRUE(asked.outcome);
    EXPECT_EQ(asked.outcome->status, operation_status::pending);
    must(begun.transaction->commit());
    EXPECT_EQ(outcome_at(elsewhere, with.id), operation_status::committed);
}

TEST_P(contract_operations, a_second_one_waits_for_the_first_and_repeats_it) {
    const auto with = claim();
    auto elsewhere = open(side::source);
    auto begun = begin(source_, with);
    must(begun.transaction->write(put(1, "a")));
    auto second = std::async(std::launch::async, [&] { return begin(elsewhere, with); });
    const auto first = must(begun.transaction->commit()).at(0);
    const auto repeated = second.get();
    ASSERT_TRUE(repeated.repeated);
    EXPECT_EQ(repeated.repeated->version, first.version);
}

TEST_P(contract_operations, a_second_one_with_an_older_snapshot_does_not_run_twice) {
    for (const auto level : GetParam().quirks.levels) {
        const auto with = claim();
        auto elsewhere = open(side::source);
        auto begun = begin(source_, with, {1}, level);
        must(begun.transaction->write(put(1, "a")));
        const std::vector<table_key> keys{{items, id(1)}};
        auto second = std::async(std::launch::async, [&]() -> result<void> {
            TANDEM_TRY(auto again, elsewhere->begin(keys, level, with, soon()));
            if (again.repeated) return success();
            TANDEM_TRY(again.transaction->commit());
            return error(errc::invariant, "it ran twice");
        });
        must(begun.transaction->commit());
        const auto ended = second.get();
        EXPECT_TRUE(ended || ended.error() == errc::serialization) << ended.error().message();
    }
}

TEST_P(contract_operations, an_id_older_than_the_retention_is_refused) {
    const auto with = claim(8 * day);
    const std::vector<table_key> keys{{items, id(1)}};
    const auto old = source_->begin(keys, isolation::read_committed, with, soon());
    ASSERT_FALSE(old);
    EXPECT_EQ(old.error(), errc::operation_expired);
    EXPECT_EQ(outcome_at(source_, with.id), operation_status::expired);
}

TEST_P(contract_operations, an_id_of_the_far_future_is_refused) {
    const std::vector<table_key> keys{{items, id(1)}};
    const auto wild = source_->begin(keys, isolation::read_committed, claim(-8 * day), soon());
    ASSERT_FALSE(wild);
    EXPECT_EQ(wild.error(), errc::invalid_options);
}

TEST_P(contract_operations, only_the_primary_knows_outcomes_and_takes_ids) {
    const auto with = claim();
    const auto asked = must(target_->conclude(with.id, retention, soon()));
    EXPECT_FALSE(asked.outcome);
    EXPECT_EQ(asked.fence.role, role::secondary);
    const auto begun = begin(target_, with);
    EXPECT_FALSE(begun.transaction || begun.repeated);
    EXPECT_EQ(outcome_at(source_, with.id), operation_status::not_committed);
}

TEST_P(contract_operations, are_owed_while_an_era_is_open_those_from_before_included) {
    const auto before = claim(), during = claim();
    write_once(before, "a");
    EXPECT_TRUE(must(source_->owed_operations(10, soon())).empty());
    EXPECT_EQ(must(source_->stats(soon())).operations, 0);
    go_dual();
    EXPECT_EQ(outcome_at(source_, during.id), operation_status::not_committed);
    EXPECT_EQ(must(source_->owed_operations(10, soon())).size(), 2u);
    EXPECT_EQ(must(source_->owed_operations(1, soon())).size(), 1u);
    EXPECT_EQ(must(source_->stats(soon())).operations, 2);
    EXPECT_EQ(deliver_operations(source_, target_), 2u);
    EXPECT_EQ(deliver_operations(source_, target_), 0u);
    EXPECT_EQ(must(source_->stats(soon())).operations, 0);
}

TEST_P(contract_operations, keep_a_handover_from_being_decided_while_owed) {
    go_synced();
    write_once(claim(), "a");
    for (const auto& o : owed(source_)) {
        apply(target_, o.change);
        must(source_->settle({&o.id, 1}, soon()));
    }
    const auto e = fence_at(source_).epoch;
    ASSERT_TRUE(step(source_, step_kind::begin_handover, e));
    EXPECT_FALSE(step(source_, step_kind::decide, e + 1));
    deliver_operations(source_, target_);
    EXPECT_TRUE(step(source_, step_kind::decide, e + 1));
}

TEST_P(contract_operations, are_known_to_the_next_primary) {
    const auto done = claim(), abandoned = claim();
    const auto first = write_once(done, "a");
    go_synced();
    EXPECT_EQ(outcome_at(source_, abandoned.id), operation_status::not_committed);
    deliver(source_, target_);
    hand_over(source_, target_);
    const auto again = begin(target_, done);
    ASSERT_TRUE(again.repeated);
    EXPECT_EQ(again.repeated->version, first.version);
    EXPECT_EQ(again.repeated->writes, 1);
    const std::vector<table_key> keys{{items, id(1)}};
    const auto late = target_->begin(keys, isolation::read_committed, abandoned, soon());
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error(), errc::operation_abandoned);
}

TEST_P(contract_operations, that_came_from_the_other_side_are_not_owed_back) {
    write_once(claim(), "a");
    go_synced();
    deliver(source_, target_);
    hand_over(source_, target_);
    EXPECT_TRUE(must(target_->owed_operations(10, soon())).empty());
}

TEST_P(contract_operations, a_record_that_comes_again_changes_nothing) {
    const auto with = claim();
    const auto first = write_once(with, "a");
    const operation_record other{.id = with.id, .content = {9}, .committed = false};
    must(source_->add_operations({&other, 1}, soon()));
    EXPECT_EQ(begin(source_, with).repeated->version, first.version);
}

TEST_P(contract_operations, purge_removes_what_is_older_than_retention_and_margin) {
    const auto old = claim(milliseconds{3 * operation_margin}), fresh = claim();
    write_once(old, "a");
    write_once(fresh, "b");
    EXPECT_EQ(must(source_->purge_operations(retention, 10, soon())), 0);
    EXPECT_EQ(must(source_->purge_operations(operation_margin, 0, soon())), 0);
    EXPECT_EQ(must(source_->purge_operations(operation_margin, 10, soon())), 1);
    EXPECT_TRUE(begin(source_, fresh).repeated);
    EXPECT_FALSE(begin(source_, old).repeated);
}

TEST_P(contract_operations, go_with_the_migration) {
    const auto with = claim();
    write_once(with, "a");
    const uninstall_step leave{.role = role::primary, .epoch = fence_at(source_).epoch};
    ASSERT_TRUE(must(source_->uninstall(leave, soon())));
    must(source_->install(soon()));
    EXPECT_FALSE(begin(source_, with).repeated);
}

TEST_P(contract_joint, operations_are_remembered_across_the_switch_and_never_owed) {
    const operation_claim with{.id = new_operation_id(), .content = {1}, .retention = retention};
    const std::vector<table_key> keys{{items, id(1)}};
    const auto begin = [&] {
        return must(source_->begin(keys, isolation::read_committed, with, soon()));
    };
    go_dual_joint();
    auto begun = begin();
    must(begun.transaction->write(put(1, "a")));
    must(begun.transaction->commit());
    EXPECT_TRUE(must(source_->owed_operations(10, soon())).empty());
    ASSERT_TRUE(step(source_, step_kind::mark_synced, fence_at(source_).era));
    ASSERT_TRUE(step(source_, step_kind::begin_handover, fence_at(source_).epoch));
    EXPECT_EQ(begin().repeated->writes, 1);
}

} // namespace tandem_test
