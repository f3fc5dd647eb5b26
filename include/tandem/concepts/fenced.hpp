// SPDX-License-Identifier: BSL-1.0
//
// fenced: a store that keeps the fence beside the data, so that no write commits under a stale
// phase.
//
//     struct my_store /* also readable */ {
//         result<void> install(const call_context&);  // repeatable
//         result<fences> read_fences(const call_context&);
//         result<bool> step(const switch_step&, const call_context&);
//         result<std::vector<sequence_value>> sequences(const call_context&);
//         result<std::int64_t> purge(std::size_t limit, const call_context&);
//         result<sweep_report> sweep(table_id, std::string_view after, std::size_t limit,
//                                    const call_context&);
//         result<tombstone_stats> count_tombstones(const call_context&);
//         result<void> add_version_columns(const call_context&);  // repeatable
//         result<bool> uninstall(const uninstall_step&, const call_context&);
//     };
//
// Models: memory::store, sqlite::store, postgres::store. See also: core/step.hpp.
#pragma once

#include "tandem/core/install.hpp"
#include "tandem/core/step.hpp"
#include "tandem/concepts/readable.hpp"

namespace tandem {

template <class S>
concept fenced = readable<S> &&
    requires(S& s, const switch_step& step, const uninstall_step& leave, table_id table,
             std::string_view after, std::size_t limit, const call_context& call) {
    // The source comes up primary in old_only, the target secondary, both at epoch 1. Existing
    // fence rows stay as they are. Errors: permission_denied, invalid_options (another migration of
    // the same number, or of another bucket count).
    { s.install(call) } -> std::same_as<result<void>>;
    // Errors: not_installed.
    { s.read_fences(call) } -> std::same_as<result<fences>>;
    // One step for all buckets in one transaction. True where it changed the fence, false where the
    // compare-and-set found another state (somebody was faster, or the step does not fit). Errors:
    // busy where the exclusive lock was not to be had in the store's lock timeout.
    { s.step(step, call) } -> std::same_as<result<bool>>;
    // Sequences and identities that feed mapped columns, and how far they are at this side.
    { s.sequences(call) } -> std::same_as<result<std::vector<sequence_value>>>;
    // Removes up to `limit` tombstones nobody needs any more and raises the floor with them, in one
    // transaction that enters the fence first (docs/adr/0010, rule 7). At P or D: where synced,
    // those of keys without an outbox row; never unsynced, because the next era may keep the
    // secondary's rows. At S or H: those of an epoch below the fence's. It deletes only the
    // versions it looked at: a tombstone raised meanwhile stays. How many went.
    { s.purge(limit, call) } -> std::same_as<result<std::int64_t>>;
    // Of the `limit` tombstones behind the encoded key `after`, removes those beside a row of a
    // newer version: nobody needs them, in any role, and the floor stays (docs/adr/0010, rule 6).
    { s.sweep(table, after, limit, call) } -> std::same_as<result<sweep_report>>;
    { s.count_tombstones(call) } -> std::same_as<result<tombstone_stats>>;
    // Installs, and gives every table of this side its version column where that is missing. What
    // was added is recorded, so that uninstall() takes away just that. Errors: as install(); busy
    // where a table's lock was not to be had in the store's lock timeout; schema_mismatch.
    { s.add_version_columns(call) } -> std::same_as<result<void>>;
    // Removes, in one transaction, all that stands here of this side of the migration, the version
    // columns that the store added and nobody else uses, and with the last migration of the
    // database the control objects. The rows of the tables stay unless told. Reads, writes, applies
    // and steps of every process then answer not_installed, or that they were refused. True where
    // it happened, false where the fences are not as `leave` says. Errors: not_installed,
    // changes_owed (this side's outbox is not empty), busy, permission_denied, store_error.
    { s.uninstall(leave, call) } -> std::same_as<result<bool>>;
};

} // namespace tandem
