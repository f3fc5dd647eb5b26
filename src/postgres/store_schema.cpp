// SPDX-License-Identifier: BSL-1.0
//
// Start-up questions to the live database: does the schema fit, is this the same table as the other
// side's, may this role do what is needed.

#include "postgres/schema_check.hpp"
#include "postgres/sequences.hpp"
#include "postgres/sql_text.hpp"
#include "postgres/store_state.hpp"

#include <algorithm>

namespace tandem::postgres {
namespace detail {
namespace {

result<live_state> look_at(lease& on, const table_schema& schema, const call_context& call) {
    parameters path;
    path.add_bytes(quoted_path(schema.name));
    pipeline work;
    work.add(inspect_statement(), path);
    work.add(unique_indexes_statement(), path);
    work.add(rights_statement(), path);
    work.add(triggers_statement(), path);
    work.add(sequence_names_statement(), std::move(path));
    TANDEM_TRY(auto answers, exchange(*on, work, call));
    live_state out{read_live_table(answers[0]), read_unique_indexes(answers[1]),
                   read_rights(answers[2], answers[3])};
    for (std::size_t line = 0; line < answers[4].rows(); ++line) {
        const auto is_it = [&](const column_schema& c) { return c.name == answers[4].at(line, 0); };
        const bool is_mapped = std::any_of(schema.columns.begin(), schema.columns.end(), is_it);
        if (is_mapped && !answers[4].boolean(line, 2)) {
            out.rights.sequences.push_back(answers[4].text(line, 1));
        }
    }
    return out;
}

// What a service needs of each control table, as install_script() grants it.
constexpr const char* control_needs =
    "(values ('tandem_migration', '{SELECT}'), ('tandem_column', '{SELECT}'), "
    "('tandem_fence', '{SELECT,UPDATE}'), ('tandem_dirty', '{SELECT,INSERT,DELETE}'), "
    "('tandem_outbox', '{SELECT,INSERT,UPDATE,DELETE}'), "
    "('tandem_operation', '{SELECT,INSERT,UPDATE,DELETE}'), "
    "('tandem_tombstone', '{SELECT,INSERT,UPDATE,DELETE}'), "
    "('tandem_outbox_failure', '{SELECT,INSERT,UPDATE,DELETE}'), "
    "('tandem_spool', '{SELECT,INSERT,UPDATE,DELETE}')) w(t, p)";

// Either the control tables are there and may be used, or they can be made by who `makes` them.
result<void> look_at_control(lease& on, bool makes, const std::string& schema,
                             const call_context& call, std::vector<schema_difference>& out) {
    const statement text = one_off(fill(
        "with c as (select c.oid, w.t, w.p::text[] p from pg_class c join {1} on c.relname=w.t "
        "where c.relnamespace=(select oid from pg_namespace where nspname={0})), "
        "m as (select c.t, string_agg(n, ', ' order by o) p from c, "
        "unnest(c.p) with ordinality u(n, o) where not has_table_privilege(c.oid, n) "
        "group by c.t) "
        "select current_user::text, n.oid is not null, "
        "coalesce(has_schema_privilege(n.oid, 'CREATE'), false), "
        "coalesce(has_schema_privilege(n.oid, 'USAGE'), false), (select count(*) from c), "
        "(select string_agg(format('GRANT %s ON %I.%s TO %I', m.p, {0}, m.t, current_user), "
        "'; ' order by m.t) from m) "
        "from (select 1) one left join pg_namespace n on n.nspname={0}",
        {literal(schema), control_needs}));
    constexpr std::int64_t control_tables = 8;
    pipeline work;
    work.add(text);
    TANDEM_TRY(auto answers, exchange(*on, work, call));
    const result_set& line = answers[0];
    const std::string user = line.text(0, 0), name = quoted(schema);
    if (!line.boolean(0, 1)) {
        out.push_back({schema, "", "the schema of the control tables does not exist",
                       "CREATE SCHEMA " + name + " AUTHORIZATION " + quoted(user)});
    } else if (!makes && !line.boolean(0, 3)) {
        out.push_back({schema, "", "role " + user + " cannot reach the control tables",
                       "GRANT USAGE ON SCHEMA " + name + " TO " + quoted(user)});
    } else if (makes &&
               (!line.boolean(0, 3) || (line.int8(0, 4) < control_tables && !line.boolean(0, 2)))) {
        out.push_back({schema, "", "role " + user + " cannot make the control tables",
                       "GRANT USAGE, CREATE ON SCHEMA " + name + " TO " + quoted(user)});
    } else if (!line.is_null(0, 5)) {
        out.push_back({schema, "", "role " + user + " lacks privileges on the control tables",
                       line.text(0, 5)});
    }
    return success();
}

result<std::vector<schema_difference>> compare_all(store_state& state, lease& on,
                                                   const call_context& call) {
    const statement recovery = one_off("select pg_is_in_recovery()");
    pipeline work;
    work.add(recovery);
    TANDEM_TRY(auto answers, exchange(*on, work, call));
    if (answers[0].boolean(0, 0)) {
        return error(errc::read_only, "the server is a standby: connect to the primary server");
    }
    const binding& b = state.bound();
    std::vector<schema_difference> out;
    const std::string& schema = state.options().control_schema;
    const bool apart = state.connections()->control() != nullptr;
    TANDEM_TRY(look_at_control(on, !apart, schema, call, out));
    if (apart && out.empty()) {
        TANDEM_TRY(auto control, state.acquire_control(call, &on));
        TANDEM_TRY(look_at_control(control, true, schema, call, out));
    }
    for (std::size_t t = 0; t < b.tables.size(); ++t) {
        TANDEM_TRY(auto live, look_at(on, b.tables[t], call));
        compare_table(b.tables[t], live, !b.is_joint(), b.side == side::target, out);
        if (!b.is_joint()) continue;
        TANDEM_TRY(auto second, look_at(on, b.joint[t], call));
        compare_table(b.joint[t], second, false, false, out);
    }
    return out;
}

// The cluster's identifier, where the role may read it, else the start of the server. The function
// may not even be named without the privilege.
result<std::string> cluster_of(lease& on, const call_context& call) {
    const statement ask =
        one_off("select has_function_privilege('pg_control_system()', 'execute')");
    pipeline first;
    first.add(ask);
    TANDEM_TRY(auto allowed, exchange(*on, first, call));
    const statement read = one_off(
        allowed[0].boolean(0, 0)
            ? "select system_identifier::text from pg_control_system()"
            : "select (extract(epoch from pg_postmaster_start_time())*1000000)::bigint::text");
    pipeline second;
    second.add(read);
    TANDEM_TRY(auto answers, exchange(*on, second, call));
    return answers[0].text(0, 0);
}

result<std::string> identity_of(store_state& state, side which, table_id table, lease& on,
                                const call_context& call) {
    const statement text = one_off("select d.oid, to_regclass($1)::oid from pg_database d "
                                   "where d.datname=current_database()",
                                   {oids::text});
    const std::string& name = state.bound().table(which, table).name;
    parameters path;
    path.add_bytes(quoted_path(name));
    pipeline work;
    work.add(text, std::move(path));
    TANDEM_TRY(auto answers, exchange(*on, work, call));
    if (answers[0].is_null(0, 1)) {
        return error(errc::schema_mismatch, "table " + name + " does not exist; create it");
    }
    TANDEM_TRY(auto cluster, cluster_of(on, call));
    return "postgres:" + cluster + ":" + std::to_string(static_cast<oid>(answers[0].int4(0, 0))) +
           ":" + std::to_string(static_cast<oid>(answers[0].int4(0, 1)));
}

} // namespace
} // namespace detail

result<std::vector<schema_difference>> store::compare_schema(const call_context& call) {
    return state_->run(call,
                       [&](detail::lease& on) { return detail::compare_all(*state_, on, call); });
}

result<std::string> store::identity(side which, table_id table, const call_context& call) {
    TANDEM_TRY(state_->check(table));
    return state_->run(call, [&](detail::lease& on) {
        return detail::identity_of(*state_, which, table, on, call);
    });
}

} // namespace tandem::postgres
