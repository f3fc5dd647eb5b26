// SPDX-License-Identifier: BSL-1.0
//
// A table without a key has no schema.
#include "tandem/table/schema.hpp"

struct user {
    int id = 0;
    std::string name;
};

constexpr auto users = tandem::table<user>("users").column<&user::name>();

auto schema = tandem::schema_of(users);
