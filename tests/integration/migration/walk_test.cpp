// SPDX-License-Identifier: BSL-1.0
//
// A migration of two tables through its four phases and back, over every pair of stores that have
// files or servers, with one bucket and with 1024.
#include "tandem/worker.hpp"

#include "integration/pairs/world.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace tandem_test {

namespace {

struct walk_param {
    kinds_of_pair pair;
    int buckets = 1;
};

std::vector<walk_param> walk_params() {
    std::vector<walk_param> out;
    for (const auto& pair : real_pairs()) {
        out.push_back({pair, 1});
        out.push_back({pair, 1024});
    }
    for (const auto& pair : pooled_pairs())
        out.push_back({pair, 1});
    return out;
}

std::string walk_name(const ::testing::TestParamInfo<walk_param>& of_test) {
    return name_of(of_test.param.pair) + "_" + std::to_string(of_test.param.buckets);
}

const item ann{1, "Ann", 100};
const item bob{2, "Bob", 50};
const note first{1, "first", "written"};

class walk_over_stores : public ::testing::TestWithParam<walk_param> {
protected:
    world w{GetParam().pair.source, GetParam().pair.target, true};

    void SetUp() override { w.options.buckets = GetParam().buckets; }
    /// Into dual_old_primary with everything copied.
    process& start_dual(secondary_mode mode = secondary_mode::async) {
        auto& p = w.start(mode);
        forward_to(p, phase::dual_old_primary);
        must(p.migration.backfill());
        return p;
    }
    static void forward_to(process& p, phase wanted) {
        ASSERT_EQ(must(p.migration.forward()), wanted);
    }
    static void backward_to(process& p, phase wanted) {
        ASSERT_EQ(must(p.migration.backward()), wanted);
    }
    void expect_settled(process& p) {
        deliver_all(p);
        w.expect_equal_sides();
    }
};

TEST_P(walk_over_stores, writes_follow_the_phases_to_the_target_and_none_is_lost) {
    auto& p = w.start();
    w.at(side::source).put_foreign("items", {"9", "Eve", "5"}); // written before tandem came
    must(p.items.upsert(ann));
    must(p.notes.upsert(first));
    forward_to(p, phase::dual_old_primary);
    must(p.migration.backfill({.chunk_rows = 1}));
    must(p.items.upsert(bob));
    must(p.items.update(9, [](item& i) { i.amount = 6; }));
    expect_settled(p);

    forward_to(p, phase::dual_new_primary);
    must(p.items.update(1, [](item& i) { i.amount -= 30; }));
    EXPECT_TRUE(must(p.notes.erase({1, "first"})));
    expect_settled(p);

    forward_to(p, phase::new_only);
    EXPECT_EQ(must(p.items.get(1)), (item{1, "Ann", 70}));
    EXPECT_EQ(must(p.items.get(9)), (item{9, "Eve", 6}));
    EXPECT_EQ(must(p.notes.get({1, "first"})), std::nullopt);
    must(p.items.upsert({3, "at the target alone", 0}));
    EXPECT_EQ(w.item_at(side::source, 3), std::nullopt);
}

TEST_P(walk_over_stores, the_way_back_keeps_what_was_written_at_the_target) {
    auto& p = start_dual();
    must(p.items.upsert(bob));
    forward_to(p, phase::dual_new_primary);
    must(p.items.upsert(ann));
    EXPECT_TRUE(must(p.items.erase(2)));
    backward_to(p, phase::dual_old_primary);
    EXPECT_EQ(w.items_at(side::source), (std::map<std::int64_t, item>{{1, ann}}));

    forward_to(p, phase::dual_new_primary);
    forward_to(p, phase::new_only);
    must(p.items.upsert(bob));
    EXPECT_TRUE(must(p.items.erase(1)));
    backward_to(p, phase::dual_new_primary);
    EXPECT_EQ(p.migration.backward().error(), errc::not_synced);
    must(p.migration.backfill());
    backward_to(p, phase::dual_old_primary);
    EXPECT_EQ(w.items_at(side::source), (std::map<std::int64_t, item>{{2, bob}}));
    expect_settled(p);
}

TEST_P(walk_over_stores, sync_mode_has_applied_the_change_when_it_answers) {
    auto& p = start_dual(secondary_mode::sync);
    must(p.items.upsert(ann));
    must(p.items.update(1, [](item& i) { i.amount = 7; }));
    must(p.notes.upsert(first));
    EXPECT_TRUE(must(p.notes.erase({1, "first"})));
    w.expect_equal_sides();
    must(p.migration.housekeeping());
    EXPECT_EQ(w.owed_at(side::source), 0);
}

TEST_P(walk_over_stores, sync_mode_owes_what_the_secondary_could_not_take) {
    auto& p = start_dual(secondary_mode::sync);
    p.target.set_down(true);
    must(p.items.upsert(ann));
    EXPECT_EQ(w.owed_at(side::source), 1);
    p.target.set_down(false);
    expect_settled(p);
}

TEST_P(walk_over_stores, a_transaction_over_two_tables_is_atomic_at_the_primary) {
    auto& p = start_dual();
    must(p.items.upsert(ann));
    must(p.items.upsert(bob));
    const auto transfer = [&](transaction& t) -> result<void> {
        TANDEM_TRY(auto from, t.get(p.items, 1));
        TANDEM_TRY(auto to, t.get(p.items, 2));
        from->amount -= 25;
        to->amount += 25;
        TANDEM_TRY(t.upsert(p.items, *from));
        TANDEM_TRY(t.upsert(p.items, *to));
        TANDEM_TRY(t.insert(p.notes, note{1, "to Bob", std::nullopt}));
        return success();
    };
    const auto keys = {p.items.key(1), p.items.key(2), p.notes.key({1, "to Bob"})};
    must(p.migration.transaction(keys, transfer));
    EXPECT_EQ(p.migration.transaction(keys, transfer).error(), errc::already_exists);
    expect_settled(p);
    EXPECT_EQ(must(p.items.get(2))->amount, 75);
}

TEST_P(walk_over_stores, batches_and_ranges_work_at_either_primary) {
    auto& p = start_dual();
    std::vector<item> many;
    for (std::int64_t n = 1; n <= 300; ++n)
        many.push_back({n, "batch", n});
    must(p.items.upsert_all(many));
    forward_to(p, phase::dual_new_primary);
    EXPECT_EQ(must(p.items.scan(10, 13, 100)), (std::vector<item>{many[9], many[10], many[11]}));
    const std::vector<std::int64_t> keys{300, 301, 1};
    EXPECT_EQ(must(p.items.get_many(keys)).at(1), std::nullopt);
    EXPECT_EQ(must(p.items.erase_all(keys)), 2);
    expect_settled(p);
    EXPECT_EQ(w.items_at(side::source).size(), 298u);
}

TEST_P(walk_over_stores, a_target_that_holds_rows_is_not_emptied_unasked) {
    auto& p = w.start();
    must(p.items.upsert(ann));
    must(p.target.install(soon()));
    w.at(side::target).execute("INSERT INTO things(thing_id, label, amount) VALUES(9, 'Eve', 5)");
    EXPECT_EQ(p.migration.forward().error(), errc::truncate_refused);
    EXPECT_EQ(w.items_at(side::target).size(), 1u);
    must(p.migration.forward({.allow_truncate = true}));
    must(p.migration.backfill());
    w.expect_equal_sides();
}

TEST_P(walk_over_stores, a_target_that_hangs_delays_no_write_and_loses_none) {
    auto& p = start_dual();
    const auto quiet = w.owed_at(side::source); // the observer is there before the target hangs
    auto hung = w.at(side::target).freeze();
    tandem::worker relay(p.migration, {.idle_pause = milliseconds(1)});
    std::jthread runs([&] { relay.run(); });
    for (std::int64_t n = 1; n <= 50; ++n)
        must(p.items.upsert({n, "meanwhile", n}));
    EXPECT_EQ(must(p.source.stats(soon())).owed, quiet + 50);
    hung.reset();
    wait_until([&] { return w.owed_at(side::source) == 0; });
    relay.stop();
    runs.join();
    w.expect_equal_sides();
}

/// The target is a server.
class walk_to_server : public walk_over_stores {};

TEST_P(walk_to_server, a_target_that_crashed_stops_the_switch_and_no_write) {
    auto& p = start_dual();
    auto down = w.at(side::target).crash();
    ASSERT_TRUE(down);
    tandem::worker relay(p.migration, {.idle_pause = milliseconds(1),
                                       .trouble_pause_min = milliseconds(1),
                                       .trouble_pause_max = milliseconds(20)});
    std::jthread runs([&] { relay.run(); });
    must(p.items.upsert(ann));
    wait_until([&] { return relay.counts().failed_passes > 2; });
    EXPECT_EQ(p.migration.forward().error(), errc::unavailable);
    must(p.items.upsert(bob));
    down.reset();
    wait_until([&] { return must(p.source.stats(soon())).owed == 0; });
    relay.stop();
    runs.join();
    w.expect_equal_sides();
    forward_to(p, phase::dual_new_primary);
    EXPECT_EQ(must(p.items.get(2)), bob);
}

std::vector<walk_param> walks_to_server() {
    auto out = walk_params();
    std::erase_if(out, [](const walk_param& p) { return p.pair.target != kind::postgres; });
    return out;
}

INSTANTIATE_TEST_SUITE_P(pairs, walk_over_stores, ::testing::ValuesIn(walk_params()), walk_name);
INSTANTIATE_TEST_SUITE_P(pairs, walk_to_server, ::testing::ValuesIn(walks_to_server()), walk_name);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(walk_to_server); // a build without servers

} // namespace

} // namespace tandem_test
