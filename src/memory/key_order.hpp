// SPDX-License-Identifier: BSL-1.0
//
// The order of keys in a memory table: column by column, numbers by value, text and bytes by byte.
// Numeric keys of one value are one key, whatever their scale.
#pragma once

#include "tandem/core/key.hpp"

namespace tandem::memory::detail {

[[nodiscard]] bool key_before(const key& a, const key& b) noexcept;

struct key_less {
    bool operator()(const key& a, const key& b) const noexcept { return key_before(a, b); }
};

} // namespace tandem::memory::detail
