// SPDX-License-Identifier: BSL-1.0
//
// The pieces that the texts of all operations share.

#include "postgres/sql.hpp"
#include "postgres/sql_text.hpp"

#include <algorithm>

namespace tandem::postgres::detail {
namespace {

std::string prefixed(std::string_view alias, std::string name) {
    return alias.empty() ? name : std::string(alias) + "." + name;
}

bool is_key(const sql_table& t, std::size_t column) {
    const auto& k = t.schema->key;
    return std::find(k.begin(), k.end(), column) != k.end();
}

std::string listed(const sql_table& t, std::string_view alias,
                   const std::vector<std::size_t>& columns) {
    return joined(columns.size(), ", ",
                  [&](std::size_t i) { return prefixed(alias, column_name(t, columns[i])); });
}

} // namespace

std::string sql_scope::of(std::string_view alias) const {
    const std::string a(alias);
    return a + ".mig=" + std::to_string(migration) + " and " + a + ".side='" + side + "'";
}

sql_scope scope_of(const binding& bound, std::string_view control_schema) {
    sql_scope out;
    out.migration = bound.id;
    // In joint mode one fence serves both tables: that of the source.
    out.side = static_cast<char>(bound.is_joint() ? side::source : bound.side);
    out.buckets = bound.buckets;
    out.control = quoted(control_schema) + ".";
    out.joint = bound.is_joint();
    out.key_class = static_cast<std::int32_t>(hash32(bound.migration + "/key/" + out.side));
    return out;
}

std::string column_name(const sql_table& t, std::size_t column) {
    return quoted(t.schema->columns[column].name);
}

std::string column_list(const sql_table& t, std::string_view alias) {
    return joined(t.schema->columns.size(), ", ",
                  [&](std::size_t i) { return prefixed(alias, column_name(t, i)); });
}

std::string written_list(const sql_table& t) {
    std::vector<std::size_t> columns;
    for (std::size_t i = 0; i < t.schema->columns.size(); ++i) {
        if (t.written[i]) columns.push_back(i);
    }
    return listed(t, "", columns);
}

std::string key_list(const sql_table& t, std::string_view alias) {
    return listed(t, alias, t.schema->key);
}

std::string key_match(const sql_table& t, std::string_view alias, std::size_t first) {
    return joined(t.schema->key.size(), " and ", [&](std::size_t i) {
        return prefixed(alias, column_name(t, t.schema->key[i])) + "=" + param(first + i);
    });
}

std::string version_of(const sql_scope& scope, const sql_table& t, std::string_view alias) {
    if (scope.joint || t.schema->version_column.empty()) return "0::bigint";
    return prefixed(alias, quoted(t.schema->version_column));
}

std::string assignments(const sql_table& t) {
    std::vector<std::size_t> columns;
    for (std::size_t i = 0; i < t.schema->columns.size(); ++i) {
        if (t.written[i] && !is_key(t, i)) columns.push_back(i);
    }
    return joined(columns.size(), ", ", [&](std::size_t i) {
        const std::string name = column_name(t, columns[i]);
        return name + "=excluded." + name;
    });
}

std::vector<oid> column_types(const sql_table& t) {
    std::vector<oid> out;
    for (const live_type& type : t.types)
        out.push_back(type.type);
    return out;
}

std::vector<oid> key_types(const sql_table& t) {
    std::vector<oid> out;
    for (const std::size_t column : t.schema->key)
        out.push_back(t.types[column].type);
    return out;
}

std::vector<oid> with(std::vector<oid> types, std::initializer_list<oid> more) {
    types.insert(types.end(), more);
    return types;
}

table_sql make_table_sql(const sql_scope& scope, const sql_table& own, const sql_table* other) {
    table_sql out;
    if (other == nullptr) {
        add_write_sql(out, scope, own);
        add_apply_sql(out, scope, own);
    } else {
        add_joint_sql(out, scope, own, *other);
    }
    add_read_sql(out, scope, own);
    return out;
}

} // namespace tandem::postgres::detail
