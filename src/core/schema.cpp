// SPDX-License-Identifier: BSL-1.0
//
// What a table mapping may say, before any store looks at it.
#include "tandem/core/schema.hpp"

#include <algorithm>

namespace tandem {

namespace {

constexpr std::size_t name_bytes_max = 63; // PostgreSQL cuts longer names silently

error bad(const table_schema& table, const std::string& problem) {
    return {errc::invalid_mapping, "table '" + table.name + "': " + problem};
}

std::string quoted(const std::string& name) { return "column '" + name + "'"; }

bool is_bad_name(std::string_view name) noexcept {
    return name.empty() || name.size() > name_bytes_max || !is_valid_text(name);
}

constexpr const char* name_rule = " must be UTF-8 of 1 to 63 bytes without NUL";

result<void> check_table_name(const table_schema& table) {
    const std::string_view name = table.name;
    const std::size_t dot = name.find('.');
    const bool bad_name = dot == std::string_view::npos ? is_bad_name(name)
                                                        : is_bad_name(name.substr(0, dot)) ||
                                                              is_bad_name(name.substr(dot + 1));
    if (!bad_name) return success();
    // Cut, as the name may be what is too long.
    return error(errc::invalid_mapping, "table '" + std::string(name.substr(0, 200)) +
                                            "': the name and the schema before its dot" +
                                            name_rule);
}

result<void> check_columns(const table_schema& table) {
    if (table.columns.empty()) return bad(table, "no columns are mapped; map at least the key");
    std::vector<bool> seen(table.columns.size());
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        const column_schema& column = table.columns[i];
        if (is_bad_name(column.name)) {
            return bad(table, quoted(column.name.substr(0, 200)) + name_rule);
        }
        const auto same_name = [&](const column_schema& c) { return c.name == column.name; };
        const auto begin = table.columns.begin();
        if (std::any_of(begin, begin + static_cast<std::ptrdiff_t>(i), same_name)) {
            return bad(table, quoted(column.name) + " is mapped twice");
        }
        if (column.field >= seen.size() || seen[column.field]) {
            return bad(table, quoted(column.name) + " has field " + std::to_string(column.field) +
                                  "; the fields must be 0 to " + std::to_string(seen.size() - 1) +
                                  ", each once");
        }
        seen[column.field] = true;
    }
    return success();
}

result<void> check_key(const table_schema& table) {
    if (table.key.empty()) return bad(table, "no key column is named");
    for (std::size_t i = 0; i < table.key.size(); ++i) {
        const std::size_t at = table.key[i];
        if (at >= table.columns.size()) {
            return bad(table, "the key names column number " + std::to_string(at) +
                                  ", which does not exist");
        }
        const column_schema& column = table.columns[at];
        const auto begin = table.key.begin();
        const auto here = begin + static_cast<std::ptrdiff_t>(i);
        if (std::find(begin, here, at) != here) {
            return bad(table, quoted(column.name) + " is in the key twice");
        }
        if (column.nullable) {
            return bad(table, quoted(column.name) + " is in the key and can be NULL");
        }
        if (!can_be_key(column.type)) {
            return bad(table, quoted(column.name) + " is in the key and of type " +
                                  std::string(to_string(column.type)) +
                                  ", which has no canonical text");
        }
    }
    return success();
}

bool is_mapped(const table_schema& table, const std::string& name) {
    return std::any_of(table.columns.begin(), table.columns.end(),
                       [&](const column_schema& c) { return c.name == name; });
}

result<void> check_other_names(const table_schema& table) {
    for (std::size_t i = 0; i < table.ignored.size(); ++i) {
        const std::string& name = table.ignored[i];
        if (is_bad_name(name)) {
            return bad(table, "the ignored " + quoted(name.substr(0, 200)) + name_rule);
        }
        if (is_mapped(table, name)) {
            return bad(table, quoted(name) + " is both mapped and ignored");
        }
    }
    const std::string& version = table.version_column;
    if (version.empty()) return success();
    if (is_bad_name(version)) {
        return bad(table, "the version " + quoted(version.substr(0, 200)) + name_rule);
    }
    if (is_mapped(table, version)) {
        return bad(table, quoted(version) + " is both mapped and the version column");
    }
    if (std::find(table.ignored.begin(), table.ignored.end(), version) != table.ignored.end()) {
        return bad(table, quoted(version) + " is both ignored and the version column");
    }
    return success();
}

} // namespace

std::vector<column_type> table_schema::key_types() const {
    std::vector<column_type> types;
    types.reserve(key.size());
    for (const std::size_t at : key)
        types.push_back(columns[at].type);
    return types;
}

tandem::key table_schema::key_of(const row& r) const {
    tandem::key parts;
    parts.reserve(key.size());
    for (const std::size_t at : key)
        parts.push_back(r[columns[at].field]);
    return parts;
}

result<void> check(const table_schema& table) {
    TANDEM_TRY(check_table_name(table));
    TANDEM_TRY(check_columns(table));
    TANDEM_TRY(check_key(table));
    return check_other_names(table);
}

std::string to_string(const std::vector<schema_difference>& differences) {
    std::string text;
    for (const schema_difference& d : differences) {
        if (!text.empty()) text += '\n';
        text += d.table;
        if (!d.column.empty()) text += "." + d.column;
        text += ": " + d.problem;
        if (!d.remedy.empty()) text += "; " + d.remedy;
    }
    return text;
}

} // namespace tandem
