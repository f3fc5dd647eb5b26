// SPDX-License-Identifier: BSL-1.0
//
// A cell is one value of one column, a row is the cells of one record in the order of the mapping's
// fields. They are what travels between records and stores: no dialect, no driver type.
#pragma once

#include "tandem/core/types.hpp"

#include <string_view>
#include <variant>
#include <vector>

namespace tandem {

/// NULL.
struct null {
    friend constexpr auto operator<=>(const null&, const null&) = default;
};

/// All integer columns use std::int64_t, both float columns double.
using cell = std::variant<null, bool, std::int64_t, double, decimal, std::string, bytes, uuid, date,
                          timestamp, timestamptz, json>;

[[nodiscard]] inline bool is_null(const cell& c) noexcept {
    return std::holds_alternative<null>(c);
}

/// Equality of content: two NULLs are equal, two NaNs are equal, and 0.0 differs from -0.0, because
/// what is compared is what was stored.
[[nodiscard]] bool same_cell(const cell& a, const cell& b) noexcept;

/// Bytes the value takes, for limits::row_bytes_max.
[[nodiscard]] std::size_t size_of(const cell& c) noexcept;

/// Whether the cell is NULL or of the alternative that `type` uses.
[[nodiscard]] bool holds(const cell& c, column_type type) noexcept;

using row = std::vector<cell>;

[[nodiscard]] bool same_row(const row& a, const row& b) noexcept;

/// A readable form for messages of tests and tools; it shows values, so it never goes into a log.
[[nodiscard]] std::string describe(const cell& c);

} // namespace tandem
