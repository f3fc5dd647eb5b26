// SPDX-License-Identifier: BSL-1.0
#include "sqlite/inspect.hpp"

#include "sqlite/sql.hpp"

#include <sqlite3.h>

#include <algorithm>

namespace tandem::sqlite::detail {

namespace {

constexpr std::string_view what = "inspecting the schema";

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

result<void> read_kind(connection& c, std::string_view table, live_table& live) {
    TANDEM_TRY(auto found, c.prepare_once("SELECT type, name, coalesce(sql, '') FROM sqlite_schema "
                                          "WHERE name = ?1 COLLATE NOCASE "
                                          "AND type IN ('table', 'view')",
                                          what));
    TANDEM_TRY(const bool is_there, found.bind_text(1, table).step());
    if (!is_there) return success();
    live.name = found.text(1);
    constexpr std::string_view virtual_start = "CREATE VIRTUAL";
    if (found.text(0) == "view") {
        live.kind = table_kind::view;
    } else if (same_name(found.text(2).substr(0, virtual_start.size()), virtual_start)) {
        live.kind = table_kind::virtual_table;
    } else {
        live.kind = table_kind::table;
    }
    return success();
}

result<void> read_columns(connection& c, live_table& live) {
    TANDEM_TRY(auto found, c.prepare_once("SELECT name, type, \"notnull\", dflt_value, pk, hidden "
                                          "FROM pragma_table_xinfo(?1) ORDER BY cid",
                                          what));
    found.bind_text(1, live.name);
    for (;;) {
        TANDEM_TRY(const bool more, found.step());
        if (!more) return success();
        live_column column;
        column.name = found.text(0);
        column.declared = found.text(1);
        column.not_null = found.integer(2) != 0;
        column.has_default = !found.is_null(3);
        column.key_position = static_cast<int>(found.integer(4));
        column.generated = found.integer(5) >= 2;
        const char* collation = nullptr;
        int autoincrement = 0;
        if (sqlite3_table_column_metadata(c.handle(), "main", live.name.c_str(),
                                          column.name.c_str(), nullptr, &collation, nullptr,
                                          nullptr, &autoincrement) == SQLITE_OK) {
            column.binary_collation = collation == nullptr || same_name(collation, "BINARY");
            column.autoincrement = autoincrement != 0;
        }
        live.columns.push_back(std::move(column));
    }
}

result<live_index> read_index(connection& c, const std::string& name) {
    live_index index;
    TANDEM_TRY(auto found, c.prepare_once("SELECT name, coll FROM pragma_index_xinfo(?1) "
                                          "WHERE key = 1 ORDER BY seqno",
                                          what));
    found.bind_text(1, name);
    for (;;) {
        TANDEM_TRY(const bool more, found.step());
        if (!more) return index;
        index.has_expression = index.has_expression || found.is_null(0);
        index.binary_collation = index.binary_collation && same_name(found.text(1), "BINARY");
        index.columns.emplace_back(found.text(0));
    }
}

result<void> read_indexes(connection& c, live_table& live) {
    TANDEM_TRY(auto found,
               c.prepare_once("SELECT name, \"unique\", partial, origin FROM pragma_index_list(?1)",
                              what));
    found.bind_text(1, live.name);
    for (;;) {
        TANDEM_TRY(const bool more, found.step());
        if (!more) return success();
        TANDEM_TRY(auto index, read_index(c, std::string(found.text(0))));
        index.unique = found.integer(1) != 0;
        index.partial = found.integer(2) != 0;
        live.has_key_index = live.has_key_index || found.text(3) == "pk";
        live.indexes.push_back(std::move(index));
    }
}

result<void> read_triggers(connection& c, live_table& live) {
    TANDEM_TRY(auto found, c.prepare_once("SELECT name FROM sqlite_schema WHERE type = 'trigger' "
                                          "AND tbl_name = ?1 COLLATE NOCASE ORDER BY name",
                                          what));
    found.bind_text(1, live.name);
    for (;;) {
        TANDEM_TRY(const bool more, found.step());
        if (!more) return success();
        live.triggers.emplace_back(found.text(0));
    }
}

} // namespace

bool same_name(std::string_view a, std::string_view b) noexcept {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return lower(x) == lower(y); });
}

const live_column* live_table::find(std::string_view column) const noexcept {
    const auto at = std::find_if(columns.begin(), columns.end(),
                                 [&](const live_column& c) { return same_name(c.name, column); });
    return at == columns.end() ? nullptr : &*at;
}

const live_column* live_table::rowid_column() const noexcept {
    const live_column* found = nullptr;
    for (const auto& column : columns) {
        if (column.key_position > 1) return nullptr;
        if (column.key_position == 1) found = &column;
    }
    // INTEGER PRIMARY KEY alone: INT, BIGINT, DESC and WITHOUT ROWID have an index of their own.
    const bool is_rowid =
        found != nullptr && !has_key_index && same_name(found->declared, "INTEGER");
    return is_rowid ? found : nullptr;
}

result<live_table> inspect(connection& c, std::string_view table) {
    live_table live;
    TANDEM_TRY(read_kind(c, bare_name(table), live));
    if (live.kind == table_kind::missing) return live;
    TANDEM_TRY(read_columns(c, live));
    TANDEM_TRY(read_indexes(c, live));
    TANDEM_TRY(read_triggers(c, live));
    return live;
}

result<table_layout> make_layout(const table_schema& table, const live_table& live) {
    const auto fail = [&](const std::string& problem) {
        return error(errc::schema_mismatch,
                     table.name + problem + "; compare the schema for all differences");
    };
    if (live.kind != table_kind::table) return fail(": there is no such table");
    table_layout layout;
    layout.live_name = live.name;
    layout.columns.resize(table.columns.size());
    for (const auto& column : table.columns) {
        const auto* found = live.find(column.name);
        if (found == nullptr) return fail("." + column.name + ": there is no such column");
        const auto how = storage_for(column.type, found->declared);
        if (!how) {
            return fail("." + column.name + ": a column declared '" + found->declared +
                        "' cannot hold " + std::string(to_string(column.type)));
        }
        layout.columns[column.field] = {table.name + "." + column.name, column.type, *how, false};
        if (found == live.rowid_column()) {
            layout.rowid_field = column.field;
            layout.autoincrement = found->autoincrement;
        }
    }
    for (const std::size_t at : table.key) {
        layout.key_fields.push_back(table.columns[at].field);
        layout.columns[table.columns[at].field].is_key = true;
    }
    return layout;
}

} // namespace tandem::sqlite::detail
