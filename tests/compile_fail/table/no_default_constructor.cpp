// SPDX-License-Identifier: BSL-1.0
//
// Reading fills an empty record.
#include "tandem/table/record.hpp"

struct user {
    explicit user(int number) : id(number) {}
    int id;
};

constexpr auto users = tandem::table<user>("users").key<&user::id>();

auto codec = tandem::codec_for(users);
