// SPDX-License-Identifier: BSL-1.0
//
// The comparison of a mapping with the live table: what the catalog was asked, and, pure, what
// differs and what to do about it. Names of tables, columns and roles only, never a value.
#pragma once

#include "postgres/catalog.hpp"

#include <string>
#include <vector>

namespace tandem::postgres::detail {

/// A unique index that ON CONFLICT can use: complete, immediate, over columns alone.
struct live_index {
    bool primary = false;
    std::vector<std::string> columns;
};

/// What is asked beside the columns. Privileges are those of the session's role.
struct live_rights {
    std::string user;
    bool select = true, insert = true, update = true, remove = true;
    std::vector<std::string> triggers;  ///< enabled ones that do not test tandem.apply
    std::vector<std::string> sequences; ///< of mapped columns, which it may not read and move
};

struct live_state {
    std::optional<live_table> table;
    std::vector<live_index> unique;
    live_rights rights;
};

/// `has_version`: the mode needs the version column. `side_is_target`: its triggers would fire.
void compare_table(const table_schema& mapped, const live_state& live, bool has_version,
                   bool side_is_target, std::vector<schema_difference>& out);

/// $1 the quoted path, as inspect_statement().
[[nodiscard]] const statement& unique_indexes_statement();
[[nodiscard]] const statement& rights_statement();
[[nodiscard]] const statement& triggers_statement();
[[nodiscard]] std::vector<live_index> read_unique_indexes(const result_set& lines);
[[nodiscard]] live_rights read_rights(const result_set& rights, const result_set& triggers);

} // namespace tandem::postgres::detail
