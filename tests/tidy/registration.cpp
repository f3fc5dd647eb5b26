// SPDX-License-Identifier: BSL-1.0
#include "checks.hpp"

#include <algorithm>
#include <set>

namespace tidy {

namespace {

using names = std::set<std::string, std::less<>>;

// Every word of a CMake file, comments left out.
void add_names(const file& cmake, names& out) {
    for (std::string_view line : cmake.lines) {
        line = line.substr(0, line.find('#'));
        constexpr std::string_view separators = " \t\"()";
        while (true) {
            const auto begin = line.find_first_not_of(separators);
            if (begin == line.npos) break;
            const auto end = line.find_first_of(separators, begin);
            out.emplace(line.substr(begin, end - begin));
            line = end == line.npos ? std::string_view{} : line.substr(end);
        }
    }
}

// A file is named by its path from the CMakeLists.txt, or by the same without its ending, which is
// how a loop over names writes it.
bool is_named(const names& in, std::string_view file) {
    return in.contains(file) || in.contains(file.substr(0, file.rfind('.')));
}

std::map<std::string, names, std::less<>> names_by_folder(const tree& files) {
    std::map<std::string, names, std::less<>> out;
    for (const auto& [path, content] : files) {
        if (name_of(path) == "CMakeLists.txt")
            add_names(content, out[std::string(folder_of(path))]);
    }
    return out;
}

bool is_compiled(const std::map<std::string, names, std::less<>>& by_folder,
                 std::string_view path) {
    for (auto folder = folder_of(path); !folder.empty(); folder = folder_of(folder)) {
        const auto found = by_folder.find(folder);
        if (found != by_folder.end() && is_named(found->second, path.substr(folder.size() + 1))) {
            return true;
        }
    }
    return false;
}

} // namespace

void check_registration(const tree& files, report& out) {
    const auto by_folder = names_by_folder(files);
    names in_source;
    for (const auto& [folder, listed] : by_folder) {
        if (folder == "src" || folder.starts_with("src/")) {
            in_source.insert(listed.begin(), listed.end());
        }
    }
    constexpr std::string_view public_folder = "include/";
    for (const auto& [path, content] : files) {
        if (is_source(path) && !is_compiled(by_folder, path)) {
            out.add(path, 1, "no CMakeLists.txt names this file: it is never compiled");
        }
        if (is_header(path) && path.starts_with(public_folder) &&
            !in_source.contains(path.substr(public_folder.size()))) {
            out.add(path, 1, "no layer lists this header: it is not installed");
        }
    }
}

} // namespace tidy
