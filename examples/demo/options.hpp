// SPDX-License-Identifier: BSL-1.0
//
// The arguments of the demo: parsed, checked against their ranges and against each other. No I/O.
#pragma once

#include "problem.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace demo {

enum class store_kind : std::uint8_t { sqlite, postgres };
[[nodiscard]] std::string_view to_string(store_kind kind) noexcept;

struct options {
    std::string csv;                 ///< empty: the package catalogue
    std::string key_column;          ///< of the CSV file
    std::optional<std::size_t> rows; ///< at most so many are loaded
    std::string folder;              ///< where SQLite files stay; empty: a temporary one
    store_kind source = store_kind::sqlite;
    store_kind target = store_kind::sqlite;
    int writers = 4;
    int readers = 2;
    std::chrono::milliseconds length{36'000}; ///< of the traffic, about
    std::optional<std::uint64_t> seed;        ///< of the random choices
    bool is_help = false;
};

/// The arguments without the program's name.
[[nodiscard]] outcome<options> parse_options(std::span<const char* const> arguments);

[[nodiscard]] std::string_view usage() noexcept;

} // namespace demo
