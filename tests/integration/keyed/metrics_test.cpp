// SPDX-License-Identifier: BSL-1.0
//
// What a keyed migration counts, its text read back.
#include "tandem/core/metrics_registry.hpp"

#include "support/exposition.hpp"
#include "world.hpp"

namespace tandem_test {
namespace {

class keyed_metrics : public ::testing::Test {
protected:
    keyed_world w{kind::memory};
    spool_place place;
    std::shared_ptr<metrics_registry> registry = std::make_shared<metrics_registry>();
    spool::spool intents = must(spool::spool::open({.directory = place.path()}));
    hooked_store target{w.target().open()};
    keyed_migration migration{
        {.name = "m", .late_limit = late_limit, .clock = w.clock, .metrics = registry},
        w.source,
        intents,
        target};
    keyed_router<item, std::int64_t> items = migration.add(items_old, items_new);

    keyed_metrics() {
        must(migration.install());
        must(migration.start());
    }
    double sum(const std::string& name, const exposition::labels& wanted = {}) const {
        return exposition(to_prometheus(registry->snapshot())).sum(name, wanted);
    }
};

TEST_F(keyed_metrics, count_calls_pulls_and_the_queue) {
    must(items.put({1, "a", 1}));
    must(items.put({2, "b", 2}));
    must(items.get(1));
    must(migration.forward());
    must(migration.backfill());
    must(items.put({1, "c", 3}));
    must(items.erase(2));
    must(migration.status());
    EXPECT_EQ(sum("tandem_spool_records"), 4);
    EXPECT_GT(sum("tandem_spool_bytes"), 0);
    must(migration.relay_once());
    EXPECT_EQ(sum("tandem_spool_records"), 0);
    const auto calls = [&](const char* op, const char* phase) {
        return sum("tandem_operations_total", {{"op", op}, {"outcome", "ok"}, {"phase", phase}});
    };
    EXPECT_EQ(calls("upsert", "old_only"), 2);
    EXPECT_EQ(calls("get", "old_only"), 1);
    EXPECT_EQ(calls("upsert", "dual_old_primary"), 1);
    EXPECT_EQ(calls("erase", "dual_old_primary"), 1);
    EXPECT_EQ(sum("tandem_operations_total"), 5);
    EXPECT_EQ(sum("tandem_backfill_rows_total", {{"table", "items"}}), 2);
    EXPECT_EQ(sum("tandem_relay_settled_total"), 4);
    EXPECT_EQ(sum("tandem_spool_pulled_keys_total", {{"result", "applied"}}), 2);
    EXPECT_EQ(sum("tandem_phase", {{"phase", "dual_old_primary"}}), 1);
    EXPECT_EQ(sum("tandem_synced"), 1);
    EXPECT_EQ(sum("tandem_spool_damaged"), 0);
}

TEST_F(keyed_metrics, count_an_unknown_outcome) {
    w.source.fail_next(write_fault::unanswered);
    EXPECT_FALSE(items.put({1, "a", 1}));
    EXPECT_EQ(sum("tandem_operations_total", {{"outcome", "outcome_unknown"}}), 1);
}

} // namespace
} // namespace tandem_test
