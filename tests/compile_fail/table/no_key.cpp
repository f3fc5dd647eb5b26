// SPDX-License-Identifier: BSL-1.0
//
// A table without a key cannot be read or written.
#include "tandem/table/record.hpp"

struct user {
    int id = 0;
    std::string name;
};

constexpr auto users = tandem::table<user>("users").column<&user::name>();

auto codec = tandem::codec_for(users);
