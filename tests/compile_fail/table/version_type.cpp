// SPDX-License-Identifier: BSL-1.0
//
// A version has 64 signed bits.
#include "tandem/table/table.hpp"

struct user {
    int id = 0;
    int version = 0;
};

constexpr auto users = tandem::table<user>("users").key<&user::id>().version<&user::version>();
