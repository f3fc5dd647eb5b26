// SPDX-License-Identifier: BSL-1.0
//
// Finds the bodies of functions by their braces. A heuristic: it is exact for the formatted code of
// this project, and macros that hide braces are beyond it.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace tidy {

struct function {
    std::string name;
    std::size_t line;   ///< of the opening brace, counted from 1
    std::size_t length; ///< lines from the opening brace to the closing one, both included
};

/// From blanked lines. Functions within functions are part of the outer one.
std::vector<function> functions_of(const std::vector<std::string>& code_lines);

} // namespace tidy
