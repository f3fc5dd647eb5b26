// SPDX-License-Identifier: BSL-1.0
//
// Leaving, over memory stores: what is refused, what a crash between the sides leaves behind, and
// who comes in between.

#include "world.hpp"

namespace tandem_test {
namespace {

const account ann{.id = 1, .owner = "Ann", .balance = 100, .note = {}};
const account bob{.id = 2, .owner = "Bob", .balance = 50, .note = {}};

class leaving : public walk {
protected:
    service& in_old_only() {
        auto& s = start_service();
        EXPECT_TRUE(s.accounts.upsert(ann));
        enter_dual(s);
        EXPECT_TRUE(s.migration.forward());
        EXPECT_TRUE(s.migration.backward());
        EXPECT_TRUE(s.migration.backward());
        return s;
    }
    service& in_new_only() {
        auto& s = start_service();
        EXPECT_TRUE(s.accounts.upsert(ann));
        enter_dual(s);
        EXPECT_TRUE(s.migration.forward());
        EXPECT_TRUE(s.migration.forward());
        return s;
    }
    [[nodiscard]] bool is_installed(side s) const {
        return !(s == side::source ? old_db : new_db).fences("ledger", s).empty();
    }
    void expect_nothing_installed() const {
        EXPECT_FALSE(is_installed(side::source));
        EXPECT_FALSE(is_installed(side::target));
    }
    template <class T>
    static errc error_of(const result<T>& r) {
        return r ? errc{} : r.error().value();
    }
};

TEST_F(leaving, from_old_only_leaves_the_rows_of_both_sides) {
    auto& s = in_old_only();
    auto& second = start_service();
    ASSERT_TRUE(s.migration.uninstall());
    expect_nothing_installed();
    EXPECT_EQ(accounts_at(side::source).at(1), ann);
    EXPECT_EQ(accounts_at(side::target).at(1), ann);
    EXPECT_EQ(error_of(second.accounts.upsert(bob)), errc::not_installed);
    EXPECT_EQ(error_of(second.accounts.get(1)), errc::not_installed);
    EXPECT_EQ(error_of(second.accounts.update(1, [](account& a) { a.balance = 0; })),
              errc::not_installed);
    EXPECT_EQ(error_of(second.accounts.scan({}, {}, 9)), errc::not_installed);
    EXPECT_EQ(accounts_at(side::source).size(), 1u);
}

TEST_F(leaving, can_empty_the_target_that_was_left_behind) {
    auto& s = in_old_only();
    ASSERT_TRUE(s.migration.uninstall({.empty_target = true}));
    EXPECT_EQ(accounts_at(side::source).size(), 1u);
    EXPECT_TRUE(accounts_at(side::target).empty());
}

TEST_F(leaving, from_new_only_never_empties_the_target) {
    auto& s = in_new_only();
    ASSERT_TRUE(s.migration.uninstall({.empty_target = true}));
    expect_nothing_installed();
    EXPECT_EQ(accounts_at(side::target).at(1), ann);
    EXPECT_EQ(accounts_at(side::source).at(1), ann);
    EXPECT_EQ(error_of(s.accounts.upsert(bob)), errc::not_installed);
}

TEST_F(leaving, right_after_the_installation) {
    auto& s = start_service();
    ASSERT_TRUE(s.migration.uninstall());
    expect_nothing_installed();
}

TEST_F(leaving, needs_no_start) {
    in_new_only();
    service fresh(old_db, new_db, options);
    ASSERT_TRUE(fresh.migration.uninstall());
    expect_nothing_installed();
}

TEST_F(leaving, a_second_time_says_that_nothing_is_there) {
    auto& s = in_new_only();
    ASSERT_TRUE(s.migration.uninstall());
    EXPECT_EQ(error_of(s.migration.uninstall()), errc::not_installed);
}

TEST_F(leaving, a_later_installation_begins_anew) {
    auto& s = in_old_only();
    ASSERT_TRUE(s.migration.uninstall());
    auto& again = start_service();
    expect_phase(again, phase::old_only);
    ASSERT_TRUE(again.accounts.upsert(bob));
    ASSERT_TRUE(again.migration.forward({.allow_truncate = true}));
    ASSERT_TRUE(again.migration.backfill());
    deliver_all(again);
    expect_equal_sides();
}

TEST_F(leaving, is_refused_while_both_sides_are_written) {
    auto& s = start_service();
    enter_dual(s);
    EXPECT_EQ(error_of(s.migration.uninstall()), errc::wrong_phase);
    ASSERT_TRUE(s.migration.forward());
    EXPECT_EQ(error_of(s.migration.uninstall()), errc::wrong_phase);
    EXPECT_TRUE(s.accounts.upsert(ann));
    EXPECT_TRUE(is_installed(side::source) && is_installed(side::target));
}

TEST_F(leaving, is_refused_while_a_switch_drains) {
    auto& s = start_service();
    enter_dual(s);
    const call_context call{monotonic_time::max()};
    ASSERT_TRUE(s.source.step({.kind = step_kind::begin_handover, .expected = 2}, call).value());
    EXPECT_EQ(error_of(s.migration.uninstall()), errc::switch_in_progress);
    ASSERT_TRUE(s.source.step({.kind = step_kind::decide, .expected = 3}, call).value());
    EXPECT_EQ(error_of(s.migration.uninstall()), errc::switch_in_progress);
    EXPECT_TRUE(is_installed(side::source) && is_installed(side::target));
}

TEST_F(leaving, a_crash_after_the_target_of_old_only_lets_the_source_serve) {
    auto& s = in_old_only();
    s.source_faults.fail({operation::uninstall}, errc::unavailable);
    EXPECT_EQ(error_of(s.migration.uninstall()), errc::unavailable);
    EXPECT_FALSE(is_installed(side::target));
    EXPECT_TRUE(s.accounts.upsert(bob));
    EXPECT_EQ(error_of(s.migration.forward()), errc::not_installed);
    service next(old_db, new_db, options);
    EXPECT_EQ(error_of(next.migration.install()), errc::wrong_phase);
    ASSERT_TRUE(next.migration.uninstall());
    expect_nothing_installed();
    EXPECT_EQ(accounts_at(side::source).size(), 2u);
}

TEST_F(leaving, a_crash_after_the_target_of_new_only_opens_no_side) {
    auto& s = in_new_only();
    s.source_faults.fail({operation::uninstall}, errc::unavailable);
    EXPECT_EQ(error_of(s.migration.uninstall()), errc::unavailable);
    EXPECT_FALSE(is_installed(side::target));
    EXPECT_EQ(error_of(s.accounts.upsert(bob)), errc::not_installed);
    service next(old_db, new_db, options);
    EXPECT_EQ(error_of(next.migration.install()), errc::wrong_phase);
    ASSERT_TRUE(next.migration.uninstall());
    expect_nothing_installed();
}

TEST_F(leaving, a_target_made_anew_beside_a_source_left_behind_never_opens_the_source) {
    auto& s = in_new_only();
    s.source_faults.fail({operation::uninstall}, errc::unavailable);
    EXPECT_EQ(error_of(s.migration.uninstall()), errc::unavailable);
    ASSERT_TRUE(s.target.install({})); // past the check of migration::install
    ASSERT_TRUE(s.accounts.upsert(bob));
    expect_phase(s, phase::new_only);
    EXPECT_EQ(accounts_at(side::source).size(), 1u);
    EXPECT_EQ(accounts_at(side::target).at(2), bob);
}

TEST_F(leaving, an_answer_that_was_lost_is_looked_up) {
    auto& s = in_new_only();
    s.target_faults.unknown_applied({operation::uninstall});
    EXPECT_EQ(error_of(s.migration.uninstall()), errc::connection_lost);
    ASSERT_TRUE(s.migration.uninstall());
    expect_nothing_installed();
    EXPECT_EQ(error_of(s.migration.uninstall()), errc::not_installed);
}

TEST_F(leaving, an_era_whose_second_step_never_came_is_taken_back) {
    auto& s = in_old_only();
    s.source_faults.fail({operation::step}, errc::unavailable); // after the step at the target
    EXPECT_FALSE(s.migration.forward({.allow_truncate = true}));
    ASSERT_TRUE(s.migration.uninstall());
    expect_nothing_installed();
}

TEST_F(leaving, the_same_in_new_only) {
    auto& s = in_new_only();
    s.target_faults.fail({operation::step}, errc::unavailable);
    EXPECT_FALSE(s.migration.backward());
    ASSERT_TRUE(s.migration.uninstall());
    expect_nothing_installed();
}

TEST_F(leaving, an_era_that_begins_meanwhile_stops_it) {
    auto& s = in_old_only();
    auto& second = start_service();
    s.target_faults.before({operation::uninstall}, [&] {
        EXPECT_TRUE(second.migration.forward({.allow_truncate = true}));
    });
    EXPECT_EQ(error_of(s.migration.uninstall()), errc::wrong_phase);
    ASSERT_TRUE(second.accounts.upsert(bob));
    ASSERT_TRUE(second.migration.backfill());
    deliver_all(second);
    expect_equal_sides();
}

TEST_F(leaving, an_era_that_begins_after_the_mark_stops_it) {
    auto& s = in_new_only();
    auto& second = start_service();
    s.target_faults.before({operation::uninstall},
                           [&] { EXPECT_TRUE(second.migration.backward()); });
    EXPECT_EQ(error_of(s.migration.uninstall()), errc::wrong_phase);
    ASSERT_TRUE(second.accounts.upsert(bob));
    ASSERT_TRUE(second.migration.backfill());
    ASSERT_TRUE(second.migration.backward());
    EXPECT_EQ(accounts_at(side::source).at(2), bob);
    expect_equal_sides();
}

TEST_F(leaving, by_two_processes_at_once_is_done_once) {
    auto& s = in_new_only();
    auto& second = start_service();
    s.target_faults.before({operation::uninstall},
                           [&] { EXPECT_TRUE(second.migration.uninstall()); });
    EXPECT_TRUE(s.migration.uninstall());
    expect_nothing_installed();
}

TEST_F(leaving, a_side_out_of_reach_is_waited_for_unless_it_is_lost) {
    auto& s = in_new_only();
    s.source_faults.fail({operation::any, 0, -1}, errc::unavailable);
    EXPECT_EQ(error_of(s.migration.uninstall()), errc::unavailable);
    EXPECT_TRUE(is_installed(side::target));
    ASSERT_TRUE(s.migration.uninstall({.lost = side::source}));
    EXPECT_FALSE(is_installed(side::target));
}

TEST_F(leaving, a_secondary_whose_primary_is_not_there_stays_unless_it_is_lost) {
    auto& s = start_service();
    enter_dual(s);
    memory::database elsewhere;
    service wrong(elsewhere, new_db, options);
    const auto refused = wrong.migration.uninstall();
    EXPECT_EQ(error_of(refused), errc::wrong_phase);
    EXPECT_EQ(error_of(wrong.migration.install()), errc::wrong_phase);
    EXPECT_TRUE(is_installed(side::target));
    service other_wrong(old_db, elsewhere, options);
    EXPECT_EQ(error_of(other_wrong.migration.uninstall()), errc::wrong_phase);
    EXPECT_EQ(error_of(other_wrong.migration.install()), errc::wrong_phase);
    ASSERT_TRUE(wrong.migration.uninstall({.lost = side::source}));
    EXPECT_FALSE(is_installed(side::target));
}

TEST_F(leaving, an_installation_that_came_to_the_target_alone_can_be_taken_back) {
    service s(old_db, new_db, options);
    s.source_faults.fail({operation::install}, errc::unavailable);
    EXPECT_EQ(error_of(s.migration.install()), errc::unavailable);
    EXPECT_TRUE(is_installed(side::target));
    ASSERT_TRUE(s.migration.uninstall());
    expect_nothing_installed();
}

TEST_F(leaving, after_stop_is_refused) {
    auto& s = in_new_only();
    s.migration.stop();
    EXPECT_EQ(error_of(s.migration.uninstall()), errc::stopped);
}

TEST(leaving_one_store, empties_no_table_and_has_no_lost_side) {
    memory::database db;
    memory::store both(db);
    migration m({.name = "split"}, both);
    (void)m.add(accounts_old.no_version(), accounts_new.no_version());
    ASSERT_TRUE(m.install());
    EXPECT_EQ(m.uninstall({.empty_target = true}).error(), errc::invalid_options);
    EXPECT_EQ(m.uninstall({.lost = side::target}).error(), errc::invalid_options);
    EXPECT_TRUE(m.uninstall());
}

TEST_F(leaving, prints_nothing_for_a_store_without_sql) {
    auto& s = start_service();
    EXPECT_EQ(error_of(s.migration.install_script(side::source)), errc::unsupported);
}

} // namespace
} // namespace tandem_test
