// SPDX-License-Identifier: BSL-1.0
//
// The installation as text for a DBA: the statements of install(), and the privileges that a
// service needs whose role owns nothing. What each privilege is for stands beside it.

#include "postgres/sequences.hpp"
#include "postgres/sql_text.hpp"
#include "postgres/store_install.hpp"

#include <algorithm>

namespace tandem::postgres::detail {
namespace {

class script {
public:
    void comment(std::string_view text) { out_ += "\n-- " + std::string(text) + "\n"; }
    void add(std::string_view text) { out_ += std::string(text) + ";\n"; }
    void add(const std::vector<install_part>& parts) {
        for (const install_part& part : parts) {
            if (!part.comment.empty()) comment(part.comment);
            add(part.text);
        }
    }
    [[nodiscard]] std::string take() && { return std::move(out_); }

private:
    std::string out_;
};

/// A table with what has to be granted around it.
struct granted_table {
    const table_schema* schema;
    bool at_target;
    std::string name;                   ///< quoted, with its schema
    std::string schema_name;            ///< quoted
    std::vector<std::string> sequences; ///< quoted, with their schemas
};

result<granted_table> look_at(store_state& state, lease& on, const table_schema& table,
                              bool at_target, const call_context& call) {
    TANDEM_TRY(const auto live, look_at_table(state, on, table, call));
    parameters name, same;
    name.add_bytes(live.name);
    same.add_bytes(live.name);
    const statement schema_of =
        one_off("select quote_ident(n.nspname) from pg_class c join pg_namespace n "
                "on n.oid=c.relnamespace where c.oid=to_regclass($1)",
                {oids::text});
    pipeline work;
    work.add(schema_of, std::move(name));
    work.add(sequence_names_statement(), std::move(same));
    TANDEM_TRY(auto answers, exchange(*on, work, call));
    granted_table out{&table, at_target, live.name, answers[0].text(0, 0), {}};
    for (std::size_t line = 0; line < answers[1].rows(); ++line) {
        const auto is_it = [&](const column_schema& c) { return c.name == answers[1].at(line, 0); };
        if (std::none_of(table.columns.begin(), table.columns.end(), is_it)) continue;
        out.sequences.push_back(answers[1].text(line, 1));
    }
    return out;
}

result<std::vector<granted_table>> tables_of(store_state& state, lease& on,
                                             const call_context& call) {
    std::vector<granted_table> out;
    const binding& b = state.bound();
    for (const table_schema& table : b.tables) {
        TANDEM_TRY(auto found, look_at(state, on, table, b.side == side::target, call));
        out.push_back(std::move(found));
    }
    for (const table_schema& table : b.joint) {
        TANDEM_TRY(auto found, look_at(state, on, table, true, call));
        out.push_back(std::move(found));
    }
    return out;
}

void grant_control(script& out, const std::string& schema, const std::string& role) {
    out.comment("The control objects. No CREATE: the service makes nothing.");
    out.add("grant usage on schema " + schema + " to " + role);
    struct need {
        std::string_view privileges, tables;
    };
    constexpr need needs[] = {
        {"select", "{0}.tandem_migration, {0}.tandem_column"},
        // Every router completes a switch that was decided, and housekeeping raises the floor.
        {"select, update", "{0}.tandem_fence"},
        {"select, insert, delete", "{0}.tandem_dirty"},
        // UPDATE on the outbox: a failure is noted under a lock of its intent.
        {"select, insert, update, delete",
         "{0}.tandem_tombstone, {0}.tandem_outbox, {0}.tandem_outbox_failure, "
         "{0}.tandem_operation, {0}.tandem_spool"},
    };
    for (const need& n : needs) {
        out.add("grant " + std::string(n.privileges) + " on " + fill(n.tables, {schema}) + " to " +
                role);
    }
    out.add(fill("grant execute on function {0}.tandem_enter(int, \"char\", int),\n"
                 "  {0}.tandem_key_part(text), {0}.tandem_bucket(bytea, int) to {1}",
                 {schema, role}));
}

void grant_table(script& out, const granted_table& t, const script_options& options,
                 const std::string& role) {
    // Rows go with an erase, and at the target when an era begins anew.
    const bool removes = t.schema->deletes == deletes::allowed || t.at_target;
    out.comment("Table " + t.schema->name + ".");
    out.add("grant usage on schema " + t.schema_name + " to " + role);
    out.add("grant select, insert, update" + std::string(removes ? ", delete" : "") +
            (options.truncate ? ", truncate" : "") + " on " + t.name + " to " + role);
    for (const std::string& sequence : t.sequences) {
        // A handover moves the sequence of the new primary above that of the old one.
        out.add("grant select, usage, update on sequence " + sequence + " to " + role);
    }
}

} // namespace

result<std::string> print_install(store_state& state, lease& on, const script_options& options,
                                  const call_context& call) {
    const binding& b = state.bound();
    const std::string& schema = state.options().control_schema;
    script out;
    out.add(fill(
        "-- tandem: installs the {0} of the migration {1} in PostgreSQL, for the database "
        "as it is now.\n"
        "-- Run it once, as the owner of the tables and of schema {2}:\n"
        "--   psql -v ON_ERROR_STOP=1 -f <this text>\n\n"
        "begin",
        {b.is_joint() ? "two tables" : to_string(b.side), literal(b.migration), quoted(schema)}));
    out.comment("A lock that is not to be had soon holds up the service: then run it again.");
    out.add("set local lock_timeout = '2s'");
    out.add(install_sql(schema));
    out.add(registration_sql(state.scope(), b));
    TANDEM_TRY(const auto columns, version_columns(state, on, adding::missing_columns, call));
    out.add(columns);
    if (!options.service_role.empty()) {
        const std::string role = quoted(options.service_role);
        grant_control(out, quoted(schema), role);
        TANDEM_TRY(const auto tables, tables_of(state, on, call));
        for (const granted_table& t : tables)
            grant_table(out, t, options, role);
        out.comment(options.truncate
                        ? "TRUNCATE was asked for: an era that begins anew empties its tables with "
                          "it."
                        : "No TRUNCATE: an era that begins anew deletes the rows of its tables "
                          "one by one.");
    }
    std::string text = std::move(out).take();
    return text + "\ncommit;\n";
}

} // namespace tandem::postgres::detail
