// SPDX-License-Identifier: BSL-1.0
//
// The table: what, tandem, rival, ratio, bar, reached or not.
#pragma once

#include "measure.hpp"

#include <string>

namespace bench {

/// Bars come from the targets table of docs/performance.md.
struct bar {
    enum class side { at_least, at_most } must = side::at_least;
    double value = 0;
};

struct line {
    std::string what;
    std::string tandem; ///< tandem's own figure, with its unit
    std::string rival;  ///< what it is held against, with its unit
    spread figure;      ///< held against the bar
    bar against;
    std::string unit = "x";
};

void print_header();
/// Prints at once, so that a run that is stopped has shown what it measured.
void print(const line& l);
[[nodiscard]] std::string rate_text(double per_second);
[[nodiscard]] std::string time_text(double us);
/// How many lines missed their bar.
[[nodiscard]] int missed();

} // namespace bench
