// SPDX-License-Identifier: BSL-1.0
//
// Installing, and purging tombstones. The steps of a switch are in store_steps.cpp.

#include "postgres/sql_text.hpp"
#include "postgres/store_state.hpp"

#include <algorithm>

namespace tandem::postgres {
namespace detail {
namespace {

constexpr int control_version = 1;
constexpr int install_lock = 1'634'494'244; // any constant: it only keeps installs apart

// True where every control table and function is there, so that a role without CREATE can go on.
result<bool> is_installed(lease& on, const std::string& schema, const call_context& call) {
    const statement text = one_off(
        fill("select bool_and(to_regclass({0} || n) is not null) and "
             "to_regprocedure({0} || 'tandem_enter(int,\"char\",int)') is not null and "
             "to_regprocedure({0} || 'tandem_key_part(text)') is not null and "
             "to_regprocedure({0} || 'tandem_bucket(bytea,int)') is not null from "
             "unnest(array['tandem_migration','tandem_fence','tandem_tombstone','tandem_outbox',"
             "'tandem_outbox_failure','tandem_dirty']) n",
             {literal(quoted(schema) + ".")}));
    pipeline work;
    work.add(text);
    TANDEM_TRY(auto answers, exchange(*on, work, call));
    return answers[0].boolean(0, 0);
}

result<void> create_tables(lease& on, const std::string& schema, const call_context& call) {
    const statement lock =
        one_off("select pg_advisory_xact_lock(" + std::to_string(install_lock) + ")");
    std::vector<statement> texts;
    for (std::string& sql : install_sql(schema))
        texts.push_back(one_off(std::move(sql)));
    const statement begin = one_off("begin isolation level read committed");
    const statement commit = one_off("commit");
    pipeline work;
    work.outcome = effect::commits_at_last;
    work.add(begin);
    work.add(lock); // two processes that create at once would fail with a unique violation
    for (const statement& text : texts)
        work.add(text);
    work.add(commit);
    TANDEM_TRY(exchange(*on, work, call));
    return success();
}

error of_another(const std::string& migration, const std::string& what) {
    return {errc::invalid_options, "migration \"" + migration + "\" " + what};
}

// The migration's row, and its fence rows: the source primary, the target secondary, epoch 1.
result<void> add_migration(store_state& state, lease& on, const call_context& call) {
    const binding& b = state.bound();
    const sql_scope& scope = state.scope();
    const statement row =
        one_off(fill("insert into {0} (id, name, buckets, control_version) values ($1, $2, $3, $4) "
                     "on conflict do nothing",
                     {scope.table("tandem_migration")}),
                {oids::int4, oids::text, oids::int4, oids::int4});
    const char first = scope.side == static_cast<char>(side::source) ? 'P' : 'S';
    const statement fences_text = one_off(
        fill("insert into {0} (mig, side, bucket, epoch, role, phase, era, synced, mode) "
             "select {1}, '{2}', n, 1, '{3}', 1, 0, false, 'r' from generate_series(0, {4}) n "
             "where exists (select from {5} where id={1} and name=$1 and buckets={4}+1) "
             "on conflict do nothing",
             {scope.table("tandem_fence"), std::to_string(b.id), std::string(1, scope.side),
              std::string(1, first), std::to_string(b.buckets - 1),
              scope.table("tandem_migration")}),
        {oids::text});
    const statement look =
        one_off(fill("select id, name, buckets, control_version from {0} where id=$1 or name=$2",
                     {scope.table("tandem_migration")}),
                {oids::int4, oids::text});
    parameters values, name, both;
    values.add_int4(b.id);
    values.add_bytes(b.migration);
    values.add_int4(b.buckets);
    values.add_int4(control_version);
    name.add_bytes(b.migration);
    both.add_int4(b.id);
    both.add_bytes(b.migration);
    pipeline work;
    open_write(work, on, state.control());
    work.add(row, std::move(values));
    work.add(fences_text, std::move(name));
    const std::size_t at = work.add(look, std::move(both));
    close_write(work, on, state.control());
    TANDEM_TRY(auto answers, exchange(*on, work, call));
    const result_set& found = answers[at];
    if (found.rows() != 1 || found.int4(0, 0) != b.id || found.at(0, 1) != b.migration) {
        return of_another(b.migration, "has the same number as another one here; rename it");
    }
    if (found.int4(0, 2) != b.buckets) {
        return of_another(b.migration,
                          "was installed with " + std::to_string(found.int4(0, 2)) + " buckets");
    }
    if (found.int4(0, 3) != control_version) {
        return of_another(b.migration, "has control tables of another version of tandem");
    }
    return success();
}

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

result<void> store::install(const call_context& call) {
    return state_->run_control(call, [&](detail::lease& on) -> result<void> {
        const std::string& schema = state_->options().control_schema;
        TANDEM_TRY(bool there, detail::is_installed(on, schema, call));
        if (!there) {
            TANDEM_TRY(detail::create_tables(on, schema, call));
        }
        return detail::add_migration(*state_, on, call);
    });
}

result<std::int64_t> store::purge(std::size_t limit, const call_context& call) {
    return state_->run(
        call, [&](detail::lease& on) { return detail::purge_some(*state_, on, limit, call); });
}

} // namespace tandem::postgres
