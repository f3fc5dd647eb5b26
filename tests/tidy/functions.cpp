// SPDX-License-Identifier: BSL-1.0
#include "functions.hpp"

#include "lexer.hpp"

#include <algorithm>
#include <array>

namespace tidy {

namespace {

// What stands before a brace that opens no function, though a parenthesis may stand there, too:
// `class alignas(8) x {`.
bool opens_scope(std::string_view head) {
    constexpr std::array scopes = {"namespace", "class", "struct", "union", "enum"};
    const auto words = words_of(head);
    // `template <class T> void f() {` names class within the angles only.
    int angles = 0;
    std::size_t at = 0;
    for (const auto& w : words) {
        for (; at < w.begin; ++at) {
            if (head[at] == '<') ++angles;
            if (head[at] == '>') --angles;
            if (head[at] == '(') return false; // parameters begin: `void f(struct stat* s) {`
        }
        if (angles <= 0 && std::ranges::find(scopes, w.text) != scopes.end()) return true;
    }
    return false;
}

std::string name_in(std::string_view head) {
    const auto open = head.find('(');
    const auto words = words_of(head.substr(0, open));
    return words.empty() ? "lambda" : std::string(words.back().text);
}

class scanner {
public:
    void line(std::string_view text, std::size_t number) {
        if (next_visible(text, 0) == '#') return;
        for (const char c : text) {
            switch (c) {
            case '{': open(number); break;
            case '}': close(number); break;
            case ';':
                if (parentheses_ == 0) head_.clear();
                break;
            case '(':
                ++parentheses_;
                head_ += c;
                break;
            case ')':
                --parentheses_;
                head_ += c;
                break;
            default: head_ += c;
            }
        }
        head_ += ' ';
    }

    std::vector<function> take() { return std::move(functions_); }

private:
    void open(std::size_t number) {
        ++depth_;
        const bool is_body = function_depth_ == 0 && parentheses_ == 0 &&
                             head_.find('(') != std::string::npos && !opens_scope(head_);
        if (is_body) {
            function_depth_ = depth_;
            functions_.push_back({name_in(head_), number, 0});
        }
        if (parentheses_ == 0) head_.clear();
    }

    void close(std::size_t number) {
        if (function_depth_ == depth_ && function_depth_ != 0) {
            functions_.back().length = number - functions_.back().line + 1;
            function_depth_ = 0;
        }
        --depth_;
        if (parentheses_ == 0) head_.clear();
    }

    std::string head_; ///< the text since the last statement or brace
    int parentheses_ = 0;
    int depth_ = 0;
    int function_depth_ = 0; ///< depth of the body we are in, or 0
    std::vector<function> functions_;
};

} // namespace

std::vector<function> functions_of(const std::vector<std::string>& code_lines) {
    scanner s;
    for (std::size_t i = 0; i < code_lines.size(); ++i)
        s.line(code_lines[i], i + 1);
    return s.take();
}

} // namespace tidy
