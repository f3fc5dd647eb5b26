// SPDX-License-Identifier: BSL-1.0
//
// Intents: written with the write in the dual phases alone, and what the outbox says of them.
#include "support/store_contract.hpp"

namespace tandem_test {

TEST_P(contract_intent, a_single_phase_owes_nothing) {
    EXPECT_FALSE(committed(source_, put(1, "a")).dual);
    EXPECT_FALSE(committed(source_, drop(1)).dual);
    EXPECT_TRUE(owed(source_).empty());
    EXPECT_EQ(must(source_->stats(soon())).owed, 0);
}

TEST_P(contract_intent, a_dual_phase_owes_every_committed_write) {
    go_dual();
    EXPECT_TRUE(committed(source_, put(1, "a")).dual);
    EXPECT_TRUE(committed(source_, put_new(2, "b")).dual);
    EXPECT_TRUE(committed(source_, drop(1)).dual);
    EXPECT_EQ(owed(source_).size(), 3u);
    EXPECT_EQ(must(source_->stats(soon())).owed, 3);
}

TEST_P(contract_intent, a_table_without_deletes_owes_too) {
    go_dual();
    const write_command log{.table = logs, .key = id(1), .image = {std::int64_t{1}, "a"}};
    EXPECT_TRUE(committed(source_, log).dual);
    ASSERT_EQ(owed(source_).size(), 1u);
    EXPECT_EQ(owed(source_)[0].change.table, logs);
    deliver(source_, target_);
    EXPECT_TRUE(read(target_, logs, id(1)));
}

TEST_P(contract_intent, a_write_that_did_nothing_owes_nothing) {
    committed(source_, put(1, "a"));
    go_dual();
    EXPECT_EQ(write(source_, put_new(1, "b")).status, write_status::exists);
    EXPECT_EQ(write(source_, drop(2)).status, write_status::absent);
    EXPECT_TRUE(owed(source_).empty());
}

TEST_P(contract_intent, the_new_primary_owes_in_its_dual_phase_and_no_longer_after_it) {
    go_synced();
    hand_over(source_, target_);
    EXPECT_TRUE(committed(target_, put(1, "a")).dual);
    EXPECT_EQ(owed(target_).size(), 1u);
    ASSERT_TRUE(step(target_, step_kind::leave, 3));
    EXPECT_TRUE(owed(target_).empty());
    EXPECT_FALSE(committed(target_, put(1, "b")).dual);
    EXPECT_TRUE(owed(target_).empty());
}

TEST_P(contract_intent, the_change_wanted_is_the_row_as_committed) {
    go_dual();
    auto command = put(1, "a", 7);
    command.want_change = true;
    const auto reply = committed(source_, command);
    ASSERT_TRUE(reply.change);
    EXPECT_EQ(reply.change->key, id(1).encoded);
    EXPECT_EQ(reply.change->version, reply.version);
    EXPECT_EQ(reply.change->epoch, 2);
    ASSERT_TRUE(reply.change->image);
    EXPECT_TRUE(same_row(*reply.change->image, item(1, "a", 7)));
    EXPECT_EQ(reply.intent, owed(source_).at(0).id);
}

TEST_P(contract_intent, the_change_wanted_of_an_erase_is_its_tombstone) {
    committed(source_, put(1, "a"));
    go_dual();
    auto command = drop(1);
    command.want_change = true;
    const auto reply = committed(source_, command);
    ASSERT_TRUE(reply.change);
    EXPECT_FALSE(reply.change->image);
    EXPECT_EQ(reply.change->version, reply.version);
    EXPECT_EQ(reply.change->tombstone_epoch, 2);
    EXPECT_EQ(reply.intent, owed(source_).at(0).id);
}

TEST_P(contract_intent, no_change_comes_back_where_nothing_is_owed) {
    auto command = put(1, "a");
    command.want_change = true;
    EXPECT_FALSE(committed(source_, command).change);
    go_dual();
    EXPECT_FALSE(committed(source_, put(1, "b")).change);
}

TEST_P(contract_intent, what_is_owed_is_the_present_row) {
    go_dual();
    committed(source_, put(1, "a"));
    const auto last = committed(source_, put(1, "b"));
    const auto all = owed(source_);
    ASSERT_EQ(all.size(), 2u);
    for (const auto& o : all) {
        EXPECT_EQ(o.change.version, last.version);
        EXPECT_EQ(o.change.epoch, 2);
        ASSERT_TRUE(o.change.image);
        EXPECT_TRUE(same_row(*o.change.image, item(1, "b")));
    }
}

TEST_P(contract_intent, of_an_erased_key_the_tombstone_is_owed) {
    go_dual();
    committed(source_, put(1, "a"));
    const auto erased = committed(source_, drop(1));
    for (const auto& o : owed(source_)) {
        EXPECT_FALSE(o.change.image);
        EXPECT_EQ(o.change.version, erased.version);
        EXPECT_EQ(o.change.tombstone_epoch, 2);
    }
}

TEST_P(contract_intent, of_a_key_that_came_back_the_row_is_owed) {
    go_dual();
    committed(source_, put(1, "a"));
    committed(source_, drop(1));
    const auto back = committed(source_, put(1, "b"));
    const auto all = owed(source_);
    ASSERT_EQ(all.size(), 3u);
    for (const auto& o : all) {
        EXPECT_EQ(o.change.version, back.version);
        EXPECT_TRUE(o.change.image);
    }
}

TEST_P(contract_intent, keeps_its_tombstone_from_being_purged) {
    go_synced();
    committed(source_, put(1, "a"));
    const auto erased = committed(source_, drop(1));
    EXPECT_EQ(must(source_->purge(10, soon())), 0);
    deliver(source_, target_);
    EXPECT_EQ(must(source_->purge(10, soon())), 1);
    EXPECT_EQ(tombstones(target_).at(0).version, erased.version);
}

TEST_P(contract_intent, keeps_the_epoch_of_its_write) {
    go_dual();
    committed(source_, put(1, "a"));
    ASSERT_TRUE(step(source_, step_kind::roll_primary, 2));
    committed(source_, put(1, "b"));
    const auto all = owed(source_);
    ASSERT_EQ(all.size(), 2u);
    EXPECT_EQ(all[0].change.epoch, 2);
    EXPECT_EQ(all[1].change.epoch, 3);
}

TEST_P(contract_intent, pages_ascend_by_id) {
    go_dual();
    for (int i = 0; i < 5; ++i)
        committed(source_, put(i, "a"));
    const auto first = must(source_->owed(0, 3, owed_scope::due, soon()));
    ASSERT_EQ(first.size(), 3u);
    const auto rest = must(source_->owed(first.back().id, 3, owed_scope::due, soon()));
    ASSERT_EQ(rest.size(), 2u);
    EXPECT_LT(first[0].id, first[1].id);
    EXPECT_LT(first[2].id, rest[0].id);
    EXPECT_TRUE(must(source_->owed(rest.back().id, 3, owed_scope::due, soon())).empty());
}

TEST_P(contract_intent, settled_ones_are_gone_and_unknown_ones_ignored) {
    go_dual();
    committed(source_, put(1, "a"));
    committed(source_, put(2, "b"));
    const auto all = owed(source_);
    const std::vector ids{all[0].id, std::int64_t{1} << 50};
    must(source_->settle(ids, soon()));
    EXPECT_FALSE(must(source_->is_owed(all[0].id, soon())));
    EXPECT_TRUE(must(source_->is_owed(all[1].id, soon())));
    EXPECT_EQ(owed(source_).size(), 1u);
    must(source_->settle(ids, soon()));
    EXPECT_EQ(owed(source_).size(), 1u);
}

TEST_P(contract_intent, failures_are_counted) {
    go_dual();
    committed(source_, put(1, "a"));
    const auto first = owed(source_).at(0);
    EXPECT_EQ(first.attempts, 0);
    fail(source_, first.id);
    fail(source_, first.id);
    EXPECT_EQ(owed(source_).at(0).attempts, 2);
    EXPECT_EQ(must(source_->stats(soon())).dead, 0);
}

TEST_P(contract_intent, age_is_0_where_nothing_is_owed_and_never_negative) {
    EXPECT_EQ(must(source_->stats(soon())).oldest_age_ms, 0);
    go_dual();
    committed(source_, put(1, "a"));
    EXPECT_GE(must(source_->stats(soon())).oldest_age_ms, 0);
}

TEST_P(contract_intent, delivering_all_makes_both_sides_equal) {
    go_dual();
    for (int i = 0; i < 6; ++i)
        committed(source_, put(i, "a", i));
    for (int i = 0; i < 3; ++i)
        committed(source_, put(i, "b", i));
    for (int i = 2; i < 5; ++i)
        committed(source_, drop(i));
    committed(source_, put(4, "c"));
    EXPECT_EQ(deliver(source_, target_), 13u);
    EXPECT_TRUE(owed(source_).empty());
    expect_same_rows(items);
    EXPECT_EQ(tombstones(target_).size(), 2u);
}

TEST_P(contract_intent, present_gives_row_and_tombstone_and_nothing_where_there_is_neither) {
    go_synced();
    const auto live = committed(source_, put(1, "a", 5));
    committed(source_, put(2, "b"));
    const auto gone = committed(source_, drop(2));
    const std::vector<key_bytes> keys{id(3).encoded, id(2).encoded, id(1).encoded};
    const auto found = must(source_->present(items, keys, soon()));
    ASSERT_EQ(found.size(), 3u);
    EXPECT_FALSE(found[0]);
    ASSERT_TRUE(found[1] && found[2]);
    EXPECT_EQ(found[1]->key, keys[1]);
    EXPECT_EQ(found[1]->version, gone.version);
    EXPECT_FALSE(found[1]->image);
    EXPECT_EQ(found[1]->tombstone_epoch, gone.epoch);
    EXPECT_EQ(found[2]->version, live.version);
    ASSERT_TRUE(found[2]->image);
    EXPECT_TRUE(same_row(*found[2]->image, item(1, "a", 5)));
    EXPECT_EQ(found[2]->epoch, 0);
}

TEST_P(contract_intent, present_after_a_row_came_back_is_the_row) {
    go_synced();
    committed(source_, put(1, "a"));
    committed(source_, drop(1));
    const auto again = committed(source_, put(1, "b"));
    const std::vector<key_bytes> keys{id(1).encoded};
    const auto found = must(source_->present(items, keys, soon()));
    ASSERT_TRUE(found.at(0) && found[0]->image);
    EXPECT_EQ(found[0]->version, again.version);
}

} // namespace tandem_test
