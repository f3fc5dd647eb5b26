// SPDX-License-Identifier: BSL-1.0
#include "text.hpp"

#include <cstdio>

namespace demo {

namespace {

std::string fixed(double value, int digits, const char* unit) {
    char buffer[64];
    std::snprintf(buffer, sizeof buffer, "%.*f %s", digits, value, unit);
    return buffer;
}

} // namespace

std::string grouped(std::int64_t number) {
    std::string digits = std::to_string(number);
    const std::size_t first = digits.starts_with('-') ? 1 : 0;
    for (std::size_t at = digits.size(); at > first + 3;) {
        at -= 3;
        digits.insert(at, ",");
    }
    return digits;
}

std::string duration_text(std::chrono::microseconds length) {
    const double ms = static_cast<double>(length.count()) / 1000.0;
    if (ms < 10) return fixed(ms, 1, "ms");
    if (ms < 1000) return fixed(ms, 0, "ms");
    return fixed(ms / 1000.0, 1, "s");
}

std::string seconds_text(std::chrono::microseconds length) {
    return fixed(static_cast<double>(length.count()) / 1e6, 1, "s");
}

std::string counted(std::int64_t number, const std::string& what) {
    return grouped(number) + " " + what + (number == 1 ? "" : "s");
}

std::string padded(std::string text, std::size_t width) {
    if (text.size() < width) text.append(width - text.size(), ' ');
    return text;
}

std::string right(const std::string& text, std::size_t width) {
    if (text.size() >= width) return text;
    return std::string(width - text.size(), ' ') + text;
}

} // namespace demo
