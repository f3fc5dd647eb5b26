// SPDX-License-Identifier: BSL-1.0
#include "tree.hpp"

#include "lexer.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>
#include <tuple>

namespace tidy {

namespace {

namespace fs = std::filesystem;

constexpr std::array folders = {".ci",      "bench",   "cmake", "docs",
                                "examples", "include", "src",   "tests"};
constexpr std::string_view samples = "tests/tidy/samples/";

bool is_text(std::string_view path) {
    constexpr std::array endings = {".hpp", ".cpp", ".cmake", ".in",   ".md",  ".txt", ".pml",
                                    ".sql", ".sh",  ".json",  ".conf", ".yml", ".toml"};
    constexpr std::array names = {"dev",         "run",           ".clang-format",
                                  ".clang-tidy", ".editorconfig", ".gitignore"};
    return std::ranges::any_of(endings, [&](auto e) { return path.ends_with(e); }) ||
           std::ranges::any_of(names, [&](auto n) { return name_of(path) == n; });
}

void read_into(tree& files, const fs::path& root, const fs::path& from) {
    const auto path = fs::relative(from, root).generic_string();
    if (!is_text(path) || path.starts_with(samples)) return;
    std::ifstream in(from, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    files.emplace(path, make_file(path, text.view()));
}

} // namespace

void report::add(std::string_view path, std::size_t line, std::string text) {
    findings_.push_back({std::string(path), line, std::move(text)});
}

std::vector<std::string> report::lines() const {
    auto sorted = findings_;
    std::ranges::stable_sort(sorted, {}, [](const finding& f) { return std::tie(f.path, f.line); });
    std::vector<std::string> out;
    for (const auto& f : sorted) {
        out.push_back(f.path + ":" + std::to_string(f.line) + ": error: " + f.text);
    }
    return out;
}

tree read_tree(const fs::path& root) {
    tree files;
    for (const auto& entry : fs::directory_iterator(root)) {
        if (entry.is_regular_file()) read_into(files, root, entry.path());
    }
    for (const char* folder : folders) {
        if (!fs::is_directory(root / folder)) continue;
        for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
            if (entry.is_regular_file()) read_into(files, root, entry.path());
        }
    }
    return files;
}

file make_file(std::string_view path, std::string_view text) {
    file out;
    out.lines = split_lines(text);
    if (is_cpp(path)) out.code_lines = split_lines(blank(text));
    return out;
}

bool is_header(std::string_view path) { return path.ends_with(".hpp"); }
bool is_source(std::string_view path) { return path.ends_with(".cpp"); }
bool is_cpp(std::string_view path) { return is_header(path) || is_source(path); }

bool is_cmake(std::string_view path) {
    return name_of(path) == "CMakeLists.txt" || path.ends_with(".cmake") ||
           path.ends_with(".cmake.in");
}

std::string_view name_of(std::string_view path) {
    const auto slash = path.rfind('/');
    return slash == path.npos ? path : path.substr(slash + 1);
}

std::string_view folder_of(std::string_view path) {
    const auto slash = path.rfind('/');
    return slash == path.npos ? std::string_view{} : path.substr(0, slash);
}

} // namespace tidy
