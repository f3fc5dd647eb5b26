// SPDX-License-Identifier: BSL-1.0
//
// Traces of single statements under READ COMMITTED: two actors on one absent key. The actors are
// threads here, because one of them has to wait for the other; where it waits is seen in the
// database. A kind that lets one writer in at a time plays them one after the other.
#include "fixture.hpp"

#include <atomic>
#include <thread>

namespace tandem_test {

namespace {

/// A call on a thread of its own.
template <class F>
class actor {
public:
    explicit actor(F work)
        : thread_([this, work] {
              try {
                  work();
              } catch (const std::exception& e) {
                  ADD_FAILURE() << e.what();
              }
              is_done_ = true;
          }) {}
    actor(const actor&) = delete;
    actor& operator=(const actor&) = delete;
    ~actor() { join(); }
    void join() {
        if (thread_.joinable()) thread_.join();
    }
    bool is_done() const { return is_done_; }

private:
    std::atomic<bool> is_done_{false};
    std::thread thread_;
};

const std::vector<table_key> key_1{{items_id, id_of(1)}};

/// Item 1 as the transaction finds it, with one more in its amount. Absent: an amount of 1.
item one_more(store_transaction& in) {
    const auto present = must(in.get(items_id, id_of(1)));
    return {1, "x", present ? std::get<std::int64_t>(present->image[2]) + 1 : 1};
}
void add_one(hooked_store& at) {
    auto begun = must(at.begin(key_1, isolation::read_committed, soon()));
    must(begun.transaction->write(put(one_more(*begun.transaction))));
    must(begun.transaction->commit());
}

TEST_P(locking, nokl_at_the_primary_an_insert_waits_for_a_delete_in_flight) {
    auto& deleter = begin_synced();
    auto& inserter = join();
    must(deleter.items.upsert({1, "x", 0}));
    auto begun = must(deleter.source.begin(key_1, isolation::read_committed, soon()));
    const auto deleted = must(begun.transaction->write(drop(1)));
    actor insert([&] { must(inserter.items.insert({1, "again", 1})); });
    if (GetParam().source == kind::postgres) {
        wait_until([&] { return w.at(side::source).has_waiter() || insert.is_done(); });
    }
    must(begun.transaction->commit());
    insert.join();
    EXPECT_GT(w.version_at(side::source, 1), deleted.version);
    expect_settled(inserter);
    expect_item({1, "again", 1});
}

TEST_P(locking, nokl_at_the_primary_two_inserts_of_a_deleted_key_are_ordered) {
    auto& one = begin_synced();
    auto& two = join();
    must(one.items.upsert({1, "x", 5}));
    erase(one, 1);
    deliver_all(one);
    auto begun = must(one.source.begin(key_1, isolation::read_committed, soon()));
    const item of_first = one_more(*begun.transaction); // relies on the absence
    actor second([&] { add_one(two.source); });
    if (GetParam().source == kind::postgres) {
        wait_until([&] { return w.at(side::source).has_waiter() || second.is_done(); });
    }
    const auto first = must(begun.transaction->write(put(of_first)));
    must(begun.transaction->commit());
    second.join();
    EXPECT_GT(w.version_at(side::source, 1), first.version);
    expect_settled(two);
    expect_item({1, "x", 2});
}

TEST_P(locking, nokl_at_the_secondary_an_older_row_does_not_land_beside_a_newer_tombstone) {
    auto& p = begin_synced();
    auto& other = join();
    const change w1 = write_and_stall(p, side::source, put({1, "w1", 1}));
    const change w2 = write_and_stall(p, side::source, drop(1));
    // The apply of w1 has seen "no tombstone" and waits for the row; then comes the delete.
    auto row_held = w.at(side::target).hold_thing(1);
    actor older([&] { apply(p.target, w1); });
    if (row_held) wait_until([&] { return w.at(side::target).has_waiter(); });
    actor newer([&] { apply(other.target, w2); });
    if (row_held) wait_until([&] { return w.at(side::target).waiters() == 2 || newer.is_done(); });
    row_held.reset();
    older.join();
    newer.join();
    // Looked at before a relay sends the tombstone again.
    EXPECT_EQ(w.item_at(side::target, 1), std::nullopt);
    expect_settled(p);
    expect_absent(1);
}

TEST_P(locking, purgebykey_a_tombstone_raised_meanwhile_stays) {
    auto& deleter = begin_synced();
    auto& housekeeper = join();
    must(deleter.items.upsert({1, "x", 0}));
    erase(deleter, 1);
    must(deleter.items.upsert({1, "again", 1}));
    deliver_all(deleter);
    auto begun = must(deleter.source.begin(key_1, isolation::read_committed, soon()));
    const auto deleted = must(begun.transaction->write(drop(1))); // raises the old tombstone
    actor purge([&] { (void)housekeeper.source.purge(100, soon()); });
    if (GetParam().source == kind::postgres) {
        wait_until([&] { return w.at(side::source).has_waiter() || purge.is_done(); });
    }
    must(begun.transaction->commit());
    purge.join();
    ASSERT_EQ(w.tombstones_at(side::source).size(), 1u);
    EXPECT_EQ(w.tombstones_at(side::source).at(0).version, deleted.version);
    EXPECT_EQ(backward(deleter), phase::old_only); // drops the intent
    must(deleter.migration.forward({.mode = era_mode::keep}));
    must(deleter.migration.backfill());
    expect_absent(1);
}

/// A further store object on a side whose table is declared without deletes. No key lock orders
/// the writers of such a table.
std::unique_ptr<hooked_store> open_without_deletes(database& at, binding like) {
    auto out = std::make_unique<hooked_store>(at.open());
    like.tables[items_id].deletes = deletes::never;
    must(out->bind(std::move(like)));
    return out;
}

TEST_P(locking, a_lost_update_is_excluded_by_the_row_lock) {
    auto& p = begin_synced();
    must(p.items.upsert({1, "x", 0}));
    const auto one = open_without_deletes(w.at(side::source), p.source.bound());
    const auto two = open_without_deletes(w.at(side::source), p.source.bound());
    auto first = must(one->begin(key_1, isolation::read_committed, soon()));
    const item of_first = one_more(*first.transaction);
    actor second([&] { add_one(*two); });
    if (GetParam().source == kind::postgres) {
        wait_until([&] { return w.at(side::source).has_waiter() || second.is_done(); });
    }
    must(first.transaction->write(put(of_first)));
    must(first.transaction->commit());
    second.join();
    expect_settled(p);
    expect_item({1, "x", 2});
}

} // namespace

TANDEM_PLAY(locking);

} // namespace tandem_test
