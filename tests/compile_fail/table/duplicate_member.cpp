// SPDX-License-Identifier: BSL-1.0
//
// A member cannot be two columns of one table.
#include "tandem/table/table.hpp"

struct user {
    int id = 0;
    std::string name;
};

constexpr auto users =
    tandem::table<user>("users").key<&user::id>().column<&user::name>().column<&user::name>("n");
