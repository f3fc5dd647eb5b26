// SPDX-License-Identifier: BSL-1.0

#include "postgres/sql_text.hpp"

#include <cassert>

namespace tandem::postgres::detail {
namespace {

std::string enclosed(std::string_view text, char quote) {
    std::string out(1, quote);
    for (const char c : text) {
        if (c == quote) out += quote;
        out += c;
    }
    return out += quote;
}

} // namespace

std::string quoted(std::string_view name) { return enclosed(name, '"'); }

std::string quoted_path(std::string_view path) {
    const std::size_t dot = path.find('.');
    if (dot == std::string_view::npos) return quoted(path);
    return quoted(path.substr(0, dot)) + "." + quoted(path.substr(dot + 1));
}

std::string literal(std::string_view text) {
    std::string out = enclosed(text, '\'');
    if (text.find('\\') == std::string_view::npos) return out;
    std::string escaped = "E";
    for (const char c : out) {
        if (c == '\\') escaped += '\\';
        escaped += c;
    }
    return escaped;
}

std::string param(std::size_t n) { return "$" + std::to_string(n); }

std::string joined(std::size_t count, std::string_view between,
                   const std::function<std::string(std::size_t)>& make) {
    std::string out;
    for (std::size_t i = 0; i < count; ++i) {
        if (i > 0) out += between;
        out += make(i);
    }
    return out;
}

std::string fill(std::string_view pattern, std::initializer_list<std::string_view> values) {
    std::string out;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        const bool is_place = pattern[i] == '{' && i + 2 < pattern.size() &&
                              pattern[i + 1] >= '0' && pattern[i + 1] <= '9' &&
                              pattern[i + 2] == '}';
        if (!is_place) {
            out += pattern[i];
            continue;
        }
        const auto place = static_cast<std::size_t>(pattern[i + 1] - '0');
        assert(place < values.size());
        out += values.begin()[place];
        i += 2;
    }
    return out;
}

} // namespace tandem::postgres::detail
