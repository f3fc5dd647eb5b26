// SPDX-License-Identifier: BSL-1.0
#include "checks.hpp"
#include "lexer.hpp"

namespace tidy {

namespace {

struct block {
    bool has_code = false;        ///< a `case errc::...` stands in it
    std::size_t default_line = 0; ///< of its `default:`, or 0
};

// `default:` is a label; `= default;` is not.
bool is_default_label(std::string_view line, const word& w) {
    return w.text == "default" && next_visible(line, w.begin + w.text.size()) == ':';
}

bool is_error_case(std::string_view line, const word& w) {
    if (w.text != "case") return false;
    // The label ends at the first colon that is not one of a pair.
    auto end = line.find(':', w.begin);
    while (end != line.npos && line.substr(end).starts_with("::"))
        end = line.find(':', end + 2);
    return line.substr(w.begin, end - w.begin).find("errc::") != line.npos;
}

class scanner {
public:
    scanner(std::string_view path, report& out) : path_(path), out_(out) {}

    void line(std::string_view text, std::size_t number) {
        const auto words = words_of(text);
        auto next = words.begin();
        for (std::size_t i = 0; i < text.size(); ++i) {
            if (text[i] == '{') blocks_.emplace_back();
            if (text[i] == '}') close();
            if (next == words.end() || next->begin != i || blocks_.empty()) {
                if (next != words.end() && next->begin == i) ++next;
                continue;
            }
            if (is_default_label(text, *next)) blocks_.back().default_line = number;
            if (is_error_case(text, *next)) blocks_.back().has_code = true;
            ++next;
        }
    }

private:
    void close() {
        if (blocks_.empty()) return;
        const auto done = blocks_.back();
        blocks_.pop_back();
        const bool is_error_file = name_of(path_).starts_with("errc");
        if (done.default_line != 0 && (done.has_code || is_error_file)) {
            out_.add(
                path_, done.default_line,
                "default in a switch over errc: name every code, so that a new one is classed");
        }
    }

    std::string_view path_;
    report& out_;
    std::vector<block> blocks_;
};

} // namespace

void check_error_switches(const tree& files, report& out) {
    for (const auto& [path, content] : files) {
        if (!is_cpp(path)) continue;
        scanner s(path, out);
        for (std::size_t i = 0; i < content.code_lines.size(); ++i) {
            s.line(content.code_lines[i], i + 1);
        }
    }
}

} // namespace tidy
