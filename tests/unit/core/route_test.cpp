// SPDX-License-Identifier: BSL-1.0
#include "tandem/core/route.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace tandem {
namespace {

TEST(route_table, starts_with_epoch_0) { EXPECT_EQ(route_table(1).find(0).epoch, 0); }

TEST(route_table, learns_a_newer_epoch) {
    route_table table(1024);
    table.learn(7, {5, phase::dual_new_primary});
    EXPECT_EQ(table.find(7), (route{5, phase::dual_new_primary}));
    EXPECT_EQ(table.find(7).primary(), side::target);
    EXPECT_EQ(table.find(8).epoch, 0);
}

TEST(route_table, an_older_or_equal_epoch_changes_nothing) {
    route_table table(1);
    table.learn(0, {5, phase::dual_new_primary});
    table.learn(0, {4, phase::old_only});
    table.learn(0, {5, phase::new_only});
    EXPECT_EQ(table.find(0), (route{5, phase::dual_new_primary}));
}

TEST(route_table, keeps_the_greatest_epoch_and_its_phase) {
    route_table table(1);
    table.learn(0, {epoch_max, phase::new_only});
    EXPECT_EQ(table.find(0), (route{epoch_max, phase::new_only}));
}

TEST(route_table, threads_that_learn_at_once_leave_the_newest) {
    route_table table(1);
    std::vector<std::thread> threads;
    for (int first = 1; first <= 2; ++first) {
        threads.emplace_back([&table, first] {
            for (epoch e = first; e <= 20'000; e += 2)
                table.learn(0, {e, phase::old_only});
        });
    }
    for (auto& thread : threads)
        thread.join();
    EXPECT_EQ(table.find(0).epoch, 20'000);
}

} // namespace
} // namespace tandem
