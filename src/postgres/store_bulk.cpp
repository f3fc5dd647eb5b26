// SPDX-License-Identifier: BSL-1.0
//
// Loading by COPY in binary form, and the chunks of same_transaction mode. COPY's format:
//
//   file  := "PGCOPY\n\xff\r\n\0" flags:int32 extension:int32 tuple* -1:int16
//   tuple := count:int16 { length:int32 (-1 = NULL) bytes }

#include "postgres/codec.hpp"
#include "postgres/sql_text.hpp"
#include "postgres/store_state.hpp"

#include <algorithm>

namespace tandem::postgres {
namespace detail {
namespace {

constexpr std::string_view copy_signature("PGCOPY\n\xff\r\n\0", 11);

result<void> put_field(std::string& out, const cell& value, wire_format format) {
    const std::size_t at = out.size();
    put(out, std::int32_t{-1});
    if (is_null(value)) return success();
    TANDEM_TRY(put_cell(out, value, format));
    put_at(out, at, static_cast<std::int32_t>(out.size() - at - 4));
    return success();
}

result<std::string> copy_data(std::span<const row> rows, const sql_table& t, bool versioned) {
    std::string out(copy_signature);
    put(out, std::int32_t{0});
    put(out, std::int32_t{0});
    const auto written = std::count(t.written.begin(), t.written.end(), true);
    for (const row& image : rows) {
        if (image.size() != t.types.size()) {
            return error(errc::type_mismatch,
                         "a row for table " + t.schema->name + " has another number of fields");
        }
        put(out, static_cast<std::int16_t>(written + (versioned ? 1 : 0)));
        for (std::size_t i = 0; i < t.types.size(); ++i) {
            if (!t.written[i]) continue;
            TANDEM_TRY(put_field(out, image[t.schema->columns[i].field], t.types[i].format));
        }
        if (versioned) {
            put(out, std::int32_t{8});
            put(out, std::int64_t{0});
        }
    }
    put(out, std::int16_t{-1});
    return out;
}

result<std::int64_t> load(lease& on, const table_plan& plan, std::span<const row> rows, bool joint,
                          const call_context& call) {
    const sql_table& t = plan.own;
    const bool versioned = !joint && !t.schema->version_column.empty();
    TANDEM_TRY(auto data, copy_data(rows, t, versioned));
    const std::string copy =
        fill("copy {0} ({1}{2}) from stdin (format binary)",
             {t.name, written_list(t),
              versioned ? ", " + quoted(t.schema->version_column) : std::string()});
    // Both statements of the text are one transaction; loading may take longer than a write.
    const auto timed = timeouts_for(on, call);
    const std::string limit = timed ? timed->statement : "0";
    on->start_copy("select set_config('statement_timeout', '" + limit + "', true); " + copy,
                   std::move(data));
    TANDEM_TRY(drive(*on, call));
    return on->copied();
}

// Enters all fences, shared, and looks whether the era still runs. The phase, if so.
result<std::optional<phase>> enter_era(store_state& state, lease& on, epoch era,
                                       const call_context& call) {
    const control_sql& sql = state.control();
    std::vector<int> all(static_cast<std::size_t>(state.bound().buckets));
    for (std::size_t i = 0; i < all.size(); ++i)
        all[i] = static_cast<int>(i);
    parameters buckets;
    add_int4_array(buckets, all);
    pipeline work;
    work.run(sql.begin[static_cast<std::size_t>(isolation::read_committed)]);
    limit_idle(work, on, sql);
    add_timeouts(work, on, sql, call);
    work.run(sql.lock_fences, std::move(buckets));
    const std::size_t at = work.add(sql.fence_rows);
    TANDEM_TRY(auto answers, exchange(*on, work, call));
    const fences now = fences_of(answers[at]);
    if (now.empty()) return state.not_installed();
    const bool open = std::all_of(now.begin(), now.end(),
                                  [&](const fence& f) { return is_dual(f.phase) && f.era == era; });
    return open ? std::optional(now.front().phase) : std::nullopt;
}

result<std::optional<key>> copy_rows(store_state& state, lease& on, table_id table,
                                     const std::optional<key>& after, epoch era, std::size_t limit,
                                     const call_context& call) {
    TANDEM_TRY(auto now, enter_era(state, on, era, call));
    if (!now) {
        return error(errc::fenced, "the era of this backfill has ended; start it again with the "
                                   "era of the fence");
    }
    TANDEM_TRY(const table_plan* plan, state.plan(primary_of(*now), table, on, call));
    parameters values;
    if (after) {
        TANDEM_TRY(add_key(values, *after, plan->own));
    }
    values.add_int8(static_cast<std::int64_t>(limit));
    pipeline work;
    work.outcome = effect::commits_at_last;
    // Transactions above READ COMMITTED hold this row FOR SHARE: one whose snapshot is older than
    // this copy must not erase a row and leave the copy, which it cannot see.
    work.run(state.control().touch_fence);
    const std::size_t at = work.add(after ? plan->sql.copy_chunk_after : plan->sql.copy_chunk_first,
                                    std::move(values));
    work.run(state.control().commit);
    TANDEM_TRY(auto answers, exchange(*on, work, call));
    const result_set& lines = answers[at];
    if (lines.rows() == 0) return std::optional<key>();
    key last;
    for (std::size_t k = 0; k < plan->own.schema->key.size(); ++k) {
        const wire_format format = plan->own.types[plan->own.schema->key[k]].format;
        TANDEM_TRY(auto part, get_cell(lines.at(lines.rows() - 1, k), format));
        last.push_back(std::move(part));
    }
    return std::optional(std::move(last));
}

} // namespace
} // namespace detail

result<std::int64_t> store::bulk_load(table_id table, std::span<const row> rows,
                                      const call_context& call) {
    TANDEM_TRY(state_->check(table));
    if (rows.empty()) return std::int64_t{0};
    const side own = state_->bound().side;
    return state_->run_control(call, [&](detail::lease& on) -> result<std::int64_t> {
        TANDEM_TRY(const detail::table_plan* plan, state_->plan(own, table, on, call));
        return detail::load(on, *plan, rows, state_->bound().is_joint(), call);
    });
}

result<std::optional<key>> store::copy_chunk(table_id table, const std::optional<key>& after,
                                             epoch era, std::size_t limit,
                                             const call_context& call) {
    TANDEM_TRY(state_->check(table));
    if (!state_->bound().is_joint()) {
        return error(errc::unsupported,
                     "only a store bound in same_transaction mode copies between its own tables");
    }
    return state_->run(call, [&](detail::lease& on) {
        return detail::copy_rows(*state_, on, table, after, era, limit, call);
    });
}

} // namespace tandem::postgres
