// SPDX-License-Identifier: BSL-1.0
//
// same_transaction mode: both tables in one database, written in one transaction; over each kind of
// store that has files or servers.
#include "integration/pairs/world.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

namespace tandem_test {

namespace {

constexpr auto from = tandem::table<item>("plain_items")
                          .key<&item::id>()
                          .column<&item::name>()
                          .column<&item::amount>()
                          .no_version();
constexpr auto to = tandem::table<item>("plain_things")
                        .key<&item::id>("thing_id")
                        .column<&item::amount>()
                        .column<&item::name>("label")
                        .no_version();

struct joint_process {
    hooked_store both;
    tandem::migration migration;
    items_router items;
    explicit joint_process(opened s)
        : both(std::move(s)),
          migration({.name = "split", .timeout = milliseconds(10'000)}, both),
          items(migration.add(from, to)) {
        must(migration.install());
        must(migration.start());
    }
    std::vector<tandem::row> rows(side s) {
        std::vector<tandem::row> out;
        for (auto& r : must(both.scan(s, 0, {}, 10'000, soon())).rows)
            out.push_back(std::move(r.image));
        return out;
    }
};

class same_transaction : public ::testing::TestWithParam<kind> {
protected:
    std::unique_ptr<database> db = make_database(GetParam());
    joint_process one{db->open()};
    joint_process two{db->open()};

    void expect_equal_tables() { EXPECT_EQ(one.rows(side::source), one.rows(side::target)); }
};

TEST_P(same_transaction, both_tables_have_every_write_of_a_dual_phase) {
    must(one.items.upsert({1, "before", 1}));
    EXPECT_EQ(must(one.migration.forward()), phase::dual_old_primary);
    must(one.migration.backfill());
    must(two.items.upsert({2, "beside", 2}));
    expect_equal_tables();
    EXPECT_EQ(must(one.migration.forward()), phase::dual_new_primary);
    EXPECT_TRUE(must(two.items.erase(1)));
    must(two.items.update(2, [](item& i) { ++i.amount; }));
    expect_equal_tables();
    EXPECT_EQ(must(one.migration.backward()), phase::dual_old_primary);
    EXPECT_EQ(must(two.items.get(2)), (item{2, "beside", 3}));
    EXPECT_EQ(must(one.migration.forward()), phase::dual_new_primary);
    EXPECT_EQ(must(one.migration.forward()), phase::new_only);
    must(two.items.upsert({3, "after", 3}));
    EXPECT_EQ(one.rows(side::source).size(), 1u);
    EXPECT_EQ(one.rows(side::target).size(), 2u);
}

TEST_P(same_transaction, the_copy_beside_writers_loses_no_write) {
    for (std::int64_t n = 1; n <= 60; ++n)
        must(one.items.insert({n, "before", 0}));
    EXPECT_EQ(must(one.migration.forward()), phase::dual_old_primary);
    std::atomic<std::int64_t> done{0};
    std::atomic<bool> stop{false};
    std::jthread writer([&] {
        for (std::int64_t n = 0; !stop; ++n) {
            const auto key = 1 + n % 60;
            if (key % 5 == 0) {
                must(two.items.erase(key));
            } else {
                must(two.items.upsert({key, "beside", n}));
            }
            ++done;
        }
    });
    wait_until([&] { return done > 5; });
    must(one.migration.backfill({.chunk_rows = 7}));
    const std::int64_t so_far = done;
    wait_until([&] { return done > so_far + 5; });
    stop = true;
    writer.join();
    expect_equal_tables();
    EXPECT_EQ(must(one.migration.forward()), phase::dual_new_primary);
}

TEST_P(same_transaction, the_copy_does_not_put_an_older_row_over_that_of_a_writer_in_flight) {
    must(one.items.insert({1, "before", 0}));
    EXPECT_EQ(must(one.migration.forward()), phase::dual_old_primary);
    const std::vector<table_key> keys{{0, id_of(1)}};
    auto begun = must(two.both.begin(keys, isolation::read_committed, soon()));
    must(begun.transaction->write(put({1, "in flight", 1})));
    auto copy = std::async(std::launch::async, [&] { return one.migration.backfill(); });
    if (GetParam() == kind::postgres) {
        const auto is_done = [&] {
            return copy.wait_for(milliseconds(0)) == std::future_status::ready;
        };
        wait_until([&] { return db->has_waiter() || is_done(); });
    }
    must(begun.transaction->commit());
    must(copy.get());
    EXPECT_EQ(must(one.items.get(1)), (item{1, "in flight", 1}));
    expect_equal_tables();
}

TEST_P(same_transaction, a_writer_in_flight_keeps_the_flip_waiting) {
    EXPECT_EQ(must(one.migration.forward()), phase::dual_old_primary);
    must(one.migration.backfill());
    const std::vector<table_key> keys{{0, id_of(1)}};
    auto begun = must(two.both.begin(keys, isolation::read_committed, soon()));
    must(begun.transaction->write(put({1, "in flight", 0})));
    const auto e = begun.fence.epoch;
    const auto refused =
        one.both.step({.kind = step_kind::begin_handover, .expected = e}, at_once());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), errc_condition::retryable);
    must(begun.transaction->commit());
    EXPECT_EQ(must(one.migration.forward()), phase::dual_new_primary);
    expect_equal_tables();
}

std::vector<kind> kinds_with_files() {
    auto out = kinds();
    out.erase(out.begin());
    return out;
}

INSTANTIATE_TEST_SUITE_P(kinds, same_transaction, ::testing::ValuesIn(kinds_with_files()),
                         [](const auto& of_test) { return to_string(of_test.param); });

} // namespace

} // namespace tandem_test
