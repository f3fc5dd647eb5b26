// SPDX-License-Identifier: BSL-1.0
//
// Installing: first a look, which is all that a role without rights to create anything needs, then
// one transaction. The texts are those that install_script() prints.

#include "postgres/store_install.hpp"

#include "postgres/sql_text.hpp"

#include <algorithm>

namespace tandem::postgres {
namespace detail {

const statement& lock_control_objects() {
    // Any constant: it only keeps installing and leaving apart, whatever the migration.
    static const statement text = make_statement("select pg_advisory_xact_lock(1634494244)");
    return text;
}

result<live_table> look_at_table(store_state& state, lease& on, const table_schema& table,
                                 const call_context& call) {
    if (state.is_control(on)) {
        TANDEM_TRY(auto data, state.acquire(call));
        return look_at_table(state, data, table, call);
    }
    parameters path;
    path.add_bytes(quoted_path(table.name));
    pipeline work;
    work.add(inspect_statement(), std::move(path));
    TANDEM_TRY(auto answers, exchange(*on, work, call));
    auto live = read_live_table(answers[0]);
    if (live) return std::move(*live);
    return error(errc::schema_mismatch, "table " + table.name + " does not exist; create it first");
}

result<std::vector<install_part>> version_columns(store_state& state, lease& on, adding what,
                                                  const call_context& call) {
    std::vector<install_part> out;
    const binding& b = state.bound();
    if (b.is_joint()) return out;
    for (std::size_t t = 0; t < b.tables.size(); ++t) {
        TANDEM_TRY(const auto live, look_at_table(state, on, b.tables[t], call));
        const bool lacks = live.find(b.tables[t].version_column) == nullptr;
        auto parts = version_column_sql(state.scope(), b.tables[t], static_cast<table_id>(t),
                                        live.name, lacks && what == adding::missing_columns);
        std::move(parts.begin(), parts.end(), std::back_inserter(out));
    }
    return out;
}

namespace {

constexpr int control_version = 1;

// True where every control table and function is there.
result<bool> has_control_objects(lease& on, const std::string& schema, const call_context& call) {
    const statement text = one_off(
        fill("select bool_and(to_regclass({0} || n) is not null) and "
             "to_regprocedure({0} || 'tandem_enter(int,\"char\",int)') is not null and "
             "to_regprocedure({0} || 'tandem_key_part(text)') is not null and "
             "to_regprocedure({0} || 'tandem_bucket(bytea,int)') is not null from "
             "unnest(array['tandem_migration','tandem_fence','tandem_column','tandem_tombstone',"
             "'tandem_outbox','tandem_outbox_failure','tandem_dirty','tandem_operation',"
             "'tandem_spool']) n",
             {literal(quoted(schema) + ".")}));
    pipeline work;
    work.add(text);
    TANDEM_TRY(auto answers, exchange(*on, work, call));
    return answers[0].boolean(0, 0);
}

error of_another(const std::string& migration, const std::string& what) {
    return {errc::invalid_options, "migration \"" + migration + "\" " + what};
}

/// What is there of the migration; errors where it is not this one.
struct registered {
    bool migration = false;
    std::int64_t fences = 0, columns = 0;
};

result<registered> look_at_rows(store_state& state, lease& on, const call_context& call) {
    const binding& b = state.bound();
    const sql_scope& scope = state.scope();
    const statement look = one_off(
        fill("select id, name, buckets, control_version, "
             "(select count(*) from {1} f where {2}), (select count(*) from {3} c where {4}) "
             "from {0} where id=$1 or name=$2",
             {scope.table("tandem_migration"), scope.table("tandem_fence"), scope.of("f"),
              scope.table("tandem_column"), scope.of("c")}),
        {oids::int4, oids::text});
    parameters both;
    both.add_int4(b.id);
    both.add_bytes(b.migration);
    pipeline work;
    work.add(look, std::move(both));
    TANDEM_TRY(auto answers, exchange(*on, work, call));
    const result_set& found = answers[0];
    if (found.rows() == 0) return registered{};
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
    return registered{true, found.int8(0, 4), found.int8(0, 5)};
}

result<bool> is_installed(store_state& state, lease& on, adding what, const call_context& call) {
    const binding& b = state.bound();
    TANDEM_TRY(const auto there, look_at_rows(state, on, call));
    const auto columns = static_cast<std::int64_t>(b.is_joint() ? 0 : b.tables.size());
    if (!there.migration || there.fences < b.buckets || there.columns < columns) return false;
    if (what == adding::nothing || b.is_joint()) return true;
    for (const table_schema& table : b.tables) {
        TANDEM_TRY(const auto live, look_at_table(state, on, table, call));
        if (live.find(table.version_column) == nullptr) return false;
    }
    return true;
}

result<void> make(store_state& state, lease& on, adding what, bool has_objects,
                  const call_context& call) {
    const control_sql& sql = state.control();
    pipeline begin;
    begin.run(sql.begin[static_cast<std::size_t>(isolation::read_committed)]);
    limit_idle(begin, on, sql);
    begin.run(sql.set_timeouts, timeouts_of_step(state, call));
    begin.run(lock_control_objects()); // two that create at once would fail
    TANDEM_TRY(exchange(*on, begin, call));
    std::vector<install_part> parts;
    if (!has_objects) parts = install_sql(state.options().control_schema);
    const auto append = [&](std::vector<install_part> more) {
        std::move(more.begin(), more.end(), std::back_inserter(parts));
    };
    append(registration_sql(state.scope(), state.bound()));
    TANDEM_TRY(auto columns, version_columns(state, on, what, call));
    append(std::move(columns));
    for (install_part& part : parts) {
        const statement text = one_off(std::move(part.text));
        TANDEM_TRY(run_texts(on, {&text}, call));
    }
    TANDEM_TRY(look_at_rows(state, on, call)); // the number of another one: nothing happens
    pipeline end;
    end.outcome = effect::commits_at_last;
    end.run(sql.commit);
    TANDEM_TRY(exchange(*on, end, call));
    return success();
}

result<void> install(store_state& state, lease& on, adding what, const call_context& call) {
    TANDEM_TRY(const bool has_objects,
               has_control_objects(on, state.options().control_schema, call));
    if (has_objects) {
        TANDEM_TRY(const bool there, is_installed(state, on, what, call));
        if (there) return success();
    }
    const auto made = make(state, on, what, has_objects, call);
    if (!made && made.error() == errc::permission_denied) {
        return error(errc::permission_denied,
                     "the role of the service may not install; let the owner of the schema run "
                     "the text of install_script()",
                     std::string(made.error().server_text()));
    }
    return made;
}

} // namespace
} // namespace detail

result<void> store::install(const call_context& call) {
    return state_->run_control(call, [&](detail::lease& on) {
        return detail::install(*state_, on, detail::adding::nothing, call);
    });
}

result<void> store::add_version_columns(const call_context& call) {
    const auto done = state_->run_control(call, [&](detail::lease& on) {
        return detail::install(*state_, on, detail::adding::missing_columns, call);
    });
    state_->forget_plans();
    return done;
}

result<std::string> store::install_script(const script_options& options, const call_context& call) {
    return state_->run(
        call, [&](detail::lease& on) { return detail::print_install(*state_, on, options, call); });
}

} // namespace tandem::postgres
