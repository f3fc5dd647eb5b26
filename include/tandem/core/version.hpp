// SPDX-License-Identifier: BSL-1.0
//
// The version of a row: 64 bits, opaque to callers, rising per key across every phase change.
// The primary assigns it inside the write's transaction and nobody changes it afterwards, so equal
// versions of a key mean equal content. Zero is the version of a row written before tandem.
#pragma once

#include "tandem/core/phase.hpp"

#include <algorithm>
#include <compare>
#include <cstdint>

namespace tandem {

struct version {
    std::int64_t value = 0;
    friend constexpr auto operator<=>(const version&, const version&) = default;
};

/// A row that exists: one more than it has, and at least the first version of the epoch.
/// docs/protocol.md, "Versions"; protocol rule A1.
[[nodiscard]] constexpr version next_version(version present, epoch e) noexcept {
    return {std::max(present.value + 1, e << epoch_shift)};
}

/// A key that is absent: above its tombstone (0 = none) and above the purge floor of the side.
/// Tombstone and floor must come from one snapshot, taken after the key was locked.
[[nodiscard]] constexpr version first_version(version tombstone, version floor, epoch e) noexcept {
    return {std::max({tombstone.value + 1, floor.value + 1, std::int64_t{1}, e << epoch_shift})};
}

} // namespace tandem
