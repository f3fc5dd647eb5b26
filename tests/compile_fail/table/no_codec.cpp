// SPDX-License-Identifier: BSL-1.0
//
// A member needs a type that a column can hold.
#include "tandem/table/table.hpp"

struct user {
    int id = 0;
    std::vector<int> scores;
};

constexpr auto users = tandem::table<user>("users").key<&user::id>().column<&user::scores>();
