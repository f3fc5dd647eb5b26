// SPDX-License-Identifier: BSL-1.0
//
// A key is never NULL.
#include "tandem/table/table.hpp"

struct user {
    std::optional<int> id;
};

constexpr auto users = tandem::table<user>("users").key<&user::id>();
