// SPDX-License-Identifier: BSL-1.0
//
// Options of a migration and of its calls, with defaults and units, and what it tells about itself.
#pragma once

#include "tandem/core/dead_letter.hpp"
#include "tandem/core/fence.hpp"
#include "tandem/core/limits.hpp"
#include "tandem/core/transaction.hpp"
#include "tandem/engine/breaker.hpp"
#include "tandem/engine/relay.hpp"
#include "tandem/engine/switching.hpp"
#include "tandem/system_clock.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace tandem {

class logger;
class metrics_sink;

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
    /// Mode sync: how long a write waits for the secondary, its own deadline permitting; at least
    /// 1 ms. What was not applied by then is owed.
    milliseconds sync_timeout{1000};
    /// Of the secondary. While it is open, changes are only owed: nobody waits for it.
    breaker_options breaker;
    /// Called when a change became a dead letter, on the thread of the relay that met it. May not
    /// call tandem (errc::nested_call), and must not throw. Empty: only the log tells.
    std::function<void(const dead_letter&)> on_dead_letter;
    tandem::limits limits;
    /// How long the record of a write with an operation id is kept, and the oldest id that is
    /// taken; at least a minute, the same in every process.
    milliseconds operation_retention{7 * 86'400'000LL};
    /// Where the time comes from; null: the system's monotonic clock.
    std::shared_ptr<any_clock> clock;
    /// What the pauses of this process are drawn from; nothing: a seed of the system.
    std::optional<std::uint64_t> seed;
    /// Where messages go, of each at most ten in ten seconds; null: default_logger(). Outlives the
    /// migration.
    tandem::logger* log = nullptr;
    /// Where it counts what it does (core/metrics_registry.hpp, or your own); null: nowhere, and
    /// nothing is timed.
    std::shared_ptr<metrics_sink> metrics;
};

/// Of one call; what is left out comes from the migration.
struct call_options {
    std::optional<milliseconds> timeout; ///< how long the call may take; at least 1 ms
    /// Names this write (core/operation.hpp): called again with the same id and content it happens
    /// no second time and gives the first outcome, and migration::outcome() tells what became of
    /// it. For update() and modify() the content is the key; their function does not run again.
    /// Costs two more round trips and a row of a control table. Reads ignore it. Errors: id_reused,
    /// operation_abandoned, operation_expired, invalid_options (dated in the future), unsupported
    /// (a store without operation_log).
    std::optional<operation_id> operation;
};

struct install_options {
    std::optional<milliseconds> timeout; ///< at least 1 ms; nothing: that of the migration
    /// Add the version column to the tables that lack it; uninstall() takes it away again. Each
    /// is an ALTER TABLE, which needs the owner of the table. False: a missing one is
    /// schema_mismatch, whose detail prints the statement.
    bool add_version_columns = false;
};

struct uninstall_options {
    std::optional<milliseconds> timeout; ///< at least 1 ms; nothing: that of the migration
    /// From old_only: the target's tables, a plain leftover then, lose their rows. False: they
    /// stay as they are. Not in same_transaction mode.
    bool empty_target = false;
    /// This side is gone for good, say because its server was switched off: only the other one
    /// leaves. Never of a side that may come back.
    std::optional<side> lost;
};

struct transaction_options {
    std::optional<milliseconds> timeout;
    isolation level = isolation::read_committed;
    /// As call_options::operation; the content is the keys.
    std::optional<operation_id> operation;
};

struct dead_letter_options {
    std::size_t limit = 1000; ///< 1 to 10000
    /// The last one of the page before; nothing: from the start.
    std::optional<dead_letter> after;
};

enum class difference_kind : std::uint8_t {
    missing,    ///< the primary has the row, the secondary has not
    extra,      ///< the secondary alone has it
    mismatched, ///< another version, or other values
};

/// A key that differs.
struct difference {
    difference_kind kind = difference_kind::missing;
    table_id table = 0;
    key_bytes key; ///< encoded: a user's data, keep it out of logs
};

struct verify_options {
    std::size_t chunk_rows = 500; ///< 1 to 10000
    /// A key that differs is looked at so often, with pauses that grow to half a second; 2 to 100.
    int looks_max = 12;
    std::size_t named_max = 20; ///< of the keys that differ, so many are named
    milliseconds chunk_timeout{30'000};
};

struct verify_report {
    std::int64_t rows = 0;           ///< of the primary
    std::int64_t secondary_rows = 0; ///< of the secondary
    std::int64_t missing = 0;
    std::int64_t extra = 0;
    std::int64_t mismatched = 0;
    std::int64_t owed = 0;         ///< keys that differed to the end because their change is owed
    std::int64_t unsettled = 0;    ///< keys that changed too fast to be compared
    std::vector<difference> named; ///< the first ones that differ
    std::int64_t cleared = 0;      ///< dirty marks that it removed

    [[nodiscard]] bool is_clean() const noexcept {
        return missing + extra + mismatched + unsettled == 0;
    }
};

/// What this process thinks of a side as a secondary.
struct breaker_status {
    breaker_state state = breaker_state::closed;
    milliseconds since{0}; ///< in it, open and half open being one
};

struct side_status {
    bool reachable = false;
    tandem::fence fence; ///< of bucket 0
    owed_stats owed;     ///< what this side owes to the other
    tombstone_stats tombstones;
    breaker_status breaker; ///< of this process
};

struct migration_status {
    tandem::phase phase = phase::old_only;
    bool draining = false; ///< a switch is between its first and its last step
    bool synced = false;   ///< the backfill of this era is complete
    side_status source;
    side_status target;
};

struct roll_options {
    milliseconds timeout{30'000}; ///< for what is owed of the epochs before; at least 1 ms
    std::string by;               ///< who, for the fence row
    std::string reason;           ///< why, for the fence row
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
