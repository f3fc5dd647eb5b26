// SPDX-License-Identifier: BSL-1.0
//
// Every failure tandem can report. One enumerator has one cause and one remedy, written here and
// nowhere else. Callers that only want to know what to do next compare an error with one of the
// five conditions of `errc_condition`:
//
//     if (result.error().code() == tandem::errc_condition::retryable) ...
//
#pragma once

#include <system_error>

namespace tandem {

enum class errc {
    // --- conflict: the data says no; nothing was written
    // ------------------------------------------
    already_exists = 1, ///< insert: a row with this key is there. Use upsert or update.
    not_found,          ///< update: no row with this key. Insert it first.
    constraint,    ///< a unique, foreign key, check or not-null constraint of the store said no.
    duplicate_key, ///< one batch or transaction names a key twice. Send each key once.

    // --- permanent: the same call will fail again; nothing was written
    // ----------------------------
    empty_key,         ///< a key column is empty. Keys need at least one byte.
    key_too_large,     ///< the key is longer than limits::key_bytes_max.
    row_too_large,     ///< the row is longer than limits::row_bytes_max.
    batch_too_large,   ///< more rows than limits::batch_rows_max. Send smaller batches.
    invalid_text,      ///< text is not UTF-8 or contains NUL. Use a bytes column for such data.
    out_of_range,      ///< a value does not fit the column or the C++ type it is read into.
    unexpected_null,   ///< the store holds NULL where the record has no std::optional.
    type_mismatch,     ///< the store holds a value of another type than the mapping says.
    invalid_mapping,   ///< the table mapping contradicts itself; the detail names the column.
    invalid_options,   ///< an option has a value outside its range; the detail names it.
    schema_mismatch,   ///< the live schema differs from the mapping; the detail lists where.
    permission_denied, ///< a privilege is missing; the detail prints the GRANT where known.
    same_table,        ///< source and target are one and the same table.
    unsupported,       ///< this store or mode cannot do this; the detail says what can.
    corrupt_data,      ///< bytes read back do not decode. Stop and look at the store.
    store_error,       ///< the store reported an error of no other class; see the server text.

    // --- retryable: nothing was written; the same call may succeed
    // --------------------------------
    unavailable,     ///< the store cannot be reached. Check that it runs; try again.
    authentication,  ///< the store refused the credentials. Check user and password.
    pool_exhausted,  ///< no connection became free before the deadline.
    timeout,         ///< the deadline passed before anything was sent or committed.
    busy,            ///< another transaction holds the lock for longer than allowed.
    serialization,   ///< serialization failure or deadlock (40001, 40P01). Run it again.
    fenced,          ///< the store refused a stale epoch, and no authority was found in time.
    draining,        ///< a switch is in progress and did not end before the deadline.
    resources,       ///< the store is out of disk, memory or connections.
    connection_lost, ///< the connection broke before anything could have been committed.

    // --- outcome unknown
    // --------------------------------------------------------------------------
    outcome_unknown, ///< the connection or the deadline ended while a commit may have been under
                     ///< way. The write may or may not have happened: read before writing again.

    // --- refused: tandem will not do this now
    // -----------------------------------------------------
    not_installed,       ///< the control tables are missing. Call install() once.
    not_started,         ///< the migration was not started. Call start() first.
    stopped,             ///< the migration was stopped. Start a new one.
    not_synced,          ///< the backfill of this era is not complete. Run backfill, then switch.
    changes_owed,        ///< too many changes are owed to the secondary; the detail has the count.
    dead_letters,        ///< changes could not be delivered; the detail has the count.
    dirty,               ///< a table is marked dirty; a full verify clears it; the detail counts.
    wrong_phase,         ///< the step does not exist from the present phase.
    switch_in_progress,  ///< another switch of this migration is running or half done.
    truncate_refused,    ///< entering this era would empty a table; allow it explicitly.
    mixed_primaries,     ///< the keys of one call have different primaries. Split the call.
    read_only,           ///< the store is read only (a replica, or a read-only file).
    id_reused,           ///< an operation id was committed with another content. Use a new id.
    operation_abandoned, ///< the outcome of this operation id was asked for before it was
                         ///< committed: it never will be. Use a new id.
    operation_expired,   ///< an operation id older than the retention. Use a new id.
    nested_call,         ///< a call to the router from inside an update or transaction function.
    cancelled,           ///< the caller's function asked to roll back.
    invariant,           ///< an invariant of the protocol is broken: stop, keep everything, report.
};

/// What a caller does next.
enum class errc_condition {
    retryable = 1,   ///< nothing happened; try again later, the same call may succeed
    conflict,        ///< nothing happened; the data says no
    permanent,       ///< nothing happened; the same call will fail again
    outcome_unknown, ///< it may have happened; read before writing again
    refused,         ///< nothing happened; tandem is not in a state to do this
};

const std::error_category& tandem_category() noexcept;
const std::error_category& condition_category() noexcept;

/// The condition a code belongs to.
errc_condition condition_of(errc code) noexcept;

inline std::error_code make_error_code(errc code) noexcept {
    return {static_cast<int>(code), tandem_category()};
}
inline std::error_condition make_error_condition(errc_condition condition) noexcept {
    return {static_cast<int>(condition), condition_category()};
}

} // namespace tandem

template <>
struct std::is_error_code_enum<tandem::errc> : std::true_type {};
template <>
struct std::is_error_condition_enum<tandem::errc_condition> : std::true_type {};
