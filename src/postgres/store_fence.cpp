// SPDX-License-Identifier: BSL-1.0
//
// Purging, sweeping and counting tombstones. The steps of a switch are in store_steps.cpp,
// installing and leaving in store_install.cpp and store_uninstall.cpp.

#include "postgres/codec.hpp"
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

// Two round trips: which tombstones, and which of them stand beside a newer row.
result<sweep_report> sweep_some(lease& on, const control_sql& sql, const table_plan& plan,
                                std::string_view after, std::size_t limit,
                                const call_context& call) {
    parameters page;
    page.add_int2(static_cast<std::int16_t>(plan.own.number));
    page.add_bytes(after);
    page.add_int8(static_cast<std::int64_t>(limit));
    pipeline look;
    look.run(sql.by_index);
    const std::size_t at = look.add(sql.tombstones, std::move(page));
    TANDEM_TRY(auto found, exchange(*on, look, call));
    const result_set& lines = found[at];
    sweep_report out;
    if (lines.rows() == 0) return out;
    const auto types = plan.own.schema->key_types();
    std::vector<key> keys;
    for (std::size_t i = 0; i < lines.rows(); ++i) {
        TANDEM_TRY(auto parts, decode_key(lines.text(i, 0), types));
        keys.push_back(std::move(parts));
    }
    parameters values;
    TANDEM_TRY(add_key_arrays(values, plan.own, keys.size(),
                              [&](std::size_t i) -> const key& { return keys[i]; }));
    array_writer encoded(values, oids::bytea);
    for (std::size_t i = 0; i < lines.rows(); ++i)
        encoded.add_bytes(lines.text(i, 0));
    encoded.finish();
    pipeline work;
    open_write(work, on, sql);
    add_timeouts(work, on, sql, call);
    work.run(sql.by_index);
    const std::size_t gone = work.add(plan.sql.sweep, std::move(values));
    close_write(work, on, sql);
    TANDEM_TRY(auto answers, exchange(*on, work, call));
    out.removed = answers[gone].affected();
    if (lines.rows() == limit) out.last = lines.text(limit - 1, 0);
    return out;
}

} // namespace
} // namespace detail

result<std::int64_t> store::purge(std::size_t limit, const call_context& call) {
    return state_->run(
        call, [&](detail::lease& on) { return detail::purge_some(*state_, on, limit, call); });
}

result<sweep_report> store::sweep(table_id table, std::string_view after, std::size_t limit,
                                  const call_context& call) {
    if (state_->bound().is_joint()) return sweep_report{};
    return state_->run(
        state_->bound().side, table, call, [&](detail::lease& on, const detail::table_plan& plan) {
            return detail::sweep_some(on, state_->control(), plan, after, limit, call);
        });
}

result<tombstone_stats> store::count_tombstones(const call_context& call) {
    return state_->run(call, [&](detail::lease& on) -> result<tombstone_stats> {
        detail::parameters limit;
        limit.add_int8(tombstone_stats::count_max);
        detail::pipeline work;
        work.add(state_->control().count_tombstones, std::move(limit));
        TANDEM_TRY(auto answers, exchange(*on, work, call));
        const auto& line = answers[0];
        return tombstone_stats{line.int8(0, 0), std::max<std::int64_t>(line.int8(0, 1), 0)};
    });
}

} // namespace tandem::postgres
