// SPDX-License-Identifier: BSL-1.0
//
// The rows that the demo moves, as read from the package catalogue or from a CSV file. Keys are
// unique, not empty and within tandem's limit, and all text is valid; what is not is refused with
// its place, or, where it comes from the catalogue, left out and counted.
#pragma once

#include "problem.hpp"
#include "record.hpp"

#include <istream>
#include <span>
#include <utility>
#include <vector>

namespace demo {

struct dataset {
    std::string origin; ///< what it is, for people
    std::vector<item> items;
    std::size_t left_out = 0; ///< rows of the catalogue that are repeated or unreadable
};

/// The package catalogue of this machine: what apt-cache knows, or, where that is nothing, the
/// installed packages. Errors: no_rows.
[[nodiscard]] outcome<dataset> load_catalogue(std::size_t rows_max);

/// Stanzas of "Name: value" lines, as apt and dpkg write them.
[[nodiscard]] dataset parse_stanzas(std::istream& in, std::size_t rows_max);

/// A CSV file (RFC 4180: comma, double quotes, fields over several lines; LF or CRLF; UTF-8 with or
/// without BOM) whose first row names the columns. Errors: unreadable_input, malformed_input with
/// file:line:column, duplicate_key with both lines, no_rows.
[[nodiscard]] outcome<dataset> load_csv(const std::string& path, const std::string& key_column,
                                        std::size_t rows_max);

/// The same from a text; `name` stands for the file in messages.
[[nodiscard]] outcome<dataset> parse_csv(std::string_view text, const std::string& name,
                                         const std::string& key_column, std::size_t rows_max);

/// {"a":"x","b":"y"}; the texts are valid UTF-8.
[[nodiscard]] std::string
json_object(std::span<const std::pair<std::string_view, std::string_view>> members);

} // namespace demo
