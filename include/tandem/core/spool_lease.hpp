// SPDX-License-Identifier: BSL-1.0
//
// How a spool is known at the target of a keyed migration: who has it, until when that may be
// relied on, and what it owed when it was counted last. Plain values; none of them holds user data
// (docs/protocol.md, section 13).
#pragma once

#include "tandem/core/call.hpp"
#include "tandem/core/version.hpp"

#include <cstdint>
#include <string>

namespace tandem {

/// What a process says of its spool.
struct spool_report {
    std::string owner;       ///< fallback_queue::identity(); 1 to 64 bytes
    std::string place;       ///< fallback_queue::place(); at most 64 bytes
    std::string holder;      ///< of this start of the process; 1 to 64 bytes
    milliseconds lease{0};   ///< until nothing of it can land any more, from now on; at least 0
    std::int64_t owed = 0;   ///< intents
    tandem::epoch epoch = 0; ///< of the fence, read before they were counted
    bool first = false; ///< of this start: it takes the spool from a holder that cannot be alive
};

/// A spool as it is registered.
struct spool_entry {
    std::string owner;
    std::string place;
    std::string holder;
    std::int64_t owed = 0;
    tandem::epoch epoch = 0;
    bool lost = false;    ///< its lease ended; what it owed may be missing at the target
    milliseconds left{0}; ///< of its lease, by the store's clock; negative: over for so long
};

} // namespace tandem
