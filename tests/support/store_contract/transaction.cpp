// SPDX-License-Identifier: BSL-1.0
//
// Transactions at the primary: several keys, read and written.
#include "support/store_contract.hpp"

#include <algorithm>

namespace tandem_test {

namespace {

/// A transaction over some items, at the primary.
std::unique_ptr<store_transaction> begin(opened_store& s, std::vector<std::int64_t> ids,
                                         isolation level = isolation::read_committed) {
    std::vector<table_key> keys;
    for (const auto n : ids)
        keys.push_back({items, key_of({cell(n)})});
    std::sort(keys.begin(), keys.end(),
              [](const table_key& a, const table_key& b) { return a.key.encoded < b.key.encoded; });
    return std::move(must(s->begin(keys, level, soon())).transaction);
}

write_command pair_of(std::string grp, std::int64_t num, std::string note) {
    write_command out{.table = pairs, .key = key_of({grp, num})};
    out.image = {grp, num, std::move(note)};
    return out;
}

} // namespace

TEST_P(contract_transaction, reads_and_writes_what_is_there) {
    committed(source_, put(1, "a", 5));
    const auto tx = begin(source_, {1});
    const auto found = must(tx->get(items, id(1)));
    ASSERT_TRUE(found);
    const auto reply = must(tx->write(put(1, "b", std::get<std::int64_t>(found->image[2]) + 1)));
    EXPECT_EQ(reply.status, write_status::committed);
    EXPECT_EQ(reply.version, next_version(found->version, 1));
    const auto replies = must(tx->commit());
    ASSERT_EQ(replies.size(), 1u);
    EXPECT_EQ(replies[0].version, reply.version);
    EXPECT_EQ(replies[0].epoch, 1);
    EXPECT_TRUE(same_row(read(source_, 1)->image, item(1, "b", 6)));
    EXPECT_EQ(read(source_, 1)->version, reply.version);
}

TEST_P(contract_transaction, an_absent_key_is_read_as_absent_and_can_be_inserted) {
    const auto tx = begin(source_, {1});
    EXPECT_FALSE(must(tx->get(items, id(1))));
    const auto reply = must(tx->write(put_new(1, "a")));
    EXPECT_EQ(reply.status, write_status::committed);
    EXPECT_EQ(reply.version, first_version({}, {}, 1));
    must(tx->commit());
    EXPECT_EQ(name_at(source_, 1), "a");
}

TEST_P(contract_transaction, an_erased_key_comes_back_above_its_tombstone) {
    committed(source_, put(1, "a"));
    const auto erased = committed(source_, drop(1));
    for (const auto level : GetParam().quirks.levels) {
        const auto tx = begin(source_, {1}, level);
        must(tx->get(items, id(1)));
        EXPECT_GT(must(tx->write(put(1, "b"))).version, erased.version);
        must(tx->commit());
    }
    EXPECT_GT(read(source_, 1)->version, erased.version);
}

TEST_P(contract_transaction, sees_its_own_writes_and_nobody_else_does_before_the_commit) {
    committed(source_, put(1, "before"));
    auto second = open(side::source);
    const auto tx = begin(source_, {1});
    must(tx->write(put(1, "after")));
    EXPECT_EQ(std::get<std::string>(must(tx->get(items, id(1)))->image[1]), "after");
    EXPECT_EQ(name_at(second, 1), "before");
    must(tx->commit());
    EXPECT_EQ(name_at(second, 1), "after");
}

TEST_P(contract_transaction, sees_its_own_erase) {
    committed(source_, put(1, "a"));
    const auto tx = begin(source_, {1});
    EXPECT_EQ(must(tx->write(drop(1))).status, write_status::committed);
    EXPECT_FALSE(must(tx->get(items, id(1))));
    must(tx->commit());
    EXPECT_EQ(tombstones(source_).size(), 1u);
}

TEST_P(contract_transaction, dropped_without_commit_leaves_nothing) {
    committed(source_, put(1, "before"));
    go_dual();
    {
        const auto tx = begin(source_, {1, 2});
        must(tx->write(drop(1)));
        must(tx->write(put(2, "new")));
    }
    EXPECT_EQ(name_at(source_, 1), "before");
    EXPECT_EQ(name_at(source_, 2), "-");
    EXPECT_TRUE(tombstones(source_).empty());
    EXPECT_TRUE(owed(source_).empty());
    committed(source_, put(1, "free again"));
}

TEST_P(contract_transaction, writes_several_keys_at_once) {
    const auto tx = begin(source_, {1, 2, 3});
    const std::vector commands{put(3, "c"), put_new(1, "a"), put(2, "b")};
    EXPECT_EQ(must(tx->write_all(commands)).size(), 3u);
    EXPECT_EQ(must(tx->commit()).size(), 3u);
    EXPECT_EQ(name_at(source_, 1), "a");
    EXPECT_EQ(name_at(source_, 2), "b");
    EXPECT_EQ(name_at(source_, 3), "c");
}

TEST_P(contract_transaction, replies_come_in_the_order_of_the_writes) {
    committed(source_, put(1, "there"));
    const auto tx = begin(source_, {1, 2, 3});
    must(tx->write(put_new(1, "x")));
    const std::vector commands{drop(2), put(3, "c")};
    must(tx->write_all(commands));
    const auto replies = must(tx->commit());
    ASSERT_EQ(replies.size(), 3u);
    EXPECT_EQ(replies[0].status, write_status::exists);
    EXPECT_EQ(replies[1].status, write_status::absent);
    EXPECT_EQ(replies[2].status, write_status::committed);
    EXPECT_EQ(name_at(source_, 1), "there");
    EXPECT_EQ(name_at(source_, 3), "c");
}

TEST_P(contract_transaction, covers_several_tables) {
    const auto pair = pair_of("g", 1, "n");
    const std::vector keys{table_key{items, id(1)}, table_key{pairs, pair.key}};
    const auto tx =
        std::move(must(source_->begin(keys, isolation::read_committed, soon())).transaction);
    ASSERT_TRUE(tx);
    must(tx->write(put(1, "a")));
    EXPECT_FALSE(must(tx->get(pairs, pair.key)));
    must(tx->write(pair));
    must(tx->commit());
    EXPECT_EQ(name_at(source_, 1), "a");
    EXPECT_TRUE(read(source_, pairs, pair.key));
}

TEST_P(contract_transaction, owes_every_write_of_a_dual_phase) {
    committed(source_, put(1, "before"));
    go_dual();
    const auto tx = begin(source_, {1, 2, 3});
    const std::vector commands{drop(1), put(2, "b"), drop(3)};
    must(tx->write_all(commands));
    for (const auto& reply : must(tx->commit())) {
        EXPECT_EQ(reply.dual, reply.status == write_status::committed);
    }
    EXPECT_EQ(owed(source_).size(), 2u);
    deliver(source_, target_);
    expect_same_rows(items);
}

TEST_P(contract_transaction, gives_the_changes_wanted_with_the_commit) {
    committed(source_, put(1, "before"));
    go_dual();
    auto wanted = put(2, "b", 4);
    wanted.want_change = true;
    auto erased = drop(1);
    erased.want_change = true;
    const auto tx = begin(source_, {1, 2, 3});
    const std::vector commands{wanted, erased, put(3, "c")};
    must(tx->write_all(commands));
    const auto replies = must(tx->commit());
    ASSERT_EQ(replies.size(), 3u);
    ASSERT_TRUE(replies[0].change && replies[0].change->image);
    EXPECT_TRUE(same_row(*replies[0].change->image, item(2, "b", 4)));
    ASSERT_TRUE(replies[1].change);
    EXPECT_FALSE(replies[1].change->image);
    EXPECT_EQ(replies[1].change->version, replies[1].version);
    EXPECT_FALSE(replies[2].change);
    EXPECT_TRUE(must(source_->is_owed(replies[0].intent, soon())));
    EXPECT_TRUE(must(source_->is_owed(replies[1].intent, soon())));
    EXPECT_NE(replies[0].intent, replies[1].intent);
}

TEST_P(contract_transaction, works_on_rows_from_before_tandem) {
    must(source_.bulk_load(items, std::vector<tandem::row>{item(1, "old", 5)}, soon()));
    const auto tx = begin(source_, {1});
    EXPECT_EQ(must(tx->get(items, id(1)))->version, version{0});
    EXPECT_EQ(must(tx->write(put(1, "new"))).version, next_version({}, 1));
    must(tx->commit());
}

TEST_P(contract_transaction, is_refused_at_the_secondary) {
    const std::vector keys{table_key{items, id(1)}};
    const auto reply = must(target_->begin(keys, isolation::read_committed, soon()));
    EXPECT_FALSE(reply.transaction);
    EXPECT_EQ(reply.fence.role, role::secondary);
}

TEST_P(contract_transaction, is_refused_while_a_switch_drains) {
    go_synced();
    ASSERT_TRUE(step(source_, step_kind::begin_handover, 2));
    const std::vector keys{table_key{items, id(1)}};
    const auto reply = must(source_->begin(keys, isolation::read_committed, soon()));
    EXPECT_FALSE(reply.transaction);
    EXPECT_EQ(reply.fence.role, role::draining);
    EXPECT_EQ(reply.fence.epoch, 3);
}

TEST_P(contract_transaction, tells_the_fence_it_entered) {
    go_dual();
    const std::vector keys{table_key{items, id(1)}};
    const auto reply = must(source_->begin(keys, isolation::read_committed, soon()));
    ASSERT_TRUE(reply.transaction);
    EXPECT_EQ(reply.fence.epoch, 2);
    EXPECT_EQ(reply.fence.phase, phase::dual_old_primary);
    EXPECT_EQ(reply.fence.bucket, bucket_of(id(1).encoded, GetParam().buckets));
}

TEST_P(contract_transaction, reads_writes_and_owes_at_every_isolation) {
    go_dual();
    for (const auto level : GetParam().quirks.levels) {
        const auto tx = begin(source_, {1, 2}, level);
        must(tx->get(items, id(1)));
        must(tx->write(put(1, "a")));
        must(tx->write(put(2, "b")));
        must(tx->write(drop(2)));
        must(tx->commit());
    }
    EXPECT_EQ(name_at(source_, 1), "a");
    EXPECT_EQ(name_at(source_, 2), "-");
    deliver(source_, target_);
    expect_same_rows(items);
}

TEST_P(contract_transaction, another_writer_of_its_key_waits_for_it) {
    committed(source_, put(1, "before"));
    auto second = open(side::source);
    const auto tx = begin(source_, {1});
    must(tx->get(items, id(1)));
    const auto answer = second->write(put(1, "other"), {1, phase::old_only}, at_once());
    ASSERT_TRUE(answer.has_error());
    EXPECT_EQ(answer.error().condition(), errc_condition::retryable);
    must(tx->write(put(1, "mine")));
    must(tx->commit());
    EXPECT_EQ(name_at(source_, 1), "mine");
    committed(second, put(1, "other"));
}

TEST_P(contract_transaction, after_its_deadline_commits_nothing) {
    const std::vector keys{table_key{items, id(1)}};
    const auto answer = source_->begin(keys, isolation::read_committed, {monotonic_time::min()});
    ASSERT_TRUE(answer.has_error());
    EXPECT_EQ(answer.error().value(), errc::timeout);
}

TEST_P(contract_transaction, a_refused_row_is_an_error_and_the_rest_rolls_back) {
    {
        const auto tx = begin(source_, {1, 2});
        must(tx->write(put(1, "a")));
        auto bad = put(2, "b");
        bad.image[2] = null{};
        const auto answer = tx->write(bad);
        ASSERT_TRUE(answer.has_error());
        EXPECT_EQ(answer.error().value(), errc::constraint);
    }
    EXPECT_EQ(name_at(source_, 1), "-");
}

} // namespace tandem_test
