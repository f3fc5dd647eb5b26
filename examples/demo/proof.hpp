// SPDX-License-Identifier: BSL-1.0
//
// What the demo says at its end: the figures of the run, and whether anything was lost.
#pragma once

#include "walk.hpp"

namespace demo {

struct proof {
    walk_report walked;
    backlog worst;
    std::int64_t rows_at_end = 0;
    std::vector<finding> findings; ///< of the whole run
};

/// Prints the figures, and up to 20 findings. Whether there are none.
bool print_proof(display& screen, const ground& where, const proof& what);

} // namespace demo
