// SPDX-License-Identifier: BSL-1.0
//
// Which side decides, read off the two fences of a bucket. Pure; no I/O. The two fences are not
// read in one snapshot, so the rules below hold for any pair of moments (protocol, section 4):
//
// 1. Among fences with role P or D the higher epoch is the newer truth; at equal epochs P is newer
//    than D, because a side drains before the other is enabled at the same epoch.
// 2. With no P and no D, the side that handed over (H) at the higher epoch names the heir: the
//    other side, which anybody may enable while its epoch is lower.
// 3. Anything else is a moment between two reads: look again.
#pragma once

#include "tandem/core/fence.hpp"
#include "tandem/core/route.hpp"
#include "tandem/core/step.hpp"

#include <optional>

namespace tandem {

/// The fences of one bucket; a missing one belongs to a side that could not be asked.
struct fence_pair {
    std::optional<fence> source;
    std::optional<fence> target;

    [[nodiscard]] const std::optional<fence>& at(side s) const noexcept {
        return s == side::source ? source : target;
    }
};

enum class verdict : std::uint8_t {
    writable,  ///< `at` is the primary
    draining,  ///< `at` serves reads; a switch is under way
    heir,      ///< `at` must be enabled with `epoch` and `phase`; anybody may do it
    unsettled, ///< nothing can be said yet: look again
    closed,    ///< neither side may serve: both came up as secondaries
};

struct authority {
    verdict what = verdict::unsettled;
    side at = side::source;
    route belief;  ///< writable: what to remember; draining, heir: the epoch and phase involved
    version floor; ///< heir: the floor the other side hands over
};

[[nodiscard]] authority find_authority(const fence_pair& seen) noexcept;

} // namespace tandem
