// SPDX-License-Identifier: BSL-1.0
//
// The four phases of a migration, the two sides, the roles a side can have, and the epoch.
// Source: the protocol, docs/protocol.md.
#pragma once

#include <cstdint>
#include <string_view>

namespace tandem {

/// The store being left, and the store being moved to. The values are those of the control tables.
enum class side : char { source = 'O', target = 'N' };

[[nodiscard]] constexpr side other(side s) noexcept {
    return s == side::source ? side::target : side::source;
}
[[nodiscard]] constexpr std::size_t index(side s) noexcept { return s == side::source ? 0 : 1; }

enum class phase : std::uint8_t {
    old_only = 1,     ///< the source alone
    dual_old_primary, ///< the source decides, the target follows
    dual_new_primary, ///< the target decides, the source follows: the way back stays open
    new_only,         ///< the target alone
};

/// What a side may do in the present epoch.
enum class role : char {
    primary = 'P',     ///< takes reads and writes
    draining = 'D',    ///< serves reads; a switch waits until nothing is owed
    handed_over = 'H', ///< gave up its authority for ever at its epoch
    secondary = 'S',   ///< takes guarded applies only
};

/// Number of the phase change. Epochs only rise. A version carries the epoch of its write in its
/// upper bits, which leaves 2^23 epochs.
using epoch = std::int64_t;

inline constexpr int epoch_shift = 40;
inline constexpr epoch epoch_max = (epoch{1} << 23) - 1;

/// The side that decides in this phase.
[[nodiscard]] constexpr side primary_of(phase p) noexcept {
    return p == phase::old_only || p == phase::dual_old_primary ? side::source : side::target;
}
/// Whether writes owe a change to the other side in this phase.
[[nodiscard]] constexpr bool is_dual(phase p) noexcept {
    return p == phase::dual_old_primary || p == phase::dual_new_primary;
}
/// A side with this role serves reads.
[[nodiscard]] constexpr bool is_authority(role r) noexcept {
    return r == role::primary || r == role::draining;
}

[[nodiscard]] std::string_view to_string(side s) noexcept;
[[nodiscard]] std::string_view to_string(phase p) noexcept;
[[nodiscard]] std::string_view to_string(role r) noexcept;

} // namespace tandem
