// SPDX-License-Identifier: BSL-1.0
//
// Keeping tombstones few: the sweep, and the roll of the epoch in a long dual phase.

#include "tandem/worker.hpp"

#include "world.hpp"

namespace tandem_test {
namespace {

class few_tombstones : public walk {
protected:
    tandem::testing::fake_clock time{{.auto_advance = true}};

    few_tombstones() {
        options.clock = std::make_shared<clock_ref<tandem::testing::fake_clock>>(time);
    }
    /// Dual, with `n` tombstones at either side, delivered.
    service& start_with_tombstones(std::int64_t n) {
        auto& s = start_service();
        enter_dual(s);
        erase_some(s, n);
        deliver_all(s);
        return s;
    }
    static void erase_some(service& s, std::int64_t n) {
        for (std::int64_t id = 1; id <= n; ++id) {
            ASSERT_TRUE(s.accounts.upsert({.id = id}));
            ASSERT_TRUE(s.accounts.erase(id));
        }
    }
    std::size_t held(side s) const {
        return (s == side::source ? old_db : new_db).tombstones("ledger", s).size();
    }
    epoch epoch_at(side s) const {
        return (s == side::source ? old_db : new_db).fences("ledger", s).front().epoch;
    }
};

TEST_F(few_tombstones, at_the_secondary_outlast_a_dual_phase_and_go_after_a_roll) {
    auto& s = start_with_tombstones(3);
    ASSERT_TRUE(s.migration.housekeeping());
    EXPECT_EQ(held(side::source), 0u);
    EXPECT_EQ(held(side::target), 3u);
    const epoch before = epoch_at(side::target);
    EXPECT_EQ(s.migration.roll_epoch().value(), before + 1);
    EXPECT_EQ(epoch_at(side::source), before + 1);
    EXPECT_EQ(epoch_at(side::target), before + 1);
    ASSERT_TRUE(s.migration.housekeeping());
    EXPECT_EQ(held(side::target), 0u);
    expect_phase(s, phase::dual_old_primary);
    EXPECT_TRUE(s.migration.status().value().synced);
}

TEST_F(few_tombstones, the_status_counts_them) {
    auto& s = start_with_tombstones(3);
    const auto status = s.migration.status().value();
    EXPECT_EQ(status.source.tombstones.count, 3);
    EXPECT_EQ(status.target.tombstones.count, 3);
}

TEST_F(few_tombstones, a_roll_delivers_what_is_owed_of_the_epoch_before) {
    auto& s = start_with_tombstones(1);
    ASSERT_TRUE(s.accounts.upsert({.id = 5}));
    ASSERT_TRUE(s.migration.roll_epoch());
    expect_equal_sides();
}

TEST_F(few_tombstones, a_roll_whose_deliveries_fail_leaves_the_secondary_and_goes_on_later) {
    auto& s = start_with_tombstones(1);
    const epoch before = epoch_at(side::target);
    ASSERT_TRUE(s.accounts.upsert({.id = 5}));
    s.target_faults.fail({operation::apply, 0, -1}, errc::unavailable);
    EXPECT_EQ(s.migration.roll_epoch({.timeout = milliseconds(500)}).error().value(),
              errc::changes_owed);
    EXPECT_EQ(epoch_at(side::source), before + 1);
    EXPECT_EQ(epoch_at(side::target), before);
    ASSERT_TRUE(s.accounts.upsert({.id = 6})); // writes go on
    s.target_faults.clear();
    // Any process does the second half, and begins no roll of its own.
    auto& other_process = start_service();
    time.advance(milliseconds(120'000));
    EXPECT_EQ(other_process.migration.roll_epoch().value(), before + 1);
    EXPECT_EQ(epoch_at(side::target), before + 1);
}

TEST_F(few_tombstones, a_roll_waits_for_dead_letters_of_the_epoch_before) {
    auto& s = start_with_tombstones(1);
    s.target_faults.poison([](const change& c) { return c.image.has_value(); });
    ASSERT_TRUE(s.accounts.upsert({.id = 5}));
    ASSERT_TRUE(s.migration.relay_once({.attempts_max = 1}));
    EXPECT_EQ(s.migration.roll_epoch({.timeout = milliseconds(100)}).error().value(),
              errc::dead_letters);
    EXPECT_LT(epoch_at(side::target), epoch_at(side::source));
}

TEST_F(few_tombstones, a_roll_that_died_in_the_middle_is_taken_up) {
    auto& s = start_with_tombstones(1);
    const epoch before = epoch_at(side::source);
    ASSERT_TRUE(s.source.step({.kind = step_kind::roll_primary, .expected = before}, {}).value());
    EXPECT_EQ(s.migration.roll_epoch().value(), before + 1);
    EXPECT_EQ(epoch_at(side::source), before + 1);
    EXPECT_EQ(epoch_at(side::target), before + 1);
}

TEST_F(few_tombstones, a_switch_that_comes_between_ends_a_roll) {
    auto& s = start_with_tombstones(1);
    auto& operator_process = start_service();
    s.target_faults.before({operation::step},
                           [&] { ASSERT_TRUE(operator_process.migration.forward()); });
    ASSERT_TRUE(s.migration.roll_epoch());
    expect_phase(s, phase::dual_new_primary);
    EXPECT_EQ(new_db.fences("ledger", side::target).front().role, role::primary);
    ASSERT_TRUE(s.accounts.upsert({.id = 8}));
    EXPECT_TRUE(s.migration.roll_epoch()); // the other way round
    deliver_all(s);
    expect_equal_sides();
}

TEST_F(few_tombstones, a_single_phase_and_one_database_have_nothing_to_roll) {
    auto& s = start_service();
    EXPECT_EQ(s.migration.roll_epoch().error().value(), errc::wrong_phase);
    EXPECT_EQ(s.migration.roll_epoch({.timeout = milliseconds(0)}).error().value(),
              errc::invalid_options);
    memory::database db;
    memory::store both(db);
    constexpr auto from = accounts_old.no_version();
    constexpr auto to = accounts_new.no_version();
    migration m({.name = "split"}, both);
    auto accounts = m.add(from, to);
    ASSERT_TRUE(m.install());
    ASSERT_TRUE(m.start());
    EXPECT_EQ(m.roll_epoch().error().value(), errc::unsupported);
}

/// Runs a worker for so many rounds of housekeeping.
void work(service& s, fault_injector& at, std::int64_t roll_at, int rounds) {
    worker w(s.migration, {.housekeeping_every = milliseconds(1),
                           .purge_every = milliseconds(1),
                           .roll_at = roll_at});
    // One purge and a sweep a table each round.
    at.before({operation::purge, 3 * rounds}, [&] { w.stop(); });
    w.run();
}

TEST_F(few_tombstones, a_worker_rolls_where_the_secondary_holds_too_many) {
    auto& s = start_with_tombstones(3);
    const epoch before = epoch_at(side::target);
    work(s, s.target_faults, 4, 2);
    EXPECT_EQ(epoch_at(side::target), before);
    EXPECT_EQ(held(side::target), 3u);
    work(s, s.target_faults, 0, 2);
    EXPECT_EQ(epoch_at(side::target), before);
    work(s, s.target_faults, 3, 2);
    EXPECT_EQ(epoch_at(side::target), before + 1);
    EXPECT_EQ(held(side::target), 0u);
}

TEST_F(few_tombstones, beside_a_row_go_in_a_single_phase) {
    auto& s = start_service();
    erase_some(s, 3);
    ASSERT_TRUE(s.accounts.upsert({.id = 1}));
    ASSERT_TRUE(s.entries.upsert({1, "a", 1}));
    ASSERT_TRUE(s.entries.erase({1, "a"}));
    ASSERT_TRUE(s.entries.upsert({1, "a", 1}));
    EXPECT_EQ(held(side::source), 4u);
    ASSERT_TRUE(s.migration.housekeeping());
    EXPECT_EQ(held(side::source), 2u); // of keys that are gone: the next era needs them
}

TEST_F(few_tombstones, wait_while_much_is_owed) {
    auto& s = start_with_tombstones(1);
    std::vector<account> many(10'000);
    for (std::size_t i = 0; i < many.size(); ++i)
        many[i].id = static_cast<std::int64_t>(100 + i);
    ASSERT_TRUE(s.accounts.upsert_all(many));
    ASSERT_TRUE(s.accounts.upsert({.id = 99}));
    ASSERT_TRUE(s.migration.housekeeping());
    EXPECT_EQ(held(side::source), 1u);
    deliver_all(s);
    ASSERT_TRUE(s.migration.housekeeping());
    EXPECT_EQ(held(side::source), 0u);
}

} // namespace
} // namespace tandem_test
