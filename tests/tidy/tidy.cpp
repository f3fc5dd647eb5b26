// SPDX-License-Identifier: BSL-1.0
//
// The project's lint, run by CTest: tandem_tidy <root of the project>. Prints each finding as
// `file:line: error: text` and ends with 1 when there is one.
//
// tandem_tidy --samples <folder> tests the lint itself. A sample is a small tree in one file:
//
//     sample   = "--- expect" line { finding } { file }
//     file     = "--- " path line { text line }
//
// and the lint must find exactly what is expected in it. Unless a sample brings a CMakeLists.txt,
// all its files count as registered.
#include "checks.hpp"
#include "lexer.hpp"

#include <algorithm>
#include <fstream>
#include <iostream>
#include <sstream>

namespace tidy {

void check_all(const tree& files, report& out) {
    check_layers(files, out);
    check_first_lines(files, out);
    check_sizes(files, out);
    check_registration(files, out);
    check_seams(files, out);
    check_error_switches(files, out);
    check_wording(files, out);
}

namespace {

namespace fs = std::filesystem;

struct sample {
    std::vector<std::string> expected;
    tree files;
};

void register_all(tree& files) {
    constexpr std::string_view licence = "# SPDX-License-Identifier: BSL-1.0\n";
    std::map<std::string, std::string> cmake;
    for (const auto& [path, content] : files) {
        if (name_of(path) == "CMakeLists.txt") return;
        if (is_source(path)) {
            cmake[std::string(folder_of(path)) + "/CMakeLists.txt"] +=
                std::string(name_of(path)) + "\n";
        } else if (path.starts_with("include/")) {
            cmake["src/CMakeLists.txt"] += path.substr(path.find('/') + 1) + "\n";
        }
    }
    for (const auto& [path, text] : cmake) {
        files.emplace(path, make_file(path, std::string(licence) + text));
    }
}

sample read_sample(const fs::path& path) {
    constexpr std::string_view mark = "--- ";
    std::ifstream in(path);
    sample out;
    std::map<std::string, std::string> texts;
    std::string current;
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with(mark)) {
            current = line.substr(mark.size());
        } else if (current == "expect") {
            out.expected.push_back(line);
        } else {
            texts[current] += line + "\n";
        }
    }
    for (const auto& [name, text] : texts)
        out.files.emplace(name, make_file(name, text));
    register_all(out.files);
    return out;
}

bool test_sample(const fs::path& path) {
    const auto s = read_sample(path);
    report found;
    check_all(s.files, found);
    const auto lines = found.lines();
    if (lines == s.expected) return true;
    const auto name = path.filename().string();
    for (const auto& line : s.expected) {
        if (std::ranges::find(lines, line) == lines.end()) {
            std::cout << name << ":1: error: not found: " << line << '\n';
        }
    }
    for (const auto& line : lines) {
        if (std::ranges::find(s.expected, line) == s.expected.end()) {
            std::cout << name << ":1: error: not expected: " << line << '\n';
        }
    }
    return false;
}

int test_samples(const fs::path& folder) {
    int count = 0;
    int failed = 0;
    for (const auto& entry : fs::directory_iterator(folder)) {
        ++count;
        if (!test_sample(entry.path())) ++failed;
    }
    std::cout << count << " samples, " << failed << " of them wrong\n";
    // No sample at all would prove nothing.
    return count > 0 && failed == 0 ? 0 : 1;
}

int check_project(const fs::path& root) {
    const auto files = read_tree(root);
    report found;
    check_all(files, found);
    const auto lines = found.lines();
    for (const auto& line : lines)
        std::cout << line << '\n';
    std::cout << files.size() << " files, " << lines.size() << " findings\n";
    return !files.empty() && lines.empty() ? 0 : 1;
}

} // namespace

} // namespace tidy

int main(int argc, char** argv) {
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    if (arguments.size() == 1 && std::filesystem::is_directory(arguments[0])) {
        return tidy::check_project(arguments[0]);
    }
    if (arguments.size() == 2 && arguments[0] == "--samples" &&
        std::filesystem::is_directory(arguments[1])) {
        return tidy::test_samples(arguments[1]);
    }
    std::cerr << "usage: tandem_tidy <root of the project> | --samples <folder>\n";
    return 2;
}
