// SPDX-License-Identifier: BSL-1.0
//
// A mapping of a const record could not be read into.
#include "tandem/table/table.hpp"

struct user {
    int id = 0;
    std::string name;
};

constexpr auto users = tandem::table<const user>("users");
