// SPDX-License-Identifier: BSL-1.0
#include "sqlite/sql.hpp"

namespace tandem::sqlite::detail {

namespace {

constexpr std::string_view fence_list =
    "f.bucket, f.epoch, f.role, f.phase, f.era, f.synced, f.floor, f.mode";

std::string parameter(std::size_t number) { return "?" + std::to_string(number); }

/// What the statements of one table are put together from.
struct parts {
    const table_schema& schema;
    std::string name;                 ///< quoted
    std::vector<std::string> columns; ///< quoted, by field
    std::vector<std::string> keys;    ///< quoted, in key order
    std::string version_column;       ///< quoted; empty where there is none

    explicit parts(const table_schema& t)
        : schema(t), name(quote(bare_name(t.name))), columns(t.columns.size()) {
        for (const auto& column : t.columns) {
            columns[column.field] = quote(column.name);
        }
        for (const std::size_t at : t.key) {
            keys.push_back(quote(t.columns[at].name));
        }
        if (!t.version_column.empty()) {
            version_column = quote(t.version_column);
        }
    }

    /// The fields and the version, each after `prefix`.
    [[nodiscard]] std::string list(std::string_view prefix) const {
        std::string text;
        for (const auto& column : columns) {
            text += (text.empty() ? "" : ", ") + std::string(prefix) + column;
        }
        if (!version_column.empty()) {
            text += ", " + std::string(prefix) + version_column;
        }
        return text;
    }

    [[nodiscard]] std::string key_equals(std::string_view prefix) const {
        std::string text;
        for (std::size_t i = 0; i < keys.size(); ++i) {
            text +=
                (i == 0 ? "" : " AND ") + std::string(prefix) + keys[i] + " = " + parameter(i + 1);
        }
        return text;
    }

    /// The key's columns as the parameters of their fields: update has no others.
    [[nodiscard]] std::string key_equals_fields() const {
        std::string text;
        for (const std::size_t at : schema.key) {
            const std::size_t field = schema.columns[at].field;
            text += (text.empty() ? "" : " AND ") + columns[field] + " = " + parameter(field + 1);
        }
        return text;
    }

    [[nodiscard]] bool is_key(std::size_t field) const {
        for (const std::size_t at : schema.key) {
            if (schema.columns[at].field == field) {
                return true;
            }
        }
        return false;
    }
};

std::string insert_text(const parts& p) {
    std::string values;
    const std::size_t count = p.columns.size() + (p.version_column.empty() ? 0 : 1);
    for (std::size_t i = 1; i <= count; ++i) {
        values += (i == 1 ? "" : ", ") + parameter(i);
    }
    return "INSERT INTO " + p.name + "(" + p.list("") + ") VALUES(" + values + ")";
}

std::string update_text(const parts& p) {
    std::string set;
    for (std::size_t field = 0; field < p.columns.size(); ++field) {
        if (!p.is_key(field)) {
            set += (set.empty() ? "" : ", ") + p.columns[field] + " = " + parameter(field + 1);
        }
    }
    if (!p.version_column.empty()) {
        set +=
            (set.empty() ? "" : ", ") + p.version_column + " = " + parameter(p.columns.size() + 1);
    }
    if (set.empty()) { // a table of nothing but its key: there is nothing to change
        set = p.keys.front() + " = " + p.keys.front();
    }
    return "UPDATE " + p.name + " SET " + set + " WHERE " + p.key_equals_fields();
}

std::string row_value(const std::vector<std::string>& members) {
    std::string text;
    for (const auto& member : members) {
        text += (text.empty() ? "" : ", ") + member;
    }
    return members.size() == 1 ? text : "(" + text + ")";
}

std::string scan_text(const parts& p, std::size_t lower, std::size_t upper) {
    std::size_t next = 1;
    const auto bound = [&](std::string_view op) {
        std::vector<std::string> parameters;
        for (std::size_t i = 0; i < p.keys.size(); ++i) {
            parameters.push_back(parameter(next++));
        }
        return row_value(p.keys) + std::string(op) + row_value(parameters);
    };
    std::string where;
    if (lower != 0) {
        where = bound(lower == 1 ? " >= " : " > ");
    }
    if (upper != 0) {
        where += (where.empty() ? "" : " AND ") + bound(" < ");
    }
    std::string order;
    for (const auto& column : p.keys) {
        order += (order.empty() ? "" : ", ") + column;
    }
    return "SELECT " + p.list("") + " FROM " + p.name + (where.empty() ? "" : " WHERE " + where) +
           " ORDER BY " + order + " LIMIT " + parameter(next);
}

} // namespace

std::string quote(std::string_view identifier) {
    std::string text = "\"";
    for (const char c : identifier) {
        text += c;
        if (c == '"') {
            text += c;
        }
    }
    return text + "\"";
}

std::string_view bare_name(std::string_view table) noexcept {
    constexpr std::string_view main_schema = "main.";
    return table.substr(0, main_schema.size()) == main_schema ? table.substr(main_schema.size())
                                                              : table;
}

table_sql make_table_sql(const table_schema& table, slots& s) {
    const parts p(table);
    const std::string reading = "reading '" + std::string(bare_name(table.name)) + "'";
    const std::string writing = "writing '" + std::string(bare_name(table.name)) + "'";
    const std::size_t k = p.keys.size();
    table_sql sql;
    const std::string found = " FROM " + p.name + " WHERE " + p.key_equals("");
    sql.find = s.make("SELECT " + p.list("") + found, reading);
    sql.find_fenced =
        s.make("SELECT " + std::string(fence_list) + ", " + p.list("t.") +
                   " FROM tandem_fence f LEFT JOIN " + p.name + " t ON " + p.key_equals("t.") +
                   " WHERE f.mig = " + parameter(k + 1) + " AND f.side = " + parameter(k + 2) +
                   " AND f.bucket = " + parameter(k + 3),
               reading);
    sql.find_version =
        s.make("SELECT " + (p.version_column.empty() ? std::string("0") : p.version_column) + found,
               reading);
    sql.insert = s.make(insert_text(p), writing);
    sql.update = s.make(update_text(p), writing);
    sql.erase = s.make("DELETE" + found, writing);
    sql.erase_all =
        s.make("DELETE FROM " + p.name, "emptying '" + std::string(bare_name(table.name)) + "'");
    for (std::size_t lower = 0; lower < 3; ++lower) {
        for (std::size_t upper = 0; upper < 2; ++upper) {
            sql.scan[lower][upper] = s.make(scan_text(p, lower, upper), reading);
        }
    }
    return sql;
}

sql_texts make_sql(const binding& b) {
    slots s;
    sql_texts texts;
    texts.control = make_control_sql(s);
    for (const auto& table : b.tables) {
        texts.tables.push_back(make_table_sql(table, s));
    }
    for (const auto& table : b.joint) {
        texts.joint.push_back(make_table_sql(table, s));
    }
    return texts;
}

} // namespace tandem::sqlite::detail
