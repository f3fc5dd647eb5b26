// SPDX-License-Identifier: BSL-1.0
#include "key_plan.hpp"

#include <algorithm>
#include <numeric>

namespace demo {

namespace {

constexpr std::size_t counters_max = 8;
constexpr std::size_t accounts_max = 16;
constexpr std::size_t shared_max = 200;
constexpr std::int64_t first_balance = 1'000;

} // namespace

std::size_t below(random_source& random, std::size_t bound) {
    return static_cast<std::size_t>(random() % bound);
}

std::string key_plan::once_key(std::size_t writer, std::int64_t number) const {
    return once_prefix + std::to_string(writer) + "/" + std::to_string(number);
}

key_plan make_plan(dataset& data, std::size_t writers, random_source& random) {
    key_plan plan;
    std::vector<std::size_t> order(data.items.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::shuffle(order.begin(), order.end(), random);

    const std::size_t rows = order.size();
    auto next = order.begin();
    const auto take = [&](std::vector<std::string>& into, std::size_t count) {
        for (; count > 0 && next != order.end(); --count)
            into.push_back(data.items[*next++].id);
    };
    take(plan.counters, std::clamp<std::size_t>(rows / 8, 1, counters_max));
    const auto first_account = next;
    if (rows >= 4) take(plan.accounts, std::clamp<std::size_t>(rows / 4, 2, accounts_max));
    std::for_each(first_account, next,
                  [&](std::size_t i) { data.items[i].balance = first_balance; });
    plan.accounts_sum = first_balance * static_cast<std::int64_t>(plan.accounts.size());
    take(plan.shared, std::min(rows / 8, shared_max));
    plan.owned.resize(writers);
    for (std::size_t i = 0; next != order.end(); ++i)
        take(plan.owned[i % writers], 1);

    // No loaded key may look like one that is written later.
    plan.once_prefix = "written-once/";
    while (std::ranges::any_of(data.items,
                               [&](const item& i) { return i.id.starts_with(plan.once_prefix); })) {
        plan.once_prefix += '/';
    }
    return plan;
}

} // namespace demo
