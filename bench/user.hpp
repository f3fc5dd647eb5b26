// SPDX-License-Identifier: BSL-1.0
//
// The record of all measurements: about 300 bytes a row.
#pragma once

#include "tandem/table/table.hpp"

#include <cstdint>
#include <string>

namespace bench {

struct user {
    std::int64_t id = 0;
    std::string email;
    std::string name;
    std::int64_t balance = 0;
    std::string payload;
    std::int64_t utime = 0;
};

/// The n-th state of a row.
[[nodiscard]] inline user make_user(std::int64_t id, std::int64_t n) {
    return {.id = id,
            .email = "user" + std::to_string(id) + "@example.org",
            .name = "User Number " + std::to_string(id),
            .balance = n,
            .payload = std::string(200, static_cast<char>('a' + n % 26)),
            .utime = n};
}

constexpr auto mapping(std::string_view table) {
    return tandem::table<user>(table)
        .key<&user::id>()
        .column<&user::email>()
        .column<&user::name>()
        .column<&user::balance>()
        .column<&user::payload>()
        .column<&user::utime>();
}

} // namespace bench
