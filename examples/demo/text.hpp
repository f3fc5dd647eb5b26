// SPDX-License-Identifier: BSL-1.0
//
// Figures as people read them. Pure functions.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace demo {

/// 1234567 -> "1,234,567".
[[nodiscard]] std::string grouped(std::int64_t number);
/// "0.4 ms", "12 ms", "3.2 s".
[[nodiscard]] std::string duration_text(std::chrono::microseconds length);
/// "12.4 s", one digit behind the point.
[[nodiscard]] std::string seconds_text(std::chrono::microseconds length);
/// "1 row", "2 rows".
[[nodiscard]] std::string counted(std::int64_t number, const std::string& what);
/// With spaces up to `width` columns (characters), to the left or to the right.
[[nodiscard]] std::string padded(std::string text, std::size_t width);
[[nodiscard]] std::string right(const std::string& text, std::size_t width);

} // namespace demo
