// SPDX-License-Identifier: BSL-1.0
//
// How cells are stored in SQLite columns, and back. Pure: no connection here. The grammar of the
// stored values stands at the top of values.cpp and in docs/stores/sqlite.md.
#pragma once

#include "tandem/core/cell.hpp"
#include "tandem/core/schema.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace tandem::sqlite::detail {

/// The five affinities of a declared column type (SQLite, "Determination Of Column Affinity").
enum class affinity : std::uint8_t { integer, text, blob, real, numeric };
[[nodiscard]] affinity affinity_of(std::string_view declared) noexcept;
[[nodiscard]] std::string_view to_string(affinity a) noexcept;

/// How one column's values are kept.
enum class storage : std::uint8_t {
    integer,      ///< booleans 0 and 1, integers, timestamps in microseconds since 1970
    real,         ///< NaN and -0.0 as 8 byte blobs, as REAL keeps neither
    text,         ///< the canonical text
    numeric_text, ///< json in a column of NUMERIC affinity: all but bare numbers
    blob,         ///< bytes; uuid as 16 bytes
};

/// Nothing where a column of this declared type cannot hold the logical type without loss.
[[nodiscard]] std::optional<storage> storage_for(column_type type,
                                                 std::string_view declared) noexcept;
/// A declared type that holds it: "TEXT" for column_type::numeric.
[[nodiscard]] std::string_view declare(column_type type) noexcept;

/// One column as the live table has it.
struct column_layout {
    std::string label; ///< "users.email", for messages
    column_type type = column_type::text;
    storage how = storage::text;
    bool is_key = false;
};

struct text_ref {
    std::string_view value; ///< borrowed
};
struct blob_ref {
    std::string_view value; ///< borrowed
};
struct text_own {
    std::string value;
};
struct blob_own {
    std::string value;
};
/// A value on its way to or from SQLite; monostate is NULL.
using sql_value =
    std::variant<std::monostate, std::int64_t, double, text_ref, blob_ref, text_own, blob_own>;

/// Borrows from the cell where it can. Errors: type_mismatch (the cell is of another type),
/// out_of_range (a value this column cannot keep).
[[nodiscard]] result<sql_value> encode(const cell& c, const column_layout& column);

/// Errors: type_mismatch (another storage class, or the text of a key is not canonical),
/// out_of_range, invalid_text, unexpected_null (key columns only).
[[nodiscard]] result<cell> decode(const sql_value& v, const column_layout& column);

} // namespace tandem::sqlite::detail
