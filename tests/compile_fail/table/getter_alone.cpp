// SPDX-License-Identifier: BSL-1.0
//
// A getter alone can write nothing back.
#include "tandem/table/table.hpp"

struct user {
    int id() const;
};

constexpr auto users = tandem::table<user>("users").key<&user::id>();
