// SPDX-License-Identifier: BSL-1.0
//
// The files that the lint looks at, held in memory, so that a sample is a tree as good as the real
// one, and what the lint found in them.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tidy {

struct file {
    std::vector<std::string> lines;      ///< as written, without line ends
    std::vector<std::string> code_lines; ///< comments and literals blanked; C++ only, else empty
};

/// Path below the root, with '/', to content. Ordered, so that the output is the same everywhere.
using tree = std::map<std::string, file, std::less<>>;

struct finding {
    std::string path;
    std::size_t line; ///< counted from 1
    std::string text;
};

class report {
public:
    void add(std::string_view path, std::size_t line, std::string text);
    /// `path:line: error: text`, ordered by path and line.
    [[nodiscard]] std::vector<std::string> lines() const;

private:
    std::vector<finding> findings_;
};

/// The project's own text files: no build, no version control, no samples of this lint.
tree read_tree(const std::filesystem::path& root);

/// One file from its text; C++ is recognised by the path.
file make_file(std::string_view path, std::string_view text);

bool is_header(std::string_view path);
bool is_source(std::string_view path);
bool is_cpp(std::string_view path);
bool is_cmake(std::string_view path);
std::string_view name_of(std::string_view path);
std::string_view folder_of(std::string_view path); ///< without the last '/'; empty at the root

} // namespace tidy
