// SPDX-License-Identifier: BSL-1.0
//
// What became of changes that could not be delivered: a failed delivery waits for its next attempt,
// becomes a dead letter after some, and a dead letter that is dropped leaves its table marked dirty
// (docs/protocol.md, section 1). Plain values; keys in them are a user's data and stay out of logs.
#pragma once

#include "tandem/core/call.hpp"
#include "tandem/core/change.hpp"

#include <cstdint>
#include <string>

namespace tandem {

/// Which intents `owed` gives back. Dead letters are in neither.
enum class owed_scope : std::uint8_t {
    due, ///< whose next attempt has come, by the store's clock: for the relay
    all, ///< those that wait for theirs, too: for the drain of a switch
};

/// A delivery that failed by the fault of its row.
struct delivery_failure {
    std::string text;            ///< why, in our own words; stored, cut where too long
    bool dead = false;           ///< no further attempt: it becomes a dead letter
    milliseconds retry_after{0}; ///< not to be delivered again for so long, by the store's clock
};

/// A change that is owed and is not tried any more.
struct dead_letter {
    tandem::side owing = tandem::side::source; ///< the side that owes it
    std::int64_t id = 0;                       ///< of the outbox row at that side
    table_id table = 0;                        ///< in the order of migration::add()
    key_bytes key;                             ///< encoded; decode_key() reads it
    tandem::version version;                   ///< of the write; a newer one may have followed
    int attempts = 0;
    std::string last_error;
    std::int64_t age_ms = 0; ///< since the write, by the store's own clock
};

/// The other side may lack a change of this table, and nothing owes it any more.
struct dirty_mark {
    std::int64_t id = 0; ///< rising, not in the order of the commits
    table_id table = 0;
    std::string reason;
    std::int64_t age_ms = 0; ///< by the store's own clock
};

} // namespace tandem
