// SPDX-License-Identifier: BSL-1.0
//
// The public type, joining a migration, and reading. Writing stands in store_write.cpp and
// transaction.cpp, applies in store_apply.cpp, the outbox in store_outbox.cpp, fences and steps in
// store_fence.cpp, loading, hashing and copying in store_bulk.cpp, the schema in store_schema.cpp.

#include "tandem/postgres/store.hpp"

#include "postgres/codec.hpp"
#include "postgres/store_state.hpp"

namespace tandem::postgres {

using detail::lease;
using detail::parameters;
using detail::pipeline;
using detail::table_plan;

store::store(std::shared_ptr<pool> connections, store_options options)
    : state_(std::make_unique<detail::store_state>(std::move(connections), std::move(options))) {}
store::store(store&&) noexcept = default;
store& store::operator=(store&&) noexcept = default;
store::~store() = default;

result<std::unique_ptr<store>> store::make(pool_options connections, store_options options) {
    TANDEM_TRY(auto made, pool::make(std::move(connections)));
    return std::make_unique<store>(std::move(made), std::move(options));
}

result<void> store::bind(binding joined) { return state_->bind(std::move(joined)); }

const binding& store::bound() const { return state_->bound(); }

const std::shared_ptr<pool>& store::connections() const noexcept { return state_->connections(); }

result<read_reply> store::read(side which, table_id table, const row_key& at,
                               const call_context& call) {
    return state_->run(which, table, call,
                       [&](lease& on, const table_plan& plan) -> result<read_reply> {
                           const int bucket = state_->bucket(at.encoded);
                           parameters values;
                           TANDEM_TRY(detail::add_key(values, at.parts, plan.own));
                           values.add_int4(bucket);
                           pipeline work;
                           work.add(plan.sql.read_one, std::move(values));
                           TANDEM_TRY(auto answers, exchange(*on, work, call));
                           const auto& lines = answers[0];
                           if (lines.rows() == 0) return state_->not_installed();
                           read_reply out{detail::fence_at(lines, 0, 0, bucket), {}};
                           TANDEM_TRY(detail::read_stored_row(lines, 0, 1, plan.own, out.found));
                           return out;
                       });
}

namespace {

// Fences and rows of one snapshot: begin, fences, `rows`, commit. The answers of the two in the
// middle.
struct snapshot_answers {
    fences all;
    detail::result_set rows;
};

result<snapshot_answers> read_snapshot(detail::store_state& state, lease& on,
                                       const detail::statement& rows, parameters values,
                                       const call_context& call) {
    pipeline work;
    work.run(state.control().begin_read);
    work.run(state.control().by_index);
    const std::size_t fence_at = work.add(state.control().fence_rows);
    const std::size_t rows_at = work.add(rows, std::move(values));
    work.run(state.control().commit);
    TANDEM_TRY(auto answers, exchange(*on, work, call));
    snapshot_answers out{detail::fences_of(answers[fence_at]), std::move(answers[rows_at])};
    if (out.all.empty()) return state.not_installed();
    return out;
}

} // namespace

result<read_many_reply> store::read_many(side which, table_id table, std::span<const row_key> keys,
                                         const call_context& call) {
    return state_->run(
        which, table, call, [&](lease& on, const table_plan& plan) -> result<read_many_reply> {
            parameters values;
            TANDEM_TRY(
                detail::add_key_arrays(values, plan.own, keys.size(),
                                       [&](std::size_t i) -> const key& { return keys[i].parts; }));
            TANDEM_TRY(auto got,
                       read_snapshot(*state_, on, plan.sql.read_many, std::move(values), call));
            read_many_reply out{std::move(got.all), {}};
            out.rows.resize(keys.size());
            for (std::size_t line = 0; line < got.rows.rows(); ++line) {
                const auto position = static_cast<std::size_t>(got.rows.int8(line, 0) - 1);
                if (position >= out.rows.size()) continue;
                TANDEM_TRY(
                    detail::read_stored_row(got.rows, line, 1, plan.own, out.rows[position]));
            }
            return out;
        });
}

namespace {

// The form of a range, and its bounds as parameters.
struct range_form {
    std::size_t lower, upper;
    parameters values;
};

result<range_form> form_of(const key_range& range, const detail::sql_table& t) {
    range_form out{0, 0, {}};
    if (range.after) {
        out.lower = 2;
        TANDEM_TRY(detail::add_key(out.values, *range.after, t));
    } else if (range.from) {
        out.lower = 1;
        TANDEM_TRY(detail::add_key(out.values, *range.from, t));
    }
    if (range.to) {
        out.upper = 1;
        TANDEM_TRY(detail::add_key(out.values, *range.to, t));
    }
    return out;
}

} // namespace

result<scan_reply> store::scan(side which, table_id table, const key_range& range,
                               std::size_t limit, const call_context& call) {
    return state_->run(
        which, table, call, [&](lease& on, const table_plan& plan) -> result<scan_reply> {
            TANDEM_TRY(auto form, form_of(range, plan.own));
            form.values.add_int8(static_cast<std::int64_t>(limit));
            TANDEM_TRY(auto got, read_snapshot(*state_, on, plan.sql.scan[form.lower][form.upper],
                                               std::move(form.values), call));
            scan_reply out{std::move(got.all), {}};
            out.rows.reserve(got.rows.rows());
            for (std::size_t line = 0; line < got.rows.rows(); ++line) {
                TANDEM_TRY(auto image, detail::row_at(got.rows, line, 1, plan.own));
                out.rows.push_back({std::move(image), {got.rows.int8(line, 0)}});
            }
            return out;
        });
}

result<chunk_digest> store::chunk_hash(side which, table_id table, const key_range& range,
                                       const call_context& call) {
    return state_->run(
        which, table, call, [&](lease& on, const table_plan& plan) -> result<chunk_digest> {
            TANDEM_TRY(auto form, form_of(range, plan.own));
            pipeline work;
            work.add(plan.sql.digest[form.lower][form.upper], std::move(form.values));
            TANDEM_TRY(auto answers, exchange(*on, work, call));
            return chunk_digest{answers[0].int8(0, 0), answers[0].int8(0, 1)};
        });
}

result<tombstones_reply> store::tombstones(table_id table, std::string_view after,
                                           std::size_t limit, const call_context& call) {
    TANDEM_TRY(state_->check(table));
    return state_->run(call, [&](lease& on) -> result<tombstones_reply> {
        parameters values;
        values.add_int2(static_cast<std::int16_t>(table));
        values.add_bytes(after);
        values.add_int8(static_cast<std::int64_t>(limit));
        TANDEM_TRY(auto got, read_snapshot(*state_, on, state_->control().tombstones,
                                           std::move(values), call));
        tombstones_reply out{std::move(got.all), {}};
        for (std::size_t line = 0; line < got.rows.rows(); ++line) {
            change found;
            found.table = table;
            found.key = got.rows.text(line, 0);
            found.version = {got.rows.int8(line, 1)};
            found.tombstone_epoch = got.rows.int8(line, 2);
            out.tombstones.push_back(std::move(found));
        }
        return out;
    });
}

result<fences> store::read_fences(const call_context& call) {
    return state_->run(call, [&](lease& on) -> result<fences> {
        pipeline work;
        work.add(state_->control().fence_rows);
        TANDEM_TRY(auto answers, exchange(*on, work, call));
        auto out = detail::fences_of(answers[0]);
        if (out.empty()) return state_->not_installed();
        return out;
    });
}

} // namespace tandem::postgres
