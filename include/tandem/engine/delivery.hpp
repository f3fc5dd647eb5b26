// SPDX-License-Identifier: BSL-1.0
//
// Planning of what the relay delivers: pure functions, no I/O. Source: protocol, section 3 "Relay"
// and protocol-sql, "Set-wise apply".
#pragma once

#include "tandem/core/change.hpp"
#include "tandem/core/error.hpp"

#include <span>
#include <vector>

namespace tandem {

/// One change for a key and every intent it settles.
struct delivery {
    tandem::change change;
    std::vector<std::int64_t> intents; ///< ascending
    int attempts = 0;                  ///< the most of any of them
};

/// One delivery a key: the highest version, accepted with the highest epoch among the key's
/// intents. Sorted by table and key, so that appliers lock in one order.
[[nodiscard]] std::vector<delivery> coalesce(std::span<const owed_change> owed);

/// What a failed apply says.
enum class blame : std::uint8_t {
    one_row,   ///< a row of the batch: split the batch until the row is alone
    secondary, ///< the store: wait and send the same again
};
[[nodiscard]] blame blame_for(const error& why) noexcept;

} // namespace tandem
