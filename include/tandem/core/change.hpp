// SPDX-License-Identifier: BSL-1.0
//
// What travels to the secondary: the state of one key as the primary committed it.
#pragma once

#include "tandem/core/phase.hpp"
#include "tandem/core/schema.hpp"
#include "tandem/core/version.hpp"

#include <optional>

namespace tandem {

struct change {
    table_id table = 0;
    key_bytes key;
    tandem::version version;
    tandem::epoch epoch = 0;  ///< of the intent: decides whether the secondary still accepts it
    std::optional<row> image; ///< the row, or nothing: a tombstone
    tandem::epoch tombstone_epoch = 0; ///< stored with a tombstone: the epoch of the delete
};

/// A row of the secondary in the way of a change: a unique constraint lets one of the two have the
/// value.
struct holder {
    std::size_t change = 0; ///< whose it is in the way of: a position in the list asked about
    key_bytes key;          ///< of the row, in the same table
};

/// What the secondary did with a change.
enum class apply_status : std::uint8_t {
    applied,    ///< it was newer than what the store held
    superseded, ///< the store holds the same or a newer version: nothing to do
    closed,     ///< the side's epoch is newer than the change's: nothing was done
};

/// A change that is owed, with the identity of its intent.
struct owed_change {
    std::int64_t id = 0; ///< of the outbox row
    tandem::change change;
    /// Failed deliveries so far; at least 1 where another intent of the same key has failed.
    int attempts = 0;
};

/// The backlog of one side.
struct owed_stats {
    std::int64_t owed = 0;          ///< outbox rows, dead letters included
    std::int64_t dead = 0;          ///< of these, dead letters
    std::int64_t oldest_age_ms = 0; ///< of the oldest one, by the store's own clock; 0 where none
    std::int64_t dirty = 0;         ///< marks at this side (dead_letter.hpp); not counted in owed
    /// Operation records (operation.hpp) that the other side lacks, counted up to 10000; not
    /// counted in owed. 0 where no era is open.
    std::int64_t operations = 0;
    tandem::epoch oldest_epoch = 0; ///< the lowest one of an intent; 0 where none
};

/// The tombstones of one side. Counting ends at count_max, so that it costs little.
struct tombstone_stats {
    static constexpr std::int64_t count_max = 100'000;
    std::int64_t count = 0;         ///< exact below count_max, which stands for itself and more
    std::int64_t oldest_age_ms = 0; ///< of those counted, since they came here; 0 where none
};

/// What one sweep did.
struct sweep_report {
    std::int64_t removed = 0;
    key_bytes last; ///< of the tombstones looked at; empty: these were the last of the table
};

} // namespace tandem
