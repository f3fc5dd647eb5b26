// SPDX-License-Identifier: BSL-1.0
#include "checks.hpp"
#include "lexer.hpp"

#include <algorithm>
#include <array>

namespace tidy {

namespace {

// Where the clock and the random source may be named: the seams themselves, and programs that
// measure or show time.
constexpr std::array seams = {
    "include/tandem/system_clock.hpp",
    "src/system_clock.cpp",
    "src/core/clock_source.cpp",
    "src/core/random_source.cpp",
    "include/tandem/memory/fake_clock.hpp",
    "src/memory/fake_clock.cpp",
    "tests/support/",
    "bench/",
    "examples/",
    // Seeded generators; the seed is printed.
    "tests/integration/kill/",
    "tests/unit/demo/plan_test.cpp",
};

// Calls, told from names by the parenthesis behind them.
constexpr std::array calls = {
    "rand",       "srand",       "random",    "drand48",       "getrandom",
    "arc4random", "usleep",      "nanosleep", "clock_gettime", "gettimeofday",
    "sleep_for",  "sleep_until", "sleep",
};

bool is_seam(std::string_view path) {
    return std::ranges::any_of(seams,
                               [&](std::string_view seam) { return path.starts_with(seam); });
}

bool is_member(std::string_view line, const word& w) {
    const char before = previous_visible(line, w.begin);
    return before == '.' || before == '>';
}

bool is_clock_now(std::string_view line, const word& w) {
    return w.text.ends_with("_clock") && line.substr(w.begin + w.text.size()).starts_with("::now");
}

// time(nullptr) and its like: `time` alone is a name that types have, too.
bool is_time_call(std::string_view line, const word& w) {
    if (w.text != "time" || is_member(line, w)) return false;
    auto rest = line.substr(w.begin + w.text.size());
    if (next_visible(rest, 0) != '(') return false;
    rest.remove_prefix(rest.find('(') + 1);
    const auto argument = rest.substr(std::min(rest.find_first_not_of(" \t"), rest.size()));
    return argument.starts_with("nullptr") || argument.starts_with("NULL") ||
           argument.starts_with("0)") || argument.starts_with("&");
}

bool is_call(std::string_view line, const word& w) {
    return std::ranges::find(calls, w.text) != calls.end() && !is_member(line, w) &&
           next_visible(line, w.begin + w.text.size()) == '(';
}

} // namespace

void check_seams(const tree& files, report& out) {
    for (const auto& [path, content] : files) {
        if (!is_cpp(path) || is_seam(path)) continue;
        for (std::size_t i = 0; i < content.code_lines.size(); ++i) {
            const std::string_view line = content.code_lines[i];
            for (const auto& w : words_of(line)) {
                if (is_clock_now(line, w) || is_time_call(line, w) || is_call(line, w) ||
                    w.text == "random_device") {
                    out.add(path, i + 1,
                            std::string(w.text) + " outside the seams: take a clock or a random "
                                                  "source as a parameter");
                }
            }
        }
    }
}

} // namespace tidy
