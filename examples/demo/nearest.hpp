// SPDX-License-Identifier: BSL-1.0
//
// The word somebody probably meant. A pure function.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace demo {

/// The candidate with the least edit distance to `word`, or nothing where none is near.
[[nodiscard]] std::string_view nearest(std::string_view word,
                                       std::span<const std::string> candidates);

/// " (did you mean '--rows'?)" or nothing.
[[nodiscard]] std::string did_you_mean(std::string_view word,
                                       std::span<const std::string> candidates);

} // namespace demo
