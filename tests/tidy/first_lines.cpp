// SPDX-License-Identifier: BSL-1.0
#include "checks.hpp"

#include <algorithm>
#include <optional>

namespace tidy {

namespace {

constexpr std::string_view licence = "SPDX-License-Identifier: BSL-1.0";

// How a comment starts in a file that must name its licence.
std::optional<std::string_view> comment_mark(std::string_view path) {
    const auto name = name_of(path);
    if (is_cpp(path)) return "// ";
    if (path.ends_with(".sql")) return "-- ";
    if (is_cmake(path) || path.ends_with(".sh") || path.ends_with(".yml")) return "# ";
    if (name == "dev" || path == ".ci/run" || name == ".clang-format" || name == ".clang-tidy" ||
        name == ".editorconfig") {
        return "# ";
    }
    return std::nullopt;
}

} // namespace

void check_first_lines(const tree& files, report& out) {
    for (const auto& [path, content] : files) {
        const auto mark = comment_mark(path);
        if (!mark) continue;
        const auto& lines = content.lines;
        const std::size_t at = !lines.empty() && lines[0].starts_with("#!") ? 1 : 0;
        const auto expected = std::string(*mark) + std::string(licence);
        if (lines.size() <= at || lines[at] != expected) {
            out.add(path, at + 1, "the first line must be '" + expected + "'");
        }
        if (is_header(path) && std::ranges::find(lines, "#pragma once") == lines.end()) {
            out.add(path, 1, "a header needs #pragma once");
        }
    }
}

} // namespace tidy
