// SPDX-License-Identifier: BSL-1.0
//
// Purging tombstones. The steps of a switch are in store_steps.cpp, installing and leaving in
// store_install.cpp and store_uninstall.cpp.

#include "postgres/store_state.hpp"

#include <algorithm>

namespace tandem::postgres {
namespace detail {
namespace {

// The rule needs the tombstones' buckets entered and their fence rows locked, so they come first.
result<std::vector<int>> buckets_to_purge(store_state& state, lease& on, std::size_t limit,
                                          const call_context& call) {
    parameters values;
    values.add_int8(static_cast<std::int64_t>(limit));
    pipeline work;
    work.run(state.control().by_order);
    const std::size_t at = work.add(state.control().purge_buckets, std::move(values));
    TANDEM_TRY(auto answers, exchange(*on, work, call));
    std::vector<int> out;
    for (std::size_t i = 0; i < answers[at].rows(); ++i)
        out.push_back(answers[at].int4(i, 0));
    return out;
}

result<std::int64_t> purge_some(store_state& state, lease& on, std::size_t limit,
                                const call_context& call) {
    TANDEM_TRY(auto buckets, buckets_to_purge(state, on, limit, call));
    if (buckets.empty()) return std::int64_t{0};
    const control_sql& sql = state.control();
    parameters numbers;
    add_int4_array(numbers, buckets);
    pipeline work;
    open_write(work, on, sql);
    add_timeouts(work, on, sql, call);
    work.run(sql.by_order);
    work.run(sql.lock_fences, numbers);
    work.run(sql.purge_lock, numbers);
    numbers.add_int8(static_cast<std::int64_t>(limit));
    const std::size_t at = work.add(sql.purge, std::move(numbers));
    close_write(work, on, sql);
    TANDEM_TRY(auto answers, exchange(*on, work, call));
    return answers[at].int8(0, 0);
}

} // namespace
} // namespace detail

result<std::int64_t> store::purge(std::size_t limit, const call_context& call) {
    return state_->run(
        call, [&](detail::lease& on) { return detail::purge_some(*state_, on, limit, call); });
}

} // namespace tandem::postgres
