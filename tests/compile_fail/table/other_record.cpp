// SPDX-License-Identifier: BSL-1.0
//
// A member of another record is a slip.
#include "tandem/table/table.hpp"

struct user {
    int id = 0;
    std::string name;
};

struct group {
    int id = 0;
};

constexpr auto users = tandem::table<user>("users").key<&group::id>();
