// SPDX-License-Identifier: BSL-1.0
//
// The unique indexes that a table has beside its key, and the question which rows are in the way
// of new ones. Requests and readers are pure.
#pragma once

#include "postgres/pipeline.hpp"
#include "postgres/sql.hpp"

#include <string>
#include <vector>

namespace tandem::postgres::detail {

/// A unique index.
struct unique_rule {
    std::string name;
    std::vector<std::string> parts;   ///< columns (quoted) and expressions, as SQL
    std::vector<std::string> columns; ///< of parts that are plain columns, else ""
    std::vector<std::string> uses;    ///< all columns it looks at, those of its predicate included
    std::string predicate;            ///< empty: it is not partial
    bool nulls_equal = false;
};

/// $1 the quoted path of the table.
[[nodiscard]] const statement& unique_rules_statement();
[[nodiscard]] std::vector<unique_rule> read_unique_rules(const result_set& lines);

/// $1..$n the arrays of the columns -> position (from 1) and the key parts of rows with another key
/// that share a value of the rule. Empty where the rule looks at nothing that the mapping has.
[[nodiscard]] std::string holders_sql(const sql_table& own, const unique_rule& rule);

} // namespace tandem::postgres::detail
