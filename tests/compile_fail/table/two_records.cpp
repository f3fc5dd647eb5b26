// SPDX-License-Identifier: BSL-1.0
//
// A migration moves one record between two tables.
#include "tandem/table/schema.hpp"

struct user {
    int id = 0;
    std::string name;
};

struct person {
    int id = 0;
};

constexpr auto users = tandem::table<user>("users").key<&user::id>();
constexpr auto people = tandem::table<person>("people").key<&person::id>();

auto pair = tandem::pair_schemas(users, people);
