// SPDX-License-Identifier: BSL-1.0
//
// What the live file says about a table, and what follows from it for storing values.
#pragma once

#include "tandem/core/schema.hpp"

#include "sqlite/connection.hpp"
#include "sqlite/values.hpp"

#include <optional>
#include <string>
#include <vector>

namespace tandem::sqlite::detail {

struct live_column {
    std::string name;
    std::string declared; ///< the declared type, as written
    bool not_null = false;
    bool has_default = false;
    bool generated = false;
    int key_position = 0; ///< 1 for the first column of the primary key; 0: not in it
    bool binary_collation = true;
    bool autoincrement = false;
};

struct live_index {
    bool unique = false;
    bool partial = false;
    bool has_expression = false;
    bool binary_collation = true; ///< of all its columns
    std::vector<std::string> columns;
};

enum class table_kind : std::uint8_t { missing, table, view, virtual_table };

struct live_table {
    table_kind kind = table_kind::missing;
    std::string name; ///< as it was created
    std::vector<live_column> columns;
    std::vector<live_index> indexes;
    std::vector<std::string> triggers;
    bool has_key_index = false; ///< the primary key has an index of its own: it is not the rowid

    /// By name, as SQLite compares names: without regard to ASCII case. Null where there is none.
    [[nodiscard]] const live_column* find(std::string_view column) const noexcept;
    /// The one column that is the rowid; null where there is none.
    [[nodiscard]] const live_column* rowid_column() const noexcept;
};

[[nodiscard]] bool same_name(std::string_view a, std::string_view b) noexcept;

[[nodiscard]] result<live_table> inspect(connection& c, std::string_view table);

/// How a mapped table is stored.
struct table_layout {
    std::vector<column_layout> columns;     ///< by field
    std::vector<std::size_t> key_fields;    ///< in key order
    std::string live_name;                  ///< as sqlite_sequence spells it
    std::optional<std::size_t> rowid_field; ///< the field whose column is the rowid
    bool autoincrement = false;             ///< and never gives out a value again
};

/// Errors: schema_mismatch, where a value could not be stored; compare_schema() tells the whole.
[[nodiscard]] result<table_layout> make_layout(const table_schema& table, const live_table& live);

} // namespace tandem::sqlite::detail
