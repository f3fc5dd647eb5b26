// SPDX-License-Identifier: BSL-1.0
//
// The ratchet, tests/tidy/ratchet.txt, holds what is over a limit, one thing a line:
//
//     entry    = kind path [name] size
//     kind     = "header" | "source"     size in lines
//              | "function"              name of the function, size in lines
//              | "columns"               size in lines that are too wide
//     comment  = "#" anything
//
// An entry must be exact: more is an error, and so is less, as the entry has to shrink with it.
#include "checks.hpp"
#include "functions.hpp"

#include <algorithm>
#include <charconv>
#include <sstream>

namespace tidy {

namespace {

constexpr std::size_t header_lines_max = 300;
constexpr std::size_t source_lines_max = 500;
constexpr std::size_t function_lines_max = 70;
constexpr std::size_t columns_max = 100;
constexpr std::string_view ratchet_path = "tests/tidy/ratchet.txt";

struct entry {
    std::size_t size;
    std::size_t line; ///< in ratchet.txt
    bool is_used = false;
};
using ratchet = std::map<std::string, entry, std::less<>>; // key: the entry without its size

ratchet read_ratchet(const tree& files, report& out) {
    ratchet entries;
    const auto found = files.find(ratchet_path);
    if (found == files.end()) return entries;
    const auto& lines = found->second.lines;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const std::string_view line = lines[i];
        if (line.empty() || line.front() == '#') continue;
        const auto space = line.rfind(' ');
        std::size_t size = 0;
        const auto number = space == line.npos ? line : line.substr(space + 1);
        const auto* end = number.data() + number.size();
        if (space == line.npos || std::from_chars(number.data(), end, size).ptr != end) {
            out.add(ratchet_path, i + 1, "an entry is: kind path [name] size");
            continue;
        }
        entries.insert_or_assign(std::string(line.substr(0, space)), entry{size, i + 1});
    }
    return entries;
}

struct measure {
    std::string key;  ///< of the ratchet
    std::string what; ///< for people
    std::size_t size;
    std::size_t limit;
    std::size_t line; ///< where the error points to
};

void judge(std::string_view path, const measure& m, ratchet& allowed, report& out) {
    if (m.size <= m.limit) return;
    const auto found = allowed.find(m.key);
    const auto size = std::to_string(m.size);
    if (found == allowed.end()) {
        out.add(path, m.line, m.what + ": " + size + ", the limit is " + std::to_string(m.limit));
        return;
    }
    auto& known = found->second;
    known.is_used = true;
    if (m.size > known.size) {
        out.add(path, m.line,
                m.what + ": " + size + ", the ratchet allows " + std::to_string(known.size));
    } else if (m.size < known.size) {
        out.add(ratchet_path, known.line, "'" + m.key + "' is smaller now: lower it to " + size);
    }
}

// Characters, not bytes: only bytes that begin a UTF-8 sequence count.
std::size_t columns(std::string_view line) {
    return static_cast<std::size_t>(std::ranges::count_if(
        line, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

void check_columns(std::string_view path, const file& content, ratchet& allowed, report& out) {
    std::size_t wide = 0;
    std::size_t first = 0;
    for (std::size_t i = 0; i < content.lines.size(); ++i) {
        if (columns(content.lines[i]) <= columns_max) continue;
        if (wide == 0) first = i + 1;
        ++wide;
    }
    judge(path, {"columns " + std::string(path), "lines over 100 columns", wide, 0, first}, allowed,
          out);
}

void check_file(std::string_view path, const file& content, ratchet& allowed, report& out) {
    const std::string where(path);
    if (is_header(path)) {
        judge(path,
              {"header " + where, "lines of this header", content.lines.size(), header_lines_max,
               header_lines_max + 1},
              allowed, out);
    } else {
        judge(path,
              {"source " + where, "lines of this source", content.lines.size(), source_lines_max,
               source_lines_max + 1},
              allowed, out);
    }
    for (const auto& f : functions_of(content.code_lines)) {
        judge(path,
              {"function " + where + " " + f.name, "lines of the function " + f.name, f.length,
               function_lines_max, f.line},
              allowed, out);
    }
}

} // namespace

void check_sizes(const tree& files, report& out) {
    auto allowed = read_ratchet(files, out);
    for (const auto& [path, content] : files) {
        if (is_cpp(path) || is_cmake(path)) check_columns(path, content, allowed, out);
        if (is_cpp(path)) check_file(path, content, allowed, out);
    }
    for (const auto& [key, known] : allowed) {
        if (!known.is_used) {
            out.add(ratchet_path, known.line, "'" + key + "' is within the limit now: remove it");
        }
    }
}

} // namespace tidy
