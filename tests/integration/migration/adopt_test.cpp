// SPDX-License-Identifier: BSL-1.0
//
// Taking over a secondary that was loaded by other means, and rolling the epoch of a long dual
// phase, over every pair of stores that have files or servers, beside writers.
#include "tandem/worker.hpp"

#include "integration/pairs/world.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace tandem_test {

namespace {

const switch_options adopt{.mode = era_mode::adopt};
constexpr std::int64_t newer = std::int64_t{7} << epoch_shift;

class adopting : public ::testing::TestWithParam<kinds_of_pair> {
protected:
    world w{GetParam().source, GetParam().target};

    /// A row as a dump brings it, its version included.
    void load(std::int64_t id, const std::string& label, std::int64_t v) {
        ASSERT_TRUE(w.at(side::target)
                        .execute("INSERT INTO things(thing_id, label, amount, tandem_version) "
                                 "VALUES(" +
                                 std::to_string(id) + ", '" + label + "', 0, " + std::to_string(v) +
                                 ")"));
    }
    process& start_filled() {
        auto& p = w.start();
        for (std::int64_t n = 1; n <= 5; ++n)
            must(p.items.upsert({n, "right", n}));
        return p;
    }
    void expect_adopted(process& p) {
        EXPECT_TRUE(must(p.migration.status()).synced);
        deliver_all(p);
        w.expect_equal_sides();
        EXPECT_TRUE(must(p.migration.verify()).is_clean());
    }
};

TEST_P(adopting, copies_of_any_version_and_rows_of_other_origin_end_as_the_primary_has_it) {
    auto& p = start_filled();
    load(1, "older", 0);
    load(2, "older", 5);
    load(3, "newer", newer);
    load(4, "same version", w.version_at(side::source, 4).value);
    load(8, "extra", 0);
    load(9, "extra", newer);
    w.at(side::target).execute("INSERT INTO remarks(item, title, remark) VALUES(1, 'x', 'y')");
    must(p.migration.forward(adopt));
    EXPECT_EQ(w.items_at(side::target).size(), 6u);
    must(p.items.update(3, [](item& i) { i.amount = 33; })); // meanwhile
    EXPECT_TRUE(must(p.items.erase(5)));
    must(p.migration.backfill({.chunk_rows = 2}));
    expect_adopted(p);
    EXPECT_EQ(w.items_at(side::target).size(), 4u);
    EXPECT_EQ(w.item_at(side::target, 3), (item{3, "right", 33}));

    ASSERT_EQ(must(p.migration.forward()), phase::dual_new_primary);
    EXPECT_EQ(must(p.items.get(9)), std::nullopt);
    must(p.items.insert({9, "back", 1}));
    deliver_all(p);
    w.expect_equal_sides();
    ASSERT_EQ(must(p.migration.backward()), phase::dual_old_primary);
    EXPECT_EQ(must(p.items.get(9)), (item{9, "back", 1}));
}

TEST_P(adopting, beside_writers_no_write_is_lost) {
    auto& p = start_filled();
    for (std::int64_t n = 1; n <= 60; ++n)
        load(n, "loaded", n % 3 == 0 ? newer : n % 3);
    must(p.migration.forward(adopt));
    auto& other_process = w.start();
    std::atomic<bool> done{false};
    std::jthread writer([&] {
        for (std::int64_t round = 0; !done; ++round) {
            const std::int64_t n = round % 20 + 1;
            if (round % 7 == 3) {
                must(other_process.items.erase(n));
            } else {
                must(other_process.items.upsert({n, "written", round}));
            }
        }
    });
    tandem::worker relay(other_process.migration, {.idle_pause = milliseconds(1)});
    std::jthread relaying([&] { relay.run(); });
    const auto filled = p.migration.backfill({.chunk_rows = 10});
    done = true;
    writer.join();
    relay.stop();
    relaying.join();
    must(filled);
    expect_adopted(p);
}

TEST_P(adopting, rolling_the_epoch_beside_writers_loses_nothing_and_frees_the_tombstones) {
    auto& p = start_filled();
    must(p.migration.forward());
    must(p.migration.backfill());
    auto& other_process = w.start(secondary_mode::sync);
    std::atomic<bool> done{false};
    std::jthread writer([&] {
        for (std::int64_t round = 0; !done; ++round) {
            const std::int64_t n = round % 20 + 1;
            if (round % 3 == 0) {
                must(other_process.items.erase(n));
            } else {
                must(other_process.items.upsert({n, "written", round}));
            }
        }
    });
    const epoch before = w.fence_at(side::target).epoch;
    for (int rolls = 0; rolls < 5; ++rolls)
        must(p.migration.roll_epoch());
    done = true;
    writer.join();
    EXPECT_EQ(w.fence_at(side::target).epoch, before + 5);
    deliver_all(p);
    w.expect_equal_sides();
    must(p.migration.roll_epoch());
    must(p.migration.housekeeping());
    EXPECT_TRUE(w.tombstones_at(side::source).empty());
    EXPECT_TRUE(w.tombstones_at(side::target).empty());
    EXPECT_TRUE(must(p.migration.verify()).is_clean());
}

INSTANTIATE_TEST_SUITE_P(pairs, adopting, ::testing::ValuesIn(real_pairs()),
                         pair_name<::testing::TestParamInfo<kinds_of_pair>>);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(adopting); // a build without files and servers

} // namespace

} // namespace tandem_test
