// SPDX-License-Identifier: BSL-1.0
//
// As much of a C++ lexer as the lint needs. It knows comments, literals (raw ones, too) and words;
// it does not expand macros and does not join lines that end in a backslash.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tidy {

/// The same text with each character of a comment or a literal turned into a space, so that lines
/// and columns stay. The quotes of a literal stay as well.
std::string blank(std::string_view text);

/// Without line ends; a last empty line does not count.
std::vector<std::string> split_lines(std::string_view text);

bool is_word_character(char c);

struct word {
    std::string_view text;
    std::size_t begin; ///< offset in the line
};

/// Identifiers, keywords and numbers of a line, in order.
std::vector<word> words_of(std::string_view line);

/// The first character behind `from` that is no space, or NUL.
char next_visible(std::string_view line, std::size_t from);
/// The last character before `to` that is no space, or NUL.
char previous_visible(std::string_view line, std::size_t to);

/// What stands between the quotes or angles of an #include, with them: `"a.hpp"`, `<a>`.
std::optional<std::string_view> include_of(std::string_view line);

} // namespace tidy
