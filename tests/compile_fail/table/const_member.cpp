// SPDX-License-Identifier: BSL-1.0
//
// What is read must be stored in the record.
#include "tandem/table/table.hpp"

struct user {
    const int id = 0;
};

constexpr auto users = tandem::table<user>("users").key<&user::id>();
