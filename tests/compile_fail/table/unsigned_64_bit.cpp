// SPDX-License-Identifier: BSL-1.0
//
// No column type holds every unsigned 64-bit integer.
#include "tandem/table/table.hpp"

struct counter {
    std::uint64_t id = 0;
};

constexpr auto counters = tandem::table<counter>("counters").key<&counter::id>();
