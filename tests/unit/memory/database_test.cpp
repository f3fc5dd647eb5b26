// SPDX-License-Identifier: BSL-1.0
//
// What memory::store has beyond the store contract.
#include "tandem/memory/database.hpp"

#include "tandem/memory/fake_clock.hpp"

#include "fixture.hpp"

#include <atomic>
#include <thread>

namespace tandem_test {

using namespace std::chrono_literals;
using tandem::errc;
using tandem::side;
using tandem::step_kind;

class memory_database : public memory_test {
protected:
    auto begin(tandem::memory::store& s, std::int64_t id, const tandem::call_context& call = {}) {
        const std::vector keys{tandem::table_key{0, at(id)}};
        return s.begin(keys, tandem::isolation::read_committed, call);
    }
};

TEST_F(memory_database, shows_what_is_held) {
    go_dual();
    ASSERT_TRUE(write(1, 5));
    ASSERT_TRUE(write(2, 6));
    ASSERT_TRUE(store_.write({.kind = tandem::write_kind::erase, .key = at(2)}, old_only, {}));
    EXPECT_EQ(db_.rows("counters").size(), 1u);
    EXPECT_EQ(db_.tombstones("m", side::source).at(0).key, at(2).encoded);
    EXPECT_EQ(db_.outbox("m", side::source).size(), 3u);
    EXPECT_EQ(db_.fences("m", side::source).at(0).epoch, 2);
    EXPECT_TRUE(db_.outbox("m", side::target).empty());
}

TEST_F(memory_database, shows_nothing_of_what_it_does_not_hold) {
    EXPECT_TRUE(db_.rows("no such table").empty());
    EXPECT_FALSE(db_.find("no such table", {}));
    EXPECT_TRUE(db_.tombstones("no such migration", side::source).empty());
    EXPECT_TRUE(db_.fences("no such migration", side::source).empty());
}

TEST_F(memory_database, an_outdated_tombstone_stays_beside_the_row_until_purged) {
    go_dual();
    ASSERT_TRUE(write(1, 5));
    ASSERT_TRUE(store_.write({.kind = tandem::write_kind::erase, .key = at(1)}, old_only, {}));
    ASSERT_TRUE(write(1, 6));
    ASSERT_EQ(db_.tombstones("m", side::source).size(), 1u);
    EXPECT_LT(db_.tombstones("m", side::source)[0].version,
              db_.find("counters", {std::int64_t{1}})->version);
    ASSERT_TRUE(store_.step({.kind = step_kind::mark_synced, .expected = 2}, {}).value());
    for (const auto& i : db_.outbox("m", side::source)) {
        ASSERT_TRUE(store_.settle({&i.id, 1}, {}));
    }
    EXPECT_EQ(store_.purge(10, {}).value(), 1);
    EXPECT_EQ(value(1), 6);
}

TEST_F(memory_database, a_foreign_row_beside_a_tombstone_lets_no_older_change_pass) {
    go_dual();
    tandem::change erased{.key = at(1).encoded, .version = {8}, .epoch = 2};
    ASSERT_TRUE(target_.apply({&erased, 1}, {}));
    ASSERT_TRUE(db_.put_foreign("counters_2", {std::int64_t{1}, std::int64_t{9}}));
    auto late = erased;
    late.version = {7};
    EXPECT_EQ(target_.apply({&late, 1}, {}).value()[0], tandem::apply_status::superseded);
    EXPECT_EQ(db_.tombstones("m", side::target)[0].version, tandem::version{8});
}

TEST_F(memory_database, foreign_writers_go_past_fence_and_outbox) {
    go_dual();
    ASSERT_TRUE(db_.put_foreign("counters_2", {std::int64_t{1}, std::int64_t{9}}));
    EXPECT_EQ(db_.rows("counters_2").size(), 1u);
    ASSERT_TRUE(db_.erase_foreign("counters_2", {std::int64_t{1}}));
    EXPECT_TRUE(db_.rows("counters_2").empty());
    EXPECT_TRUE(db_.outbox("m", side::source).empty());
    EXPECT_EQ(db_.put_foreign("none", {}).error().value(), errc::not_found);
}

TEST_F(memory_database, sequences_of_the_new_primary_start_above_both_sides) {
    go_dual();
    ASSERT_TRUE(db_.set_sequence("counters", 0, 40));
    ASSERT_TRUE(db_.set_sequence("counters_2", 0, 3));
    ASSERT_TRUE(db_.put_foreign("counters_2", {std::int64_t{70}, std::int64_t{0}}));
    tandem::switch_step enable{.kind = step_kind::enable, .expected = 9};
    enable.phase = tandem::phase::dual_new_primary;
    enable.sequences = store_.sequences({}).value();
    enable.sequence_margin = 100;
    ASSERT_EQ(enable.sequences.size(), 1u);
    EXPECT_EQ(enable.sequences[0].last, 40);
    ASSERT_TRUE(target_.step(enable, {}).value());
    EXPECT_EQ(db_.draw("counters_2", 0).value(), 171);
    EXPECT_EQ(db_.draw("counters", 0).value(), 41);
}

TEST_F(memory_database, a_sequence_that_is_further_stays_where_it_is) {
    ASSERT_TRUE(db_.set_sequence("counters_2", 0, 5000));
    tandem::switch_step enable{.kind = step_kind::enable, .expected = 9};
    enable.phase = tandem::phase::dual_new_primary;
    enable.sequences = {{.table = 0, .field = 0, .last = 40}};
    ASSERT_TRUE(target_.step(enable, {}).value());
    EXPECT_EQ(db_.draw("counters_2", 0).value(), 5001);
    EXPECT_EQ(db_.draw("counters_2", 1).error().value(), errc::not_found);
}

TEST_F(memory_database, a_joint_handover_moves_the_sequences_in_its_step) {
    tandem::memory::database db;
    tandem::memory::store both(db);
    auto b = bind_to(side::source);
    b.joint = bind_to(side::target).tables;
    ASSERT_TRUE(both.bind(b));
    ASSERT_TRUE(both.install({}));
    ASSERT_TRUE(db.set_sequence("counters", 0, 40));
    ASSERT_TRUE(db.set_sequence("counters_2", 0, 0));
    ASSERT_TRUE(both.step({.kind = step_kind::enter_primary, .expected = 1}, {}).value());
    ASSERT_TRUE(both.step({.kind = step_kind::mark_synced, .expected = 2}, {}).value());
    ASSERT_TRUE(
        both.step({.kind = step_kind::begin_handover, .expected = 2, .sequence_margin = 10}, {})
            .value());
    EXPECT_EQ(db.draw("counters_2", 0).value(), 51);
}

TEST_F(memory_database, a_transaction_may_touch_declared_keys_alone) {
    const auto tx = std::move(begin(store_, 1).value().transaction);
    EXPECT_EQ(tx->write(put(2, 5)).error().value(), errc::invalid_options);
    EXPECT_TRUE(tx->commit().has_error());
    EXPECT_EQ(value(2), -1);
}

TEST_F(memory_database, a_transaction_that_ended_does_nothing_more) {
    const auto tx = std::move(begin(store_, 1).value().transaction);
    ASSERT_TRUE(tx->write(put(1, 5)));
    ASSERT_TRUE(tx->commit());
    EXPECT_EQ(tx->write(put(1, 6)).error().value(), errc::stopped);
    EXPECT_EQ(tx->commit().error().value(), errc::stopped);
    EXPECT_EQ(value(1), 5);
}

TEST_F(memory_database, an_operation_before_bind_is_refused) {
    tandem::memory::store loose(db_);
    EXPECT_EQ(loose.read_fences({}).error().value(), errc::not_started);
    EXPECT_EQ(loose.write(put(1, 1), old_only, {}).error().value(), errc::not_started);
}

TEST_F(memory_database, refuses_stale_beliefs_where_told_so) {
    tandem::memory::store strict(db_, {.refuse_stale_beliefs = true});
    ASSERT_TRUE(strict.bind(bind_to(side::source)));
    const tandem::route stale{0, tandem::phase::old_only};
    EXPECT_EQ(strict.write(put(1, 1), stale, {}).value().status, tandem::write_status::fenced);
    EXPECT_EQ(strict.write(put(1, 1), old_only, {}).value().status,
              tandem::write_status::committed);
    EXPECT_EQ(store_.write(put(1, 2), stale, {}).value().status, tandem::write_status::committed);
}

TEST_F(memory_database, a_batch_that_names_a_key_twice_is_refused) {
    go_dual();
    tandem::change c{.key = at(1).encoded, .version = {5}, .epoch = 2};
    EXPECT_EQ(target_.apply(std::vector{c, c}, {}).error().value(), errc::duplicate_key);
    EXPECT_TRUE(db_.tombstones("m", side::target).empty());
}

TEST_F(memory_database, values_that_the_columns_cannot_hold_are_refused) {
    auto wrong = put(1, 5);
    wrong.image[1] = std::string("five");
    EXPECT_EQ(store_.write(wrong, old_only, {}).error().value(), errc::type_mismatch);
    wrong.image.pop_back();
    EXPECT_EQ(store_.write(wrong, old_only, {}).error().value(), errc::type_mismatch);
    EXPECT_EQ(value(1), -1);
}

/// Time is the test's: a wait for another writer ends when the fake clock says so.
class memory_waits : public ::testing::Test {
protected:
    void SetUp() override {
        ASSERT_TRUE(store_.bind(bind_to(side::source)));
        ASSERT_TRUE(store_.install({}));
    }
    tandem::call_context within(std::chrono::seconds left) const { return {clock_.now() + left}; }

    /// The error of a call that meets an open transaction, while time goes on.
    template <class F>
    errc meeting_a_transaction(F call) {
        const std::vector keys{tandem::table_key{0, at(1)}};
        const auto held = store_.begin(keys, tandem::isolation::read_committed, {});
        std::atomic<bool> done{false};
        errc code{};
        std::thread other([&] {
            code = call().error().value();
            done = true;
        });
        while (!done) {
            clock_.advance(1s);
            std::this_thread::yield();
        }
        other.join();
        return code;
    }

    tandem::testing::fake_clock clock_;
    tandem::memory::database db_{{.now = [this] { return clock_.now(); }}};
    tandem::memory::store store_{db_};
};

TEST_F(memory_waits, of_a_write_end_with_timeout_at_its_deadline) {
    const auto call = within(5s);
    const auto write = [&] { return store_.write(put(1, 1), {1, tandem::phase::old_only}, call); };
    EXPECT_EQ(meeting_a_transaction(write), errc::timeout);
}

TEST_F(memory_waits, of_a_write_end_with_busy_where_the_deadline_is_far) {
    const auto write = [&] { return store_.write(put(1, 1), {1, tandem::phase::old_only}, {}); };
    EXPECT_EQ(meeting_a_transaction(write), errc::busy);
}

TEST_F(memory_waits, of_a_step_end_with_busy) {
    const auto step = [&] {
        return store_.step({.kind = step_kind::roll_primary, .expected = 1}, {});
    };
    EXPECT_EQ(meeting_a_transaction(step), errc::busy);
    EXPECT_EQ(db_.fences("m", side::source).at(0).epoch, 1);
}

TEST_F(memory_waits, of_a_write_end_well_when_the_transaction_ends) {
    const std::vector keys{tandem::table_key{0, at(1)}};
    auto held = store_.begin(keys, tandem::isolation::read_committed, {});
    std::thread other([&] {
        EXPECT_TRUE(store_.write(put(1, 1), {1, tandem::phase::old_only}, {}));
    });
    ASSERT_TRUE(held.value().transaction->write(put(1, 2)));
    ASSERT_TRUE(held.value().transaction->commit());
    other.join();
    EXPECT_EQ(db_.find("counters", {std::int64_t{1}})->image[1], tandem::cell(std::int64_t{1}));
}

TEST_F(memory_waits, a_transaction_past_its_deadline_commits_nothing) {
    const std::vector keys{tandem::table_key{0, at(1)}};
    auto held = store_.begin(keys, tandem::isolation::read_committed, within(5s));
    ASSERT_TRUE(held.value().transaction->write(put(1, 2)));
    clock_.advance(5s);
    EXPECT_EQ(held.value().transaction->commit().error().value(), errc::timeout);
    EXPECT_TRUE(db_.rows("counters").empty());
}

TEST_F(memory_waits, the_age_of_what_is_owed_is_that_of_the_clock) {
    ASSERT_TRUE(store_.step({.kind = step_kind::enter_primary, .expected = 1}, {}).value());
    ASSERT_TRUE(store_.write(put(1, 1), {}, {}));
    clock_.advance(3s);
    ASSERT_TRUE(store_.write(put(2, 1), {}, {}));
    EXPECT_EQ(store_.stats({}).value().oldest_age_ms, 3000);
}

} // namespace tandem_test
