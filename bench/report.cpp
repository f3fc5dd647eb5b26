// SPDX-License-Identifier: BSL-1.0

#include "report.hpp"

#include <cstdio>

namespace bench {
namespace {

int missed_lines = 0;

std::string number(double v, const std::string& unit) {
    char text[64];
    std::snprintf(text, sizeof text, v < 10 ? "%.3f%s" : "%.1f%s", v, unit.c_str());
    return text;
}

} // namespace

void print_header() {
    std::printf("%-58s %14s %14s %10s %19s %10s  %s\n", "what", "tandem", "rival", "figure",
                "(low .. high)", "bar", "");
}

void print(const line& l) {
    const bool least = l.against.must == bar::side::at_least;
    const bool reached =
        least ? l.figure.median >= l.against.value : l.figure.median <= l.against.value;
    if (!reached) ++missed_lines;
    const std::string range =
        "(" + number(l.figure.low, "") + " .. " + number(l.figure.high, "") + ")";
    std::printf("%-58s %14s %14s %10s %19s %10s  %s\n", l.what.c_str(), l.tandem.c_str(),
                l.rival.c_str(), number(l.figure.median, l.unit).c_str(), range.c_str(),
                ((least ? ">=" : "<=") + number(l.against.value, l.unit)).c_str(),
                reached ? "reached" : "MISSED");
    std::fflush(stdout);
}

std::string rate_text(double per_second) {
    char text[32];
    std::snprintf(text, sizeof text, "%.0f/s", per_second);
    return text;
}

std::string time_text(double us) {
    char text[32];
    std::snprintf(text, sizeof text, us < 1 ? "%.1f ns" : "%.0f us", us < 1 ? us * 1000 : us);
    return text;
}

int missed() { return missed_lines; }

} // namespace bench
