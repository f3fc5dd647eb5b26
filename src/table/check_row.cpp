// SPDX-License-Identifier: BSL-1.0
#include "tandem/table/check_row.hpp"

#include <cmath>
#include <limits>

namespace tandem {

namespace {

error refuse(errc code, const table_schema& table, const column_schema& column,
             const std::string& problem) {
    return {code, "table '" + table.name + "', column '" + column.name + "': " + problem};
}

bool fits(const cell& c, column_type type) noexcept {
    const auto within = [&c](std::int64_t min, std::int64_t max) {
        const auto* value = std::get_if<std::int64_t>(&c);
        return value == nullptr || (*value >= min && *value <= max);
    };
    if (type == column_type::int16) return within(INT16_MIN, INT16_MAX);
    if (type == column_type::int32) return within(INT32_MIN, INT32_MAX);
    if (type == column_type::float32) {
        const auto* value = std::get_if<double>(&c);
        return value == nullptr || !std::isfinite(*value) ||
               std::abs(*value) <= double{std::numeric_limits<float>::max()};
    }
    return true;
}

} // namespace

result<void> check_row(const table_schema& table, const row& image, const limits& bounds) {
    if (image.size() != table.fields()) {
        return error(errc::type_mismatch,
                     "table '" + table.name + "': the row has " + std::to_string(image.size()) +
                         " cells and the table has " + std::to_string(table.fields()) + " columns");
    }
    std::size_t size = 0;
    for (const column_schema& column : table.columns) {
        const cell& c = image[column.field];
        if (is_null(c) && !column.nullable) {
            return refuse(errc::unexpected_null, table, column,
                          "NULL in a column that the record does not hold as std::optional");
        }
        if (!holds(c, column.type)) {
            return refuse(errc::type_mismatch, table, column,
                          "the value is not of type " + std::string(to_string(column.type)));
        }
        if (!fits(c, column.type)) {
            return refuse(errc::out_of_range, table, column,
                          "the value does not fit the type " + std::string(to_string(column.type)));
        }
        size += size_of(c);
    }
    if (size > bounds.row_bytes_max) {
        return error(errc::row_too_large, "table '" + table.name + "': the row has " +
                                              std::to_string(size) + " bytes and at most " +
                                              std::to_string(bounds.row_bytes_max) +
                                              " are allowed; see limits::row_bytes_max");
    }
    return success();
}

} // namespace tandem
