// SPDX-License-Identifier: BSL-1.0
#include "memory/content.hpp"

#include <algorithm>
#include <limits>

namespace tandem::memory::detail {

namespace {

template <class T>
bool fits(std::int64_t value) noexcept {
    return value >= std::numeric_limits<T>::min() && value <= std::numeric_limits<T>::max();
}

errc refusal_of(const column_schema& column, const cell& c) {
    if (is_null(c)) return column.nullable ? errc{} : errc::constraint;
    if (!holds(c, column.type)) return errc::type_mismatch;
    if (const auto* number = std::get_if<std::int64_t>(&c)) {
        if (column.type == column_type::int16 && !fits<std::int16_t>(*number)) {
            return errc::out_of_range;
        }
        if (column.type == column_type::int32 && !fits<std::int32_t>(*number)) {
            return errc::out_of_range;
        }
    }
    if (const auto* text = std::get_if<std::string>(&c); text && !is_valid_text(*text)) {
        return errc::invalid_text;
    }
    return {};
}

} // namespace

result<void> check_row(const table_schema& schema, const row& image) {
    if (image.size() != schema.fields()) {
        return error(errc::type_mismatch, "a row for table \"" + schema.name + "\" has " +
                                              std::to_string(image.size()) + " values instead of " +
                                              std::to_string(schema.fields()));
    }
    for (const auto& column : schema.columns) {
        const errc refusal = refusal_of(column, image[column.field]);
        if (refusal != errc{}) {
            return error(refusal, "column \"" + column.name + "\" of table \"" + schema.name +
                                      "\" cannot hold the value given");
        }
    }
    return success();
}

void raise_sequence(table_data& table, std::size_t field, std::int64_t last, std::int64_t margin) {
    const auto it = table.sequences.find(field);
    if (it == table.sequences.end()) return;
    std::int64_t top = last;
    for (const auto& [k, held] : table.rows) {
        if (const auto* value = std::get_if<std::int64_t>(&held.image[field])) {
            top = std::max(top, *value);
        }
    }
    it->second = std::max(it->second, top + margin);
}

} // namespace tandem::memory::detail
