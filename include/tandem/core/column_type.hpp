// SPDX-License-Identifier: BSL-1.0
//
// The logical types a column can have. Stores map them to their own types; integers travel as
// std::int64_t and floating point as double, the column type says what fits.
#pragma once

#include <cstdint>
#include <string_view>

namespace tandem {

enum class column_type : std::uint8_t {
    boolean,
    int16,
    int32,
    int64,
    float32,
    float64,
    numeric,
    text,
    bytes,
    uuid,
    date,
    timestamp,   ///< without time zone
    timestamptz, ///< with time zone
    json,
};
[[nodiscard]] std::string_view to_string(column_type type) noexcept;

} // namespace tandem
