// SPDX-License-Identifier: BSL-1.0
//
// A key has exactly one text; floating point has several.
#include "tandem/table/table.hpp"

struct point {
    double x = 0;
};

constexpr auto points = tandem::table<point>("points").key<&point::x>();
