// SPDX-License-Identifier: BSL-1.0
#include "checks.hpp"
#include "lexer.hpp"

#include <algorithm>
#include <array>

namespace tidy {

namespace {

// Each literal is written in two halves, so that this file does not find itself.
constexpr std::array<std::string_view, 6> unfinished_words = {"TO"
                                                              "DO",
                                                              "FIX"
                                                              "ME",
                                                              "X"
                                                              "XX",
                                                              "HA"
                                                              "CK",
                                                              "T"
                                                              "BD",
                                                              "W"
                                                              "IP"};
constexpr std::array<std::string_view, 3> unfinished_phrases = {"not imple"
                                                                "mented",
                                                                "for n"
                                                                "ow",
                                                                "lorem ip"
                                                                "sum"};
constexpr std::array<std::string_view, 4> machine_paths = {"/ho"
                                                           "me/",
                                                           "/ro"
                                                           "ot/",
                                                           "/wo"
                                                           "rk/",
                                                           "/Us"
                                                           "ers/"};

bool is_part_of_longer_path(std::string_view line, std::size_t at) {
    if (at == 0) return false;
    const char before = line[at - 1];
    return is_word_character(before) || before == '.' || before == '}' || before == '-';
}

bool has_phrase(std::string_view line, std::string_view phrase) {
    const auto at = line.find(phrase);
    const auto end = at + phrase.size();
    return at != line.npos && (at == 0 || !is_word_character(line[at - 1])) &&
           (end == line.size() || !is_word_character(line[end]));
}

void check_line(std::string_view path, std::string_view line, std::size_t number, report& out) {
    for (const auto& w : words_of(line)) {
        if (std::ranges::find(unfinished_words, w.text) != unfinished_words.end()) {
            out.add(path, number, "unfinished: " + std::string(w.text));
        }
    }
    for (const auto phrase : unfinished_phrases) {
        if (has_phrase(line, phrase)) {
            out.add(path, number, "unfinished: " + std::string(phrase));
        }
    }
    for (const auto machine_path : machine_paths) {
        const auto at = line.find(machine_path);
        if (at != line.npos && !is_part_of_longer_path(line, at)) {
            out.add(path, number, "a path of one machine: " + std::string(machine_path));
        }
    }
}

} // namespace

void check_wording(const tree& files, report& out) {
    for (const auto& [path, content] : files) {
        for (std::size_t i = 0; i < content.lines.size(); ++i) {
            check_line(path, content.lines[i], i + 1, out);
        }
    }
}

} // namespace tidy
