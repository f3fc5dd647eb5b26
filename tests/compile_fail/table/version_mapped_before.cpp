// SPDX-License-Identifier: BSL-1.0
//
// The version member is no column.
#include "tandem/table/table.hpp"

struct user {
    std::int64_t id = 0;
    std::int64_t version = 0;
};

constexpr auto users = tandem::table<user>("users")
                           .key<&user::id>()
                           .column<&user::version>("v")
                           .version<&user::version>();
