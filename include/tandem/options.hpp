// SPDX-License-Identifier: BSL-1.0
//
// Options of a migration and of its calls, with defaults and units, and what it tells about itself.
#pragma once

#include "tandem/core/change.hpp"
#include "tandem/core/fence.hpp"
#include "tandem/core/limits.hpp"
#include "tandem/core/transaction.hpp"
#include "tandem/engine/relay.hpp"
#include "tandem/engine/switching.hpp"
#include "tandem/system_clock.hpp"

#include <functional>
#include <memory>
#include <string>

namespace tandem {

class logger;

/// When a write of a dual phase is acknowledged.
enum class secondary_mode : std::uint8_t {
    async, ///< after the primary's commit, which holds the intent
    sync,  ///< after the secondary applied it too; where that fails, it is owed, not reported
};

struct migration_options {
    std::string name; ///< 1 to 100 bytes of [A-Za-z0-9_.-]; the same in every process
    int buckets = 1;  ///< 1 or 1024; fixed by install()
    secondary_mode mode = secondary_mode::async;
    milliseconds timeout{5000}; ///< of a call without a deadline of its own; at least 1 ms
    /// A switch whose process died after its first step leaves the writes standing. Housekeeping
    /// aborts one that it has watched for this long; longer than every drain_timeout in use.
    milliseconds drain_limit{12'000};
    tandem::limits limits;
    /// Where the time comes from; null: the system's monotonic clock.
    std::shared_ptr<any_clock> clock;
    /// Where messages go; null: default_logger(). Outlives the migration.
    tandem::logger* log = nullptr;
};

/// Of one call; what is left out comes from the migration.
struct call_options {
    std::optional<milliseconds> timeout; ///< how long the call may take; at least 1 ms
};

struct transaction_options {
    std::optional<milliseconds> timeout;
    isolation level = isolation::read_committed;
};

struct side_status {
    bool reachable = false;
    tandem::fence fence; ///< of bucket 0
    owed_stats owed;     ///< what this side owes to the other
};

struct migration_status {
    tandem::phase phase = phase::old_only;
    bool draining = false; ///< a switch is between its first and its last step
    bool synced = false;   ///< the backfill of this era is complete
    side_status source;
    side_status target;
};

struct backfill_progress {
    std::string table;
    std::int64_t rows = 0; ///< copied so far, all tables
    bool done = false;
};

struct backfill_options {
    std::size_t chunk_rows = 500; ///< 1 to 10000
    /// Called after each chunk, on the caller's thread; false stops the backfill (errc::cancelled).
    std::function<bool(const backfill_progress&)> on_progress;
    milliseconds chunk_timeout{30'000};
};

} // namespace tandem
