// SPDX-License-Identifier: BSL-1.0
//
// Leaving a database, in one transaction. The exclusive fence locks come first, so every writer
// that entered has ended; each later one reads the fence in a statement after its lock, and finds
// neither row nor table.

#include "postgres/sql_text.hpp"
#include "postgres/store_install.hpp"

#include <algorithm>

namespace tandem::postgres {
namespace detail {
namespace {

bool may_leave(const fence& f, const uninstall_step& leave) noexcept {
    if (leave.role == role::primary) {
        return f.role == role::primary && f.epoch == leave.epoch && !is_dual(f.phase);
    }
    return !is_authority(f.role) && f.epoch <= leave.epoch;
}

struct found_there {
    fences all;
    std::int64_t owed = 0;
};

// Opens the transaction.
result<found_there> close_and_look(store_state& state, lease& on, const call_context& call) {
    const control_sql& sql = state.control();
    const sql_scope& scope = state.scope();
    const statement owed = one_off(fill("select count(*) from {0} o where {1}",
                                        {scope.table("tandem_outbox"), scope.of("o")}));
    pipeline work;
    work.run(sql.begin[static_cast<std::size_t>(isolation::read_committed)]);
    limit_idle(work, on, sql);
    work.run(sql.set_timeouts, timeouts_of_step(state, call));
    work.run(sql.durable_commit);
    work.run(lock_control_objects());
    work.run(sql.lock_exclusive);
    const std::size_t fences_at = work.add(sql.fence_rows);
    const std::size_t owed_at = work.add(owed);
    TANDEM_TRY(auto answers, exchange(*on, work, call));
    found_there out{fences_of(answers[fences_at]), answers[owed_at].int8(0, 0)};
    if (out.all.empty()) return state.not_installed();
    return out;
}

struct added_column {
    int table = 0;
    std::string table_name, column_name;
};

result<std::vector<added_column>> added_columns(store_state& state, lease& on,
                                                const call_context& call) {
    const sql_scope& scope = state.scope();
    const statement text = one_off(fill(
        "select c.tbl, c.table_name, c.column_name from {0} c where {1} and c.added order by 1",
        {scope.table("tandem_column"), scope.of("c")}));
    pipeline work;
    work.add(text);
    TANDEM_TRY(auto answers, exchange(*on, work, call));
    std::vector<added_column> out;
    for (std::size_t i = 0; i < answers[0].rows(); ++i) {
        out.push_back({answers[0].int2(i, 0), answers[0].text(i, 1), answers[0].text(i, 2)});
    }
    return out;
}

// True where another migration uses it, too, and has it from now on.
result<bool> hand_on(store_state& state, lease& on, const added_column& added,
                     const call_context& call) {
    const sql_scope& scope = state.scope();
    const statement text =
        one_off(fill("update {0} c set added=true where not ({1}) and c.table_name={2} "
                     "and c.column_name={3}",
                     {scope.table("tandem_column"), scope.of("c"), literal(added.table_name),
                      literal(added.column_name)}));
    pipeline work;
    work.add(text);
    TANDEM_TRY(auto answers, exchange(*on, work, call));
    return answers[0].affected() > 0;
}

// By table_id; nothing where the table went first. Looked up before any lock is taken: the
// connections that see the tables may all be in use by writers that wait for it.
using live_tables = std::vector<std::optional<live_table>>;

result<live_tables> look_at_tables(store_state& state, lease& on, const call_context& call) {
    live_tables out;
    for (const table_schema& table : state.bound().tables) {
        auto live = look_at_table(state, on, table, call);
        if (!live && live.error() != errc::schema_mismatch) return live.error();
        out.push_back(live ? std::optional(std::move(live.value())) : std::nullopt);
    }
    return out;
}

// The name that goes into the text is the catalog's, never the recorded one.
result<void> drop_column(store_state& state, lease& on, const live_tables& tables,
                         const added_column& added, const call_context& call) {
    const auto t = static_cast<std::size_t>(added.table);
    const bool is_mapped = t < tables.size() &&
                           state.bound().tables[t].version_column == added.column_name &&
                           (!tables[t] || tables[t]->name == added.table_name);
    if (!is_mapped) {
        return error(errc::invalid_mapping,
                     "table number " + std::to_string(t) + " was installed as " + added.table_name +
                         " with version column " + added.column_name +
                         " and is mapped otherwise; add the tables in the order of the "
                         "installation");
    }
    if (!tables[t] || tables[t]->find(added.column_name) == nullptr) return success();
    const statement drop = one_off(
        fill("alter table {0} drop column {1}", {tables[t]->name, quoted(added.column_name)}));
    return run_texts(on, {&drop}, call);
}

// The rows of this side; the number of migrations that are left here.
result<std::int64_t> remove_rows(store_state& state, lease& on, const call_context& call) {
    const sql_scope& scope = state.scope();
    const auto of_side = [&](std::string_view table) {
        return one_off(fill("delete from {0} x where {1}", {scope.table(table), scope.of("x")}));
    };
    const statement fences_text = of_side("tandem_fence"), columns = of_side("tandem_column"),
                    tombstones = of_side("tandem_tombstone"), marks = of_side("tandem_dirty"),
                    failures = of_side("tandem_outbox_failure"),
                    operations = of_side("tandem_operation"), spools = of_side("tandem_spool");
    const statement migration =
        one_off(fill("delete from {0} where id={1} and not exists (select from {2} where mig={1})",
                     {scope.table("tandem_migration"), std::to_string(scope.migration),
                      scope.table("tandem_fence")}));
    const statement left = one_off("select count(*) from " + scope.table("tandem_migration"));
    pipeline work;
    for (const statement* text :
         {&fences_text, &columns, &tombstones, &marks, &failures, &operations, &spools, &migration})
        work.run(*text);
    const std::size_t at = work.add(left);
    TANDEM_TRY(auto answers, exchange(*on, work, call));
    return answers[at].int8(0, 0);
}

result<void> remove_all(store_state& state, lease& on, const live_tables& tables,
                        const call_context& call) {
    TANDEM_TRY(const auto columns, added_columns(state, on, call));
    for (const added_column& added : columns) {
        TANDEM_TRY(const bool has_heir, hand_on(state, on, added, call));
        if (has_heir) continue;
        TANDEM_TRY(drop_column(state, on, tables, added, call));
    }
    TANDEM_TRY(const auto left, remove_rows(state, on, call));
    if (left > 0) return success();
    for (std::string& sql : removal_sql(state.options().control_schema)) {
        const statement text = one_off(std::move(sql));
        TANDEM_TRY(run_texts(on, {&text}, call));
    }
    return success();
}

error explained(const lease& on, const error& why) {
    std::string server(why.server_text());
    if (on->sqlstate() == "2BP01") {
        return {errc::store_error,
                "something of yours depends on a control object or a version column, a view for "
                "instance; drop it, then uninstall again",
                std::move(server)};
    }
    if (why == errc::permission_denied) {
        return {errc::permission_denied,
                "uninstalling drops what the installation made: connect as the owner of the "
                "tables and of the control objects",
                std::move(server)};
    }
    return why;
}

result<bool> run_uninstall(store_state& state, lease& on, const uninstall_step& leave,
                           const call_context& call) {
    TANDEM_TRY(const auto tables, look_at_tables(state, on, call));
    if (leave.empty_tables) {
        TANDEM_TRY(state.prepare_plans(on, call));
    }
    TANDEM_TRY(const auto there, close_and_look(state, on, call));
    if (!std::all_of(there.all.begin(), there.all.end(),
                     [&](const fence& f) { return may_leave(f, leave); })) {
        roll_back(on, state.control(), call);
        return false;
    }
    if (there.owed > 0) {
        return error(errc::changes_owed,
                     std::to_string(there.owed) + " changes are still owed to the other side");
    }
    if (leave.empty_tables) {
        TANDEM_TRY(empty_tables(state, state.bound().side, on, call));
    }
    if (const auto gone = remove_all(state, on, tables, call); !gone) {
        return explained(on, gone.error());
    }
    pipeline work;
    work.outcome = effect::commits_at_last;
    work.run(state.control().commit);
    TANDEM_TRY(exchange(*on, work, call));
    return true;
}

} // namespace
} // namespace detail

result<bool> store::uninstall(const uninstall_step& leave, const call_context& call) {
    auto gone = state_->run_control(
        call, [&](detail::lease& on) { return detail::run_uninstall(*state_, on, leave, call); });
    state_->forget_plans();
    return gone;
}

} // namespace tandem::postgres
