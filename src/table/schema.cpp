// SPDX-License-Identifier: BSL-1.0
//
// Fitting the two mappings of a migration together.
#include "tandem/table/schema.hpp"

namespace tandem::detail {

namespace {

/// "column 'id' of source table 'users'".
std::string place(const char* side_name, const table_schema& table, const column_schema& column) {
    return "column '" + column.name + "' of " + side_name + " table '" + table.name + "'";
}

error mismatch(const std::string& sentence) { return {errc::invalid_mapping, sentence}; }

result<void> check_members(const table_schema& source, const table_schema& target,
                           std::span<const std::size_t> positions) {
    std::vector<bool> matched(source.columns.size());
    for (std::size_t i = 0; i < target.columns.size(); ++i) {
        if (positions[i] >= source.columns.size()) {
            return mismatch(place("target", target, target.columns[i]) +
                            ": its member is not mapped at the source; map it there, too");
        }
        matched[positions[i]] = true;
    }
    for (std::size_t i = 0; i < source.columns.size(); ++i) {
        if (!matched[i]) {
            return mismatch(place("source", source, source.columns[i]) +
                            ": its member is not mapped at the target; map it there, too");
        }
    }
    return success();
}

result<void> check_types(const table_schema& source, const table_schema& target) {
    for (const column_schema& column : target.columns) {
        const column_schema& origin = source.columns[column.field];
        if (column.type != origin.type || column.nullable != origin.nullable) {
            return mismatch(place("target", target, column) + ": its type differs from that of " +
                            place("source", source, origin));
        }
    }
    return success();
}

result<void> check_keys(const table_schema& source, const table_schema& target) {
    for (std::size_t i = 0; i < source.key.size() || i < target.key.size(); ++i) {
        if (i >= target.key.size()) {
            return mismatch(place("source", source, source.columns[source.key[i]]) +
                            ": it is in the key at the source only");
        }
        const column_schema& column = target.columns[target.key[i]];
        if (i >= source.key.size()) {
            return mismatch(place("target", target, column) +
                            ": it is in the key at the target only");
        }
        const column_schema& origin = source.columns[source.key[i]];
        if (column.field != origin.field) {
            return mismatch(place("target", target, column) + ": it is key column " +
                            std::to_string(i + 1) + " and " + place("source", source, origin) +
                            " is another member; map the key in the same order at both sides");
        }
    }
    return success();
}

} // namespace

result<std::pair<table_schema, table_schema>>
pair_by_position(table_schema source, table_schema target, std::span<const std::size_t> positions) {
    TANDEM_TRY(check(source));
    TANDEM_TRY(check(target));
    TANDEM_TRY(check_members(source, target, positions));
    for (std::size_t i = 0; i < target.columns.size(); ++i) {
        target.columns[i].field = source.columns[positions[i]].field;
    }
    TANDEM_TRY(check_types(source, target));
    TANDEM_TRY(check_keys(source, target));
    if (source.deletes != target.deletes) {
        return mismatch("table '" + source.name + "': .deletes_never() stands at one side only");
    }
    if (source.version_column.empty() != target.version_column.empty()) {
        return mismatch("table '" + source.name + "': .no_version() stands at one side only");
    }
    return std::pair(std::move(source), std::move(target));
}

} // namespace tandem::detail
