// SPDX-License-Identifier: BSL-1.0
//
// Known traffic, and the exposition read back: the counts are those of the traffic, exactly.
#include "tandem/core/metrics_registry.hpp"
#include "tandem/memory/keyed_store.hpp"
#include "tandem/keyed_migration.hpp"
#include "tandem/worker.hpp"

#include "support/exposition.hpp"
#include "world.hpp"

#include <thread>

namespace tandem_test {
namespace {

using labels = exposition::labels;

class metrics : public walk {
protected:
    std::shared_ptr<metrics_registry> registry = std::make_shared<metrics_registry>();
    tandem::testing::fake_clock time{{.auto_advance = true}};

    metrics() {
        options.metrics = registry;
        options.seed = 1;
        options.clock = std::make_shared<clock_ref<tandem::testing::fake_clock>>(time);
    }
    exposition read() const { return exposition(to_prometheus(registry->snapshot())); }
    double sum(const std::string& name, const labels& wanted = {}) const {
        return read().sum(name, wanted);
    }
    static void poison(service& s, std::int64_t id) {
        s.target_faults.poison(
            [=](const change& c) { return c.key == encode_stored_key(key{id}); });
    }
    static void upsert(service& s, std::int64_t from, std::int64_t to) {
        for (std::int64_t id = from; id <= to; ++id)
            ASSERT_TRUE(s.accounts.upsert({.id = id}));
    }
};

TEST_F(metrics, count_calls_by_kind_outcome_and_phase) {
    auto& s = start_service();
    upsert(s, 1, 3);
    EXPECT_FALSE(s.accounts.insert({.id = 1}));
    ASSERT_TRUE(s.accounts.get(1));
    ASSERT_TRUE(s.accounts.scan({}, {}, 10));
    ASSERT_TRUE(s.migration.forward());
    ASSERT_TRUE(s.accounts.erase(3));
    ASSERT_TRUE(s.accounts.get_many(std::array<std::int64_t, 2>{1, 2}));
    ASSERT_TRUE(s.accounts.update(1, [](account& a) { a.balance = 5; }));
    ASSERT_TRUE(s.accounts.upsert_all(std::vector<account>{{.id = 8}, {.id = 9}}));
    EXPECT_FALSE(s.migration.transaction(
        {s.accounts.key(1)}, [](transaction&) -> result<void> { return errc::cancelled; }));
    s.source_faults.fail({operation::read}, errc::permission_denied);
    EXPECT_FALSE(s.accounts.get(1));
    s.source_faults.unknown_applied({operation::write});
    EXPECT_FALSE(s.accounts.upsert({.id = 1}));

    exposition::series seen;
    for (const auto& [have, value] : read().of("tandem_operations_total"))
        if (value > 0) seen[have] = value;
    const auto made = [](const char* op, const char* outcome, const char* phase) {
        return labels{{"migration", "ledger"}, {"op", op}, {"outcome", outcome}, {"phase", phase}};
    };
    const exposition::series expected{
        {made("upsert", "ok", "old_only"), 3},
        {made("insert", "conflict", "old_only"), 1},
        {made("get", "ok", "old_only"), 1},
        {made("scan", "ok", "old_only"), 1},
        {made("erase", "ok", "dual_old_primary"), 1},
        {made("get_many", "ok", "dual_old_primary"), 1},
        {made("modify", "ok", "dual_old_primary"), 1},
        {made("batch", "ok", "dual_old_primary"), 1},
        {made("transaction", "refused", "dual_old_primary"), 1},
        {made("get", "permanent", "dual_old_primary"), 1},
        {made("upsert", "outcome_unknown", "dual_old_primary"), 1},
    };
    EXPECT_EQ(seen, expected);
    EXPECT_EQ(sum("tandem_operation_duration_seconds_count"), 13);
    EXPECT_EQ(sum("tandem_primary_duration_seconds_count", {{"side", "source"}}), 13);
}

TEST_F(metrics, count_exactly_with_many_threads_and_a_worker) {
    options.clock = nullptr;
    auto& s = start_service();
    enter_dual(s);
    worker w(s.migration, {.idle_pause = milliseconds(1), .housekeeping_every = milliseconds(1)});
    std::vector<std::thread> threads;
    threads.emplace_back([&] { w.run(); });
    for (std::int64_t t = 0; t < 4; ++t) {
        threads.emplace_back([&s, t] {
            for (std::int64_t n = 0; n < 250; ++n)
                EXPECT_TRUE(s.accounts.upsert({.id = t * 1000 + n}));
        });
    }
    for (std::size_t t = 1; t < threads.size(); ++t)
        threads[t].join();
    while (sum("tandem_relay_settled_total") < 1000)
        std::this_thread::yield();
    w.stop();
    threads[0].join();
    const auto text = read();
    EXPECT_EQ(text.sum("tandem_operations_total", {{"op", "upsert"}, {"outcome", "ok"}}), 1000);
    EXPECT_EQ(text.sum("tandem_operation_duration_seconds_count", {{"op", "upsert"}}), 1000);
    EXPECT_EQ(text.sum("tandem_secondary_changes_total",
                       {{"side", "target"}, {"table", "accounts"}, {"result", "applied"}}),
              1000);
    EXPECT_EQ(text.sum("tandem_relay_settled_total"), 1000);
    EXPECT_EQ(text.sum("tandem_relay_passes_total", {{"result", "trouble"}}), 0);
}

TEST_F(metrics, show_what_is_owed_after_housekeeping) {
    auto& s = start_service();
    enter_dual(s);
    upsert(s, 1, 7);
    EXPECT_EQ(sum("tandem_outbox_depth"), 0); // not per write
    ASSERT_TRUE(s.migration.housekeeping());
    EXPECT_EQ(sum("tandem_outbox_depth", {{"side", "source"}}), 7);
    EXPECT_EQ(sum("tandem_side_reachable"), 2);
    deliver_all(s);
    ASSERT_TRUE(s.migration.status());
    EXPECT_EQ(sum("tandem_outbox_depth"), 0);
    EXPECT_EQ(sum("tandem_relay_settled_total"), 7);
    EXPECT_EQ(sum("tandem_relay_passes_total", {{"result", "worked"}}), 1);
}

TEST_F(metrics, show_dead_letters_and_dirty_tables) {
    auto& s = start_service();
    enter_dual(s);
    poison(s, 2);
    upsert(s, 1, 3);
    for (int pass = 0; pass < 5; ++pass)
        ASSERT_TRUE(s.migration.relay_once({.retry_pause_min = {}, .retry_pause_max = {}}));
    ASSERT_TRUE(s.migration.housekeeping());
    const labels source{{"side", "source"}};
    EXPECT_EQ(sum("tandem_dead_letters_appeared_total", source), 1);
    EXPECT_EQ(sum("tandem_dead_letters", source), 1);
    EXPECT_EQ(sum("tandem_relay_failed_rows_total"), 5);
    EXPECT_GE(sum("tandem_secondary_apply_failures_total", {{"outcome", "failed"}}), 5);
    ASSERT_TRUE(s.migration.drop_dead_letters(s.migration.dead_letters().value(), "given up"));
    ASSERT_TRUE(s.migration.housekeeping());
    EXPECT_EQ(sum("tandem_dead_letters", source), 0);
    EXPECT_EQ(sum("tandem_dirty_marks", source), 1);
    EXPECT_EQ(sum("tandem_dead_letters_appeared_total", source), 1);
}

TEST_F(metrics, show_the_breaker_and_count_its_turns) {
    options.mode = secondary_mode::sync;
    auto& s = start_service();
    enter_dual(s);
    s.target_faults.fail({operation::apply, 0, -1}, errc::timeout);
    upsert(s, 1, 5);
    const auto breaker = [&](const char* state) {
        return sum("tandem_breaker_state", {{"side", "target"}, {"state", state}});
    };
    EXPECT_EQ(breaker("open"), 1);
    EXPECT_EQ(breaker("closed"), 0);
    ASSERT_TRUE(s.migration.relay_once());
    EXPECT_EQ(sum("tandem_relay_passes_total", {{"result", "shut"}}), 1);
    s.target_faults.clear();
    time.advance(std::chrono::seconds(7));
    ASSERT_TRUE(s.migration.status()); // asks for no probe
    EXPECT_EQ(breaker("half_open"), 1);
    deliver_all(s);
    EXPECT_EQ(breaker("closed"), 1);
    EXPECT_EQ(sum("tandem_breaker_transitions_total", {{"to", "open"}}), 1);
    EXPECT_EQ(sum("tandem_breaker_transitions_total", {{"to", "closed"}}), 1);
}

TEST_F(metrics, tell_a_side_that_does_not_answer_from_one_that_owes_nothing) {
    auto& s = start_service();
    enter_dual(s);
    upsert(s, 1, 2);
    ASSERT_TRUE(s.migration.housekeeping());
    s.source_faults.fail({operation::any, 0, -1}, errc::unavailable);
    (void)s.migration.housekeeping();
    EXPECT_EQ(sum("tandem_side_reachable", {{"side", "source"}}), 0);
    EXPECT_EQ(sum("tandem_outbox_depth", {{"side", "source"}}), 2);
}

TEST_F(metrics, show_phase_epoch_switches_and_how_long_writes_stood) {
    auto& s = start_service();
    ASSERT_TRUE(s.accounts.upsert({.id = 1}));
    enter_dual(s);
    EXPECT_FALSE(s.migration.abort());
    s.source_faults.before({operation::step, 1}, [&] { time.advance(milliseconds(1500)); });
    ASSERT_TRUE(s.migration.forward());
    ASSERT_TRUE(s.migration.housekeeping());
    const auto text = read();
    EXPECT_EQ(text.sum("tandem_phase", {{"phase", "dual_new_primary"}}), 1);
    EXPECT_EQ(text.sum("tandem_phase"), 1);
    EXPECT_EQ(text.sum("tandem_draining"), 0);
    EXPECT_EQ(text.sum("tandem_synced"), 1);
    EXPECT_EQ(text.sum("tandem_phase_epoch"),
              static_cast<double>(s.migration.status().value().target.fence.epoch));
    EXPECT_EQ(text.sum("tandem_switches_total", {{"direction", "forward"}, {"outcome", "ok"}}), 2);
    EXPECT_EQ(text.sum("tandem_switches_total", {{"direction", "abort"}, {"outcome", "refused"}}),
              1);
    EXPECT_EQ(text.sum("tandem_switch_duration_seconds_count", {{"direction", "forward"}}), 2);
    // The second step, and a pause of the drain.
    EXPECT_EQ(text.sum("tandem_write_stop_longest_seconds"), 1.502);
    EXPECT_EQ(text.sum("tandem_backfill_rows_total", {{"table", "accounts"}}), 1);
}

TEST_F(metrics, show_a_drain_that_nobody_ends) {
    auto& s = start_service();
    enter_dual(s);
    s.source_faults.fail({operation::step, 1, -1}, errc::permission_denied);
    EXPECT_FALSE(s.migration.forward());
    ASSERT_TRUE(s.migration.housekeeping());
    EXPECT_EQ(sum("tandem_draining"), 1);
}

TEST_F(metrics, count_what_a_stale_process_was_refused) {
    auto& stale = start_service();
    enter_dual(stale);
    options.metrics = nullptr;
    ASSERT_TRUE(start_service().migration.forward());
    ASSERT_TRUE(stale.accounts.upsert({.id = 1}));
    EXPECT_EQ(sum("tandem_stale_epoch_rejections_total", {{"side", "source"}}), 1);
    EXPECT_EQ(sum("tandem_retries_total"), 1);
    EXPECT_EQ(sum("tandem_primary_duration_seconds_count", {{"side", "target"}}), 1);
}

TEST_F(metrics, show_what_a_verify_found) {
    auto& s = start_service();
    enter_dual(s);
    upsert(s, 1, 3);
    deliver_all(s);
    ASSERT_TRUE(s.migration.verify());
    poison(s, 4);
    ASSERT_TRUE(s.accounts.upsert({.id = 4}));
    for (int pass = 0; pass < 5; ++pass)
        ASSERT_TRUE(s.migration.relay_once({.retry_pause_min = {}, .retry_pause_max = {}}));
    ASSERT_TRUE(s.migration.drop_dead_letters(s.migration.dead_letters().value(), "given up"));
    ASSERT_TRUE(s.migration.verify());
    s.target_faults.fail({operation::scan}, errc::permission_denied);
    EXPECT_FALSE(s.migration.verify());
    const auto text = read();
    for (const char* result : {"clean", "different", "failed"})
        EXPECT_EQ(text.sum("tandem_verify_runs_total", {{"result", result}}), 1) << result;
    EXPECT_EQ(text.sum("tandem_verify_differences", {{"kind", "missing"}}), 1);
    EXPECT_EQ(text.sum("tandem_verify_differences"), 1);
    EXPECT_EQ(text.sum("tandem_verify_rows_total", {{"role", "primary"}}), 7);
}

TEST_F(metrics, go_to_one_series_from_two_migrations_of_a_name) {
    upsert(start_service(), 1, 2);
    upsert(start_service(), 3, 5);
    EXPECT_EQ(sum("tandem_operations_total"), 5);
}

TEST_F(metrics, have_names_as_labels_and_nothing_of_a_row) {
    constexpr const char* canary = "canary-7f3a";
    auto& s = start_service();
    enter_dual(s);
    ASSERT_TRUE(s.entries.upsert({.account = 1, .label = canary, .amount = 5}));
    ASSERT_TRUE(s.accounts.upsert({.id = 1, .owner = canary}));
    deliver_all(s);
    ASSERT_TRUE(s.migration.housekeeping());
    EXPECT_EQ(to_prometheus(registry->snapshot()).find(canary), std::string::npos);
    const std::set<std::string> known{"migration", "side",      "table", "op", "outcome",
                                      "phase",     "result",    "state", "to", "le",
                                      "kind",      "direction", "role"};
    const auto text = read();
    for (const auto& name : text.label_names())
        EXPECT_TRUE(known.contains(name)) << name;
}

} // namespace
} // namespace tandem_test
