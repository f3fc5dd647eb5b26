// SPDX-License-Identifier: BSL-1.0
//
// One row of tandem_fence: what one side of one bucket may do, as read from the store. It is the
// only truth about the phase; everything a process remembers (route.hpp) is a hint.
#pragma once

#include "tandem/core/phase.hpp"
#include "tandem/core/version.hpp"

#include <cstdint>
#include <vector>

namespace tandem {

/// How the secondary's rows are treated when a double-write era begins.
enum class era_mode : std::uint8_t {
    reset, ///< the secondary's tables are emptied in the same transaction
    keep,  ///< they stay; rows without a version are older than everything
    /// They stay, and nobody vouches for them: they were loaded by other means. The era is not
    /// synced before a full comparison of both sides.
    adopt,
};

struct fence {
    int bucket = 0;
    tandem::epoch epoch =
        0; ///< P, D: epoch of the writes; S, H: oldest epoch whose applies are accepted
    tandem::role role = role::secondary;
    tandem::phase phase = phase::old_only; ///< meaningful where role is P, D or H
    tandem::epoch era = 0;                 ///< epoch at which the present double-write era began
    bool synced = false;                   ///< the backfill of this era is complete
    version floor; ///< highest version whose tombstone was ever purged at this side
    era_mode mode = era_mode::reset; ///< how the present era was entered

    friend bool operator==(const fence&, const fence&) = default;
};

/// The fences of one side, one a bucket, ascending by bucket.
using fences = std::vector<fence>;

} // namespace tandem
