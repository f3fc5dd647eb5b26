// SPDX-License-Identifier: BSL-1.0
#include "demo/key_plan.hpp"

#include <gtest/gtest.h>

#include <set>

namespace {

demo::dataset rows(std::size_t count) {
    demo::dataset data;
    for (std::size_t i = 0; i < count; ++i) {
        data.items.emplace_back().id = std::to_string(i);
    }
    return data;
}

demo::key_plan plan_of(demo::dataset& data, std::size_t writers = 3) {
    demo::random_source chance(1);
    return demo::make_plan(data, writers, chance);
}

std::multiset<std::string> all_keys(const demo::key_plan& plan) {
    std::multiset<std::string> keys(plan.counters.begin(), plan.counters.end());
    keys.insert(plan.accounts.begin(), plan.accounts.end());
    keys.insert(plan.shared.begin(), plan.shared.end());
    for (const auto& owned : plan.owned)
        keys.insert(owned.begin(), owned.end());
    return keys;
}

TEST(key_plan, every_row_has_exactly_one_role) {
    for (const std::size_t count : {1U, 2U, 3U, 4U, 9U, 100U, 5'000U}) {
        auto data = rows(count);
        const auto keys = all_keys(plan_of(data));
        EXPECT_EQ(keys.size(), count);
        EXPECT_EQ(std::set<std::string>(keys.begin(), keys.end()).size(), count);
    }
}

TEST(key_plan, smallest_table_has_a_counter_and_no_accounts) {
    auto data = rows(1);
    const auto plan = plan_of(data);
    EXPECT_EQ(plan.counters.size(), 1U);
    EXPECT_TRUE(plan.accounts.empty());
    EXPECT_EQ(plan.accounts_sum, 0);
}

TEST(key_plan, accounts_get_the_balances_that_their_sum_says) {
    auto data = rows(1'000);
    const auto plan = plan_of(data);
    std::int64_t sum = 0;
    for (const auto& i : data.items)
        sum += i.balance;
    EXPECT_GE(plan.accounts.size(), 2U);
    EXPECT_EQ(sum, plan.accounts_sum);
}

TEST(key_plan, keys_written_once_are_never_loaded_ones) {
    auto data = rows(10);
    data.items[3].id = "written-once/0/0";
    const auto plan = plan_of(data);
    EXPECT_NE(plan.once_key(0, 0), "written-once/0/0");
    EXPECT_NE(plan.once_key(0, 1), plan.once_key(0, 2));
    EXPECT_NE(plan.once_key(1, 1), plan.once_key(0, 1));
}

} // namespace
