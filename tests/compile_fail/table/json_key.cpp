// SPDX-License-Identifier: BSL-1.0
//
// A key has exactly one text; json has several.
#include "tandem/table/table.hpp"

struct note {
    tandem::json body;
};

constexpr auto notes = tandem::table<note>("notes").key<&note::body>();
