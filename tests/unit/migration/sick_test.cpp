// SPDX-License-Identifier: BSL-1.0
//
// A secondary that fails or does not answer: nobody waits for it, nothing is lost, and what it
// refuses for good is in the way of a switch until somebody deals with it.

#include "tandem/worker.hpp"

#include "world.hpp"

#include <thread>

namespace tandem_test {
namespace {

class sick_secondary : public walk {
protected:
    tandem::testing::fake_clock time{{.auto_advance = true}};
    std::vector<dead_letter> told;

    sick_secondary() {
        options.clock = std::make_shared<clock_ref<tandem::testing::fake_clock>>(time);
        options.seed = 1;
        options.on_dead_letter = [this](const dead_letter& l) { told.push_back(l); };
    }
    static void poison(service& s, std::int64_t id) {
        s.target_faults.poison(
            [=](const change& c) { return c.key == encode_stored_key(key{id}); });
    }
    /// Passes until the poisoned rows are dead, their pauses over.
    void relay_until_dead(service& s) {
        for (int pass = 0; pass < 5; ++pass)
            ASSERT_TRUE(s.migration.relay_once({.retry_pause_min = {}, .retry_pause_max = {}}));
    }
    static void hang(service& s) { s.target_faults.fail({operation::apply, 0, -1}, errc::timeout); }
    static std::int64_t applies(service& s) { return s.target_faults.count(operation::apply); }
    static breaker_state state(service& s) {
        return s.migration.status().value().target.breaker.state;
    }
    /// Five writes that wait in vain.
    void open_breaker(service& s) {
        hang(s);
        for (std::int64_t id = 1; id <= 5; ++id)
            ASSERT_TRUE(s.accounts.upsert({.id = id}));
        ASSERT_EQ(state(s), breaker_state::open);
    }
    service& start_sync() {
        options.mode = secondary_mode::sync;
        auto& s = start_service();
        enter_dual(s);
        return s;
    }
};

TEST_F(sick_secondary, that_hangs_is_no_longer_waited_for) {
    auto& s = start_sync();
    open_breaker(s);
    const auto before = applies(s);
    for (std::int64_t id = 6; id <= 20; ++id)
        ASSERT_TRUE(s.accounts.upsert({.id = id}));
    EXPECT_EQ(applies(s), before);
    EXPECT_EQ(s.migration.status().value().source.owed.owed, 20);
}

TEST_F(sick_secondary, that_hangs_is_left_alone_by_relay_and_housekeeping) {
    auto& s = start_sync();
    open_breaker(s);
    const auto calls = [&] {
        const auto& f = s.target_faults;
        return f.count(operation::apply) + f.count(operation::owed) + f.count(operation::settle) +
               f.count(operation::purge);
    };
    const auto before = calls();
    const auto pass = s.migration.relay_once();
    ASSERT_TRUE(pass);
    EXPECT_TRUE(pass.value().breaker_open);
    EXPECT_EQ(*pass.value().trouble, errc::unavailable);
    EXPECT_EQ(pass.value().loaded, 0);
    ASSERT_TRUE(s.migration.housekeeping());
    EXPECT_EQ(calls(), before);
}

TEST_F(sick_secondary, that_answers_again_gets_all_that_is_owed) {
    auto& s = start_sync();
    open_breaker(s);
    s.target_faults.clear();
    time.advance(std::chrono::seconds(7)); // 5 s and a quarter at most
    EXPECT_EQ(state(s), breaker_state::half_open);
    EXPECT_EQ(s.migration.relay_once().value().settled, 5);
    EXPECT_EQ(state(s), breaker_state::closed);
    expect_equal_sides();
}

TEST_F(sick_secondary, that_is_owed_nothing_any_more_is_well_after_a_look_at_it) {
    auto& s = start_sync();
    s.target_faults.fail({operation::apply, 0, -1}, errc::timeout);
    for (int n = 0; n < 5; ++n)
        ASSERT_TRUE(s.accounts.upsert({.id = 1}));
    s.target_faults.clear();
    deliver_all(start_service()); // another process
    time.advance(std::chrono::seconds(7));
    EXPECT_EQ(state(s), breaker_state::half_open);
    ASSERT_TRUE(s.migration.relay_once());
    EXPECT_EQ(state(s), breaker_state::closed);
}

TEST_F(sick_secondary, whose_driver_throws_at_the_probe_is_probed_again) {
    auto& s = start_sync();
    open_breaker(s);
    s.target_faults.clear();
    time.advance(std::chrono::seconds(7));
    struct thrown {};
    s.target_faults.before({operation::any}, [] { throw thrown(); });
    EXPECT_THROW((void)s.migration.relay_once(), thrown);
    EXPECT_EQ(state(s), breaker_state::open);
    time.advance(std::chrono::seconds(14));
    EXPECT_EQ(s.migration.relay_once().value().settled, 5);
}

TEST_F(sick_secondary, is_not_blamed_for_what_the_deadline_of_the_caller_leaves_no_time_for) {
    auto& s = start_sync();
    hang(s);
    const auto before = applies(s);
    for (std::int64_t id = 1; id <= 6; ++id)
        ASSERT_TRUE(s.accounts.upsert({.id = id}, {.timeout = milliseconds(50)}));
    EXPECT_EQ(applies(s), before);
    EXPECT_EQ(state(s), breaker_state::closed);
}

TEST_F(sick_secondary, is_probed_by_a_writer_only_where_no_relay_did) {
    auto& s = start_sync();
    open_breaker(s);
    s.target_faults.clear();
    time.advance(std::chrono::seconds(7));
    const auto before = applies(s);
    ASSERT_TRUE(s.accounts.upsert({.id = 6}));
    EXPECT_EQ(applies(s), before);
    time.advance(std::chrono::seconds(5));
    ASSERT_TRUE(s.accounts.upsert({.id = 7}));
    EXPECT_EQ(applies(s), before + 1);
    EXPECT_EQ(state(s), breaker_state::closed);
}

TEST_F(sick_secondary, whose_breaker_is_open_can_be_switched_to_when_it_answers) {
    auto& s = start_sync();
    open_breaker(s);
    s.target_faults.clear();
    ASSERT_EQ(s.migration.forward().value(), phase::dual_new_primary);
    expect_equal_sides();
    EXPECT_EQ(state(s), breaker_state::closed);
}

TEST_F(sick_secondary, opens_no_breaker_by_refusing_rows) {
    auto& s = start_sync();
    for (std::int64_t id = 1; id <= 30; ++id)
        poison(s, id);
    for (std::int64_t id = 1; id <= 30; ++id)
        ASSERT_TRUE(s.accounts.upsert({.id = id}));
    EXPECT_EQ(state(s), breaker_state::closed);
}

TEST_F(sick_secondary, tells_since_when_its_breaker_is_open) {
    auto& s = start_sync();
    open_breaker(s);
    time.advance(std::chrono::seconds(3));
    const auto now = s.migration.status().value();
    EXPECT_EQ(now.target.breaker.since, std::chrono::seconds(3));
    EXPECT_EQ(now.source.breaker.state, breaker_state::closed);
}

// Without the bound they would end with busy, after the database's own ten seconds each.
TEST_F(sick_secondary, keeps_a_sync_write_waiting_for_its_bound_alone) {
    options.clock = nullptr;
    options.sync_timeout = milliseconds(20);
    options.timeout = std::chrono::hours(1);
    auto& s = start_sync();
    memory::store neighbour(new_db);
    const tandem::binding other_migration{
        .migration = "neighbour", .id = 1, .tables = {schema_of(accounts_old)}};
    ASSERT_TRUE(neighbour.bind(other_migration));
    ASSERT_TRUE(neighbour.install({}));
    const std::vector keys{s.accounts.key(9).value()};
    const auto holds_the_database = neighbour.begin(keys, isolation::read_committed, {});
    ASSERT_TRUE(holds_the_database);
    for (std::int64_t id = 1; id <= 5; ++id)
        ASSERT_TRUE(s.accounts.upsert({.id = id}));
    EXPECT_EQ(s.migration.status().value().source.owed.owed, 5);
    EXPECT_EQ(state(s), breaker_state::open);
}

TEST_F(sick_secondary, makes_a_dead_letter_that_is_told_and_listed) {
    auto& s = start_service();
    enter_dual(s);
    poison(s, 2);
    for (std::int64_t id = 1; id <= 3; ++id)
        ASSERT_TRUE(s.accounts.upsert({.id = id}));
    relay_until_dead(s);
    const auto letters = s.migration.dead_letters().value();
    ASSERT_EQ(letters.size(), 1u);
    EXPECT_EQ(letters[0].key, encode_stored_key(key{std::int64_t{2}}));
    EXPECT_EQ(letters[0].attempts, 5);
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].id, letters[0].id);
    EXPECT_EQ(told[0].key, letters[0].key);
    EXPECT_EQ(told[0].version, letters[0].version);
    EXPECT_EQ(told[0].attempts, 5);
    EXPECT_EQ(told[0].last_error, letters[0].last_error);
    EXPECT_EQ(told[0].owing, side::source);
    EXPECT_EQ(s.migration.status().value().source.owed.dead, 1);
}

TEST_F(sick_secondary, has_a_callback_that_may_not_call_tandem) {
    errc nested{};
    service* called = nullptr;
    options.on_dead_letter = [&](const dead_letter&) {
        nested = called->migration.relay_once().error().value();
    };
    auto& s = start_service();
    called = &s;
    enter_dual(s);
    poison(s, 1);
    ASSERT_TRUE(s.accounts.upsert({.id = 1}));
    relay_until_dead(s);
    EXPECT_EQ(nested, errc::nested_call);
}

TEST_F(sick_secondary, is_not_asked_again_for_a_row_before_its_pause_is_over) {
    auto& s = start_service();
    enter_dual(s);
    poison(s, 1);
    ASSERT_TRUE(s.accounts.upsert({.id = 1}));
    const relay_options patient{.retry_pause_min = std::chrono::hours(1),
                                .retry_pause_max = std::chrono::hours(1)};
    EXPECT_EQ(s.migration.relay_once(patient).value().failed, 1);
    EXPECT_EQ(s.migration.relay_once(patient).value().loaded, 0);
}

TEST_F(sick_secondary, is_asked_by_the_drain_for_a_row_that_waits) {
    auto& s = start_service();
    enter_dual(s);
    poison(s, 1);
    ASSERT_TRUE(s.accounts.upsert({.id = 1}));
    ASSERT_TRUE(s.migration.relay_once(
        {.retry_pause_min = std::chrono::hours(1), .retry_pause_max = std::chrono::hours(1)}));
    s.target_faults.clear();
    EXPECT_TRUE(s.migration.forward());
    expect_equal_sides();
}

TEST_F(sick_secondary, gets_the_letters_that_are_retried_and_no_others) {
    auto& s = start_service();
    enter_dual(s);
    for (std::int64_t id = 1; id <= 3; ++id) {
        poison(s, id);
        ASSERT_TRUE(s.accounts.upsert({.id = id}));
    }
    relay_until_dead(s);
    s.target_faults.clear();
    const auto letters = s.migration.dead_letters().value();
    ASSERT_EQ(letters.size(), 3u);
    EXPECT_EQ(s.migration.retry_dead_letters(std::span(letters).first(1)).value(), 1);
    deliver_all(s);
    EXPECT_EQ(accounts_at(side::target).size(), 1u);
    EXPECT_EQ(s.migration.forward().error().value(), errc::dead_letters);
    EXPECT_EQ(s.migration.retry_dead_letters(letters).value(), 2);
    EXPECT_TRUE(s.migration.forward());
    expect_equal_sides();
}

TEST_F(sick_secondary, lists_its_letters_in_pages) {
    auto& s = start_service();
    enter_dual(s);
    for (std::int64_t id = 1; id <= 3; ++id) {
        poison(s, id);
        ASSERT_TRUE(s.accounts.upsert({.id = id}));
    }
    relay_until_dead(s);
    const auto first = s.migration.dead_letters({.limit = 2}).value();
    ASSERT_EQ(first.size(), 2u);
    const auto rest = s.migration.dead_letters({.limit = 2, .after = first.back()}).value();
    ASSERT_EQ(rest.size(), 1u);
    EXPECT_GT(rest[0].id, first[1].id);
    EXPECT_EQ(s.migration.dead_letters({.limit = 0}).error().value(), errc::invalid_options);
}

TEST_F(sick_secondary, that_took_a_newer_version_ends_the_dead_letter) {
    auto& s = start_service();
    enter_dual(s);
    poison(s, 1);
    ASSERT_TRUE(s.accounts.upsert({.id = 1}));
    relay_until_dead(s);
    s.target_faults.clear();
    ASSERT_TRUE(s.accounts.upsert({.id = 1, .owner = "cured"}));
    deliver_all(s);
    EXPECT_EQ(s.migration.status().value().source.owed.owed, 0);
    EXPECT_TRUE(s.migration.forward());
    expect_equal_sides();
}

TEST_F(sick_secondary, that_lacks_what_was_dropped_is_not_switched_to_before_a_clean_verify) {
    auto& s = start_service();
    enter_dual(s);
    poison(s, 1);
    ASSERT_TRUE(s.accounts.upsert({.id = 1}));
    relay_until_dead(s);
    const auto letters = s.migration.dead_letters().value();
    EXPECT_EQ(s.migration.drop_dead_letters(letters, "").error().value(), errc::invalid_options);
    EXPECT_EQ(s.migration.drop_dead_letters(letters, "row of a test customer").value(), 1);
    EXPECT_EQ(s.migration.drop_dead_letters(letters, "again").value(), 0);

    const auto refused = s.migration.forward();
    EXPECT_EQ(refused.error().value(), errc::dirty);
    EXPECT_NE(refused.error().detail().find("1 dirty"), std::string_view::npos);
    EXPECT_EQ(s.migration.status().value().source.owed.dirty, 1);
    const auto found = s.migration.verify().value();
    EXPECT_EQ(found.missing, 1);
    EXPECT_EQ(s.migration.forward().error().value(), errc::dirty);

    s.target_faults.clear();
    ASSERT_TRUE(s.migration.backfill());
    const auto clean = s.migration.verify().value();
    EXPECT_TRUE(clean.is_clean());
    EXPECT_EQ(clean.cleared, 1);
    EXPECT_TRUE(s.migration.forward());
    expect_equal_sides();
}

TEST_F(sick_secondary, that_kept_a_row_whose_delete_was_dropped_loses_it_by_a_backfill) {
    auto& s = start_service();
    ASSERT_TRUE(s.accounts.upsert({.id = 1}));
    enter_dual(s);
    poison(s, 1);
    ASSERT_TRUE(s.accounts.erase(1).value());
    relay_until_dead(s);
    ASSERT_TRUE(s.migration.drop_dead_letters(s.migration.dead_letters().value(), "given up"));
    ASSERT_TRUE(s.migration.housekeeping()); // purges, but not here
    EXPECT_EQ(s.migration.verify().value().extra, 1);
    s.target_faults.clear();
    ASSERT_TRUE(s.migration.backfill());
    EXPECT_TRUE(s.migration.verify().value().is_clean());
    expect_equal_sides();
}

TEST_F(sick_secondary, leaves_a_worker_at_work_that_delivers_when_it_is_well) {
    options.clock = nullptr;
    options.breaker.pause_min = options.breaker.pause_max = milliseconds(1);
    auto& s = start_service();
    enter_dual(s);
    s.target_faults.fail({operation::apply, 0, 20}, errc::timeout);
    worker w(s.migration, {.idle_pause = milliseconds(1),
                           .trouble_pause_min = milliseconds(1),
                           .trouble_pause_max = milliseconds(2)});
    std::thread t([&] { w.run(); });
    for (std::int64_t id = 1; id <= 20; ++id)
        ASSERT_TRUE(s.accounts.upsert({.id = id}));
    while (s.migration.status().value().source.owed.owed > 0)
        std::this_thread::yield();
    w.stop();
    t.join();
    expect_equal_sides();
    EXPECT_GT(applies(s), 20);
}

TEST_F(sick_secondary, has_options_that_are_checked) {
    for (const auto& spoil : std::vector<std::function<void(migration_options&)>>{
             [](migration_options& o) { o.sync_timeout = milliseconds(0); },
             [](migration_options& o) { o.breaker.failure_percent = 0; },
             [](migration_options& o) { o.breaker.pause_max = milliseconds(1); }}) {
        migration_options bad = options;
        spoil(bad);
        service s(old_db, new_db, bad);
        EXPECT_EQ(s.migration.install().error().value(), errc::invalid_options);
    }
}

} // namespace
} // namespace tandem_test
