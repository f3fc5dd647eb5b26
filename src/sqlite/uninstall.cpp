// SPDX-License-Identifier: BSL-1.0
//
// Leaving a file, in one BEGIN IMMEDIATE transaction: the file's write lock is the exclusive fence
// lock. Later writes of any process read the fence first, and find none.
#include "tandem/sqlite/store.hpp"

#include "sqlite/fences.hpp"
#include "sqlite/steps.hpp"

#include <algorithm>

namespace tandem::sqlite {

namespace detail {

namespace {

bool may_leave(const fence& f, const uninstall_step& leave) noexcept {
    if (leave.role == role::primary) {
        return f.role == role::primary && f.epoch == leave.epoch && !is_dual(f.phase);
    }
    return !is_authority(f.role) && f.epoch <= leave.epoch;
}

result<std::int64_t> count(connection& c, const std::string& text) {
    TANDEM_TRY(auto found, c.prepare_once(text, "uninstalling"));
    TANDEM_TRY(const bool is_there, found.step());
    return is_there ? found.integer(0) : std::int64_t{0};
}

result<void> run(connection& c, const std::string& text) {
    return c.execute(text.c_str(), "uninstalling");
}

struct recorded_column {
    std::int64_t table = 0;
    std::string table_name, column_name;
};

/// Those that tandem added.
result<std::vector<recorded_column>> added_columns(connection& c, const std::string& where) {
    TANDEM_TRY(auto found, c.prepare_once("SELECT tbl, table_name, column_name FROM tandem_column "
                                          "WHERE " +
                                              where + " AND added = 1",
                                          "uninstalling"));
    std::vector<recorded_column> out;
    for (;;) {
        TANDEM_TRY(const bool more, found.step());
        if (!more) return out;
        out.push_back({found.integer(0), std::string(found.text(1)), std::string(found.text(2))});
    }
}

/// A column that another migration uses, too, is left to it.
result<void> drop_column(connection& c, const state& s, const std::string& where,
                         const recorded_column& added) {
    TANDEM_TRY(run(c, "UPDATE tandem_column SET added = 1 WHERE NOT (" + where +
                          ") AND table_name = " + literal(added.table_name) +
                          " COLLATE NOCASE AND column_name = " + literal(added.column_name) +
                          " COLLATE NOCASE"));
    if (c.changes() > 0) return success();
    const auto t = static_cast<std::size_t>(added.table);
    const bool is_mapped = t < s.bound.tables.size() &&
                           same_name(bare_name(s.bound.tables[t].name), added.table_name) &&
                           same_name(s.bound.tables[t].version_column, added.column_name);
    if (!is_mapped) {
        return error(errc::invalid_mapping,
                     "table number " + std::to_string(t) + " was installed as '" +
                         added.table_name + "' with version column '" + added.column_name +
                         "' and is mapped otherwise; add the tables in the order of the "
                         "installation");
    }
    TANDEM_TRY(const auto live, inspect(c, added.table_name));
    if (live.kind != table_kind::table || !live.find(added.column_name)) return success();
    return run(c, "ALTER TABLE " + quote(live.name) + " DROP COLUMN " + quote(added.column_name));
}

result<void> remove_all(connection& c, const state& s) {
    const std::string id = std::to_string(s.bound.id);
    const std::string where = "mig = " + id + " AND side = " + literal(s.side_text());
    TANDEM_TRY(const auto added, added_columns(c, where));
    for (const auto& column : added) {
        TANDEM_TRY(drop_column(c, s, where, column));
    }
    for (const std::string table :
         {"fence", "tombstone", "column", "outbox_failure", "dirty", "operation", "spool"}) {
        TANDEM_TRY(run(c, "DELETE FROM tandem_" + table + " WHERE " + where));
    }
    TANDEM_TRY(run(c, "DELETE FROM tandem_migration WHERE id = " + id +
                          " AND NOT EXISTS(SELECT 1 FROM tandem_fence WHERE mig = " + id + ")"));
    TANDEM_TRY(const auto others, count(c, "SELECT count(*) FROM tandem_migration"));
    if (others > 0) return success();
    for (const auto& text : removal_texts()) {
        TANDEM_TRY(run(c, text));
    }
    return success();
}

} // namespace

} // namespace detail

result<bool> store::uninstall(const uninstall_step& leave, const call_context& call) {
    auto& s = *state_;
    TANDEM_TRY(auto open, detail::unit::begin(s, call, detail::foreign_keys::ignored,
                                              leave.empty_tables ? detail::layouts::needed
                                                                 : detail::layouts::unneeded));
    TANDEM_TRY(const auto now, detail::read_fences(*open, s));
    if (!std::all_of(now.begin(), now.end(),
                     [&](const fence& f) { return detail::may_leave(f, leave); })) {
        return false;
    }
    TANDEM_TRY(const auto owed,
               detail::count(*open, "SELECT count(*) FROM tandem_outbox WHERE mig = " +
                                        std::to_string(s.bound.id) +
                                        " AND side = " + detail::literal(s.side_text())));
    if (owed > 0) {
        return error(errc::changes_owed,
                     std::to_string(owed) + " changes are still owed to the other side");
    }
    if (leave.empty_tables) {
        TANDEM_TRY(detail::empty_tables(*open, s, s.bound.side));
    }
    TANDEM_TRY(detail::remove_all(*open, s));
    TANDEM_TRY(open.commit(call));
    return true;
}

} // namespace tandem::sqlite
