// SPDX-License-Identifier: BSL-1.0
//
// What the catalog says about a table: asked in one statement, read into plain structures. The
// request and the reader are pure.
#pragma once

#include "tandem/core/schema.hpp"

#include "postgres/pipeline.hpp"
#include "postgres/sql.hpp"

#include <optional>

namespace tandem::postgres::detail {

struct live_column {
    std::string name;
    std::string type_text; ///< as the server writes it, "numeric(10,2)"
    oid type = 0;          ///< domains seen through
    oid array = 0;
    std::optional<wire_format> format; ///< nothing: a type unknown here
    bool not_null = false;
    bool has_default = false;
    bool generated = false;
    char identity = 0;           ///< 'a' always, 'd' by default, else 0
    bool stable_equality = true; ///< false: a nondeterministic collation
};

struct live_table {
    oid id = 0;
    char kind = 'r'; ///< relkind: r table, p partitioned, v view, f foreign, m materialised view
    bool row_security = false; ///< and it applies to the role of the session
    bool has_triggers = false; ///< of the host's own, not those of constraints
    std::string name;          ///< schema and table, quoted
    std::vector<live_column> columns;

    [[nodiscard]] const live_column* find(std::string_view column) const noexcept;
};

/// $1 the quoted path of the table.
[[nodiscard]] const statement& inspect_statement();
/// Nothing where the table does not exist.
[[nodiscard]] std::optional<live_table> read_live_table(const result_set& reply);

/// The table as the generator of SQL wants it. Errors: schema_mismatch, naming the first column
/// that is missing or of a type the mapping cannot use.
[[nodiscard]] result<sql_table> to_sql_table(const table_schema& schema, table_id number,
                                             const live_table& live);

} // namespace tandem::postgres::detail
