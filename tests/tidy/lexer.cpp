// SPDX-License-Identifier: BSL-1.0
#include "lexer.hpp"

#include <cctype>

namespace tidy {

namespace {

// Each of these starts behind the opening of its construct and returns the offset behind its end.

std::size_t end_of_line_comment(std::string_view text, std::size_t from) {
    const auto end = text.find('\n', from);
    return end == text.npos ? text.size() : end;
}

std::size_t end_of_block_comment(std::string_view text, std::size_t from) {
    const auto end = text.find("*/", from);
    return end == text.npos ? text.size() : end + 2;
}

std::size_t end_of_literal(std::string_view text, std::size_t from, char quote) {
    while (from < text.size() && text[from] != quote && text[from] != '\n') {
        from += text[from] == '\\' ? 2 : 1;
    }
    return from < text.size() ? from : text.size();
}

std::size_t end_of_raw_literal(std::string_view text, std::size_t from) {
    const auto open = text.find('(', from);
    if (open == text.npos) return text.size();
    const auto closing = ")" + std::string(text.substr(from, open - from)) + "\"";
    const auto end = text.find(closing, open);
    return end == text.npos ? text.size() : end + closing.size() - 1;
}

void blank_range(std::string& out, std::size_t from, std::size_t to) {
    for (; from < to; ++from) {
        if (out[from] != '\n') out[from] = ' ';
    }
}

bool is_digit_separator(std::string_view text, std::size_t at) {
    return at > 0 && std::isxdigit(static_cast<unsigned char>(text[at - 1])) != 0 &&
           at + 1 < text.size() && std::isxdigit(static_cast<unsigned char>(text[at + 1])) != 0;
}

} // namespace

std::string blank(std::string_view text) {
    std::string out(text);
    std::size_t i = 0;
    while (i < text.size()) {
        const auto rest = text.substr(i);
        std::size_t end = i + 1;
        if (rest.starts_with("//")) {
            end = end_of_line_comment(text, i);
            blank_range(out, i, end);
        } else if (rest.starts_with("/*")) {
            end = end_of_block_comment(text, i + 2);
            blank_range(out, i, end);
        } else if (rest.starts_with("R\"")) {
            end = end_of_raw_literal(text, i + 2);
            blank_range(out, i + 2, end);
            ++end;
        } else if (text[i] == '"' || (text[i] == '\'' && !is_digit_separator(text, i))) {
            end = end_of_literal(text, i + 1, text[i]);
            blank_range(out, i + 1, end);
            ++end;
        }
        i = end;
    }
    return out;
}

std::vector<std::string> split_lines(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const auto end = text.find('\n');
        lines.emplace_back(text.substr(0, end));
        if (end == text.npos) break;
        text.remove_prefix(end + 1);
    }
    return lines;
}

bool is_word_character(char c) {
    return c == '_' || std::isalnum(static_cast<unsigned char>(c)) != 0;
}

std::vector<word> words_of(std::string_view line) {
    std::vector<word> words;
    for (std::size_t i = 0; i < line.size();) {
        std::size_t end = i;
        while (end < line.size() && is_word_character(line[end]))
            ++end;
        if (end > i) words.push_back({line.substr(i, end - i), i});
        i = end + 1;
    }
    return words;
}

char next_visible(std::string_view line, std::size_t from) {
    const auto at = line.find_first_not_of(" \t", from);
    return at == line.npos ? '\0' : line[at];
}

char previous_visible(std::string_view line, std::size_t to) {
    const auto at = line.substr(0, to).find_last_not_of(" \t");
    return at == line.npos ? '\0' : line[at];
}

std::optional<std::string_view> include_of(std::string_view line) {
    auto at = line.find_first_not_of(" \t");
    if (at == line.npos || line[at] != '#') return std::nullopt;
    at = line.find_first_not_of(" \t", at + 1);
    if (at == line.npos || !line.substr(at).starts_with("include")) return std::nullopt;
    const auto open = line.find_first_of("\"<", at);
    if (open == line.npos) return std::nullopt;
    const auto close = line.find(line[open] == '<' ? '>' : '"', open + 1);
    if (close == line.npos) return std::nullopt;
    return line.substr(open, close - open + 1);
}

} // namespace tidy
