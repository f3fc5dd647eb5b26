// SPDX-License-Identifier: BSL-1.0
//
// One table at one side, as its mapping declares it: what the stores generate their SQL from and
// what is checked against the live schema. Rows travel in field order (the order in which the
// record's members were mapped at the source); a column says which field it holds.
#pragma once

#include "tandem/core/cell.hpp"
#include "tandem/core/key.hpp"

#include <string>
#include <vector>

namespace tandem {

struct column_schema {
    std::string name;
    column_type type = column_type::text;
    bool nullable = false; ///< the record holds it as std::optional
    std::size_t field = 0; ///< index into row
};

enum class deletes : std::uint8_t {
    allowed, ///< erase works; deleted keys leave tombstones
    never,   ///< erase is refused; no tombstones, cheaper writes
};

struct table_schema {
    std::string name;                   ///< may be "schema.table"
    std::vector<column_schema> columns; ///< mapped columns, key columns included
    std::vector<std::size_t> key;       ///< indexes into columns, in key order
    std::string version_column;         ///< bigint; empty only in same_transaction mode
    std::vector<std::string> ignored;   ///< live columns that tandem leaves alone, by name
    tandem::deletes deletes = tandem::deletes::allowed;

    [[nodiscard]] std::size_t fields() const noexcept { return columns.size(); }
    /// Column types of the key, in key order.
    [[nodiscard]] std::vector<column_type> key_types() const;
    /// The key cells of a row in field order.
    [[nodiscard]] tandem::key key_of(const row& r) const;
};

/// A table's number inside its migration: its position in the list given to the stores. The same at
/// both sides, and stored in the control tables.
using table_id = std::uint16_t;

/// Refuses: no columns, no key, a column twice, a key column that is nullable or of a type without
/// a canonical text, an empty or overlong (63 bytes) name, a field twice or missing, the version
/// column among the mapped or ignored columns. Errors: errc::invalid_mapping, the detail names
/// table and column.
[[nodiscard]] result<void> check(const table_schema& table);

/// One difference between a mapping and the live schema.
struct schema_difference {
    std::string table;
    std::string column;         ///< empty where the table itself is meant
    std::string problem;        ///< what differs
    std::string remedy;         ///< what to do; an exact statement where one exists
    bool lacks_version = false; ///< the version column is missing, and nothing else is meant
};
/// One line a difference: "table.column: problem; remedy".
[[nodiscard]] std::string to_string(const std::vector<schema_difference>& differences);

} // namespace tandem
