// SPDX-License-Identifier: BSL-1.0
//
// The rows of docs/guarantees.md: a sentence for each guarantee, what limits it where it is
// limited, and the tests that show it.
#pragma once

#include "tandem/guarantees.hpp"

#include <string_view>
#include <vector>

namespace tandem::test {

struct guarantee_row {
    guarantee which;
    std::string_view sentence;
    /// In the order of `arrangements`; empty where the cell is "yes" or "no".
    std::array<std::string_view, arrangements.size()> limits;
    /// suite.name, as GoogleTest's macros spell them.
    std::vector<std::string_view> shown_by;
};

/// One a guarantee, in the order of the page.
[[nodiscard]] std::vector<guarantee_row> guarantee_rows();

} // namespace tandem::test
