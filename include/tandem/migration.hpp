// SPDX-License-Identifier: BSL-1.0
//
// migration: a named set of tables that move together from a source to a target. It hands out a
// router for each table, performs the switches from phase to phase and the backfill, and tells its
// status.
//
// Order of use: construct, add() every table, install() once per database, start(), then the
// routers and everything else. After start() all operations are thread-safe, from any number of
// processes. The stores outlive the migration, every call under way and every worker::run();
// routers may outlive it and then answer errc::stopped. It starts no thread: a worker (worker.hpp)
// or relay_once() delivers what is owed.
#pragma once

#include "tandem/table/record.hpp"
#include "tandem/options.hpp"
#include "tandem/router.hpp"
#include "tandem/store_ref.hpp"
#include "tandem/transaction.hpp"

#include <initializer_list>

namespace tandem {

namespace detail {
class coordinator;
}

class migration {
public:
    /// From one store to another. The pair of types fixes what exists: both must be able to fence,
    /// to write intents, to apply under the guard and to read-modify-write.
    template <store Source, store Target>
    migration(migration_options options, Source& source, Target& target)
        : migration(std::move(options), std::make_unique<store_ref<Source>>(source),
                    std::make_unique<store_ref<Target>>(target)) {
        static_assert(
            fenced<Source> && fenced<Target>,
            "tandem: both stores must model tandem::fenced, or a write could commit under "
            "a stale phase");
        static_assert(
            read_modify_write<Source> && read_modify_write<Target>,
            "tandem: both stores must model tandem::read_modify_write, because each of them "
            "is the primary in two of the four phases");
        static_assert(
            guarded_apply<Source> && guarded_apply<Target>,
            "tandem: both stores must model tandem::guarded_apply, because each of them is "
            "the secondary in one of the dual phases");
    }

    /// same_transaction mode: source and target tables in one database, every write of a dual phase
    /// in one transaction over both. No versions, outbox or relay.
    template <store Both>
    migration(migration_options options, Both& both)
        : migration(std::move(options), std::make_unique<store_ref<Both>>(both), nullptr) {
        static_assert(joint<Both> && read_modify_write<Both>,
                      "tandem: same_transaction mode needs a store that models tandem::joint");
    }

    migration(migration&&) noexcept;
    migration& operator=(migration&&) noexcept;
    ~migration();

    /// Adds a table: two mappings of one record, one for each side. Before start(). A mapping that
    /// contradicts itself or its pair is reported by install() and start() (errc::invalid_mapping).
    template <class SourceMapping, class TargetMapping>
    [[nodiscard]] auto add(const SourceMapping& source, const TargetMapping& target) {
        static_assert(std::is_same_v<record_of<SourceMapping>, record_of<TargetMapping>>,
                      "tandem: both mappings of a table must be of the same record");
        return router<record_of<SourceMapping>, key_of<SourceMapping>>(
            coordinator_, add_table(pair_schemas(source, target)), codec_for(source));
    }

    /// Creates the control tables and the fences where they are missing; repeatable. The source
    /// comes up primary in old_only. Errors: those of start() but for not_installed; wrong_phase
    /// (one side has moved on and the other one holds nothing: an uninstall was interrupted, or
    /// this is another database).
    [[nodiscard]] result<void> install(install_options options = {});

    /// The same for one side as SQL text, for a DBA to run where the service may not create
    /// objects: control objects, this migration's rows, missing version columns, and the least
    /// GRANTs. The live tables are read and nothing is written. Errors: as start(); unsupported
    /// (the store has no SQL).
    [[nodiscard]] result<std::string> install_script(side which, const script_options& script = {},
                                                     call_options options = {});

    /// The end: takes away all that install() made, at both sides, the target first; the schemas
    /// are then what they were. Before or after start(), from old_only or new_only alone.
    /// Repeatable by any process at any point. Whoever still runs the migration gets not_installed
    /// from then on. Before that, see that nobody does (docs/guide.md, "The end"). Errors:
    /// not_installed (nothing is there, or no longer), wrong_phase, switch_in_progress,
    /// changes_owed, busy, fenced, permission_denied, unavailable.
    [[nodiscard]] result<void> uninstall(const uninstall_options& options = {});

    /// Checks the mappings against the live schemas, that the two sides are different tables, and
    /// reads the fences. Errors: invalid_options, invalid_mapping, schema_mismatch (the detail
    /// lists every difference), same_table, not_installed, unavailable, authentication,
    /// permission_denied.
    [[nodiscard]] result<void> start(call_options options = {});

    /// Calls after this answer errc::stopped; calls under way end normally.
    void stop() noexcept;

    /// Several keys of one or more tables in one transaction at the primary. `keys` are all keys
    /// that f will touch (router::key). f gets the transaction and returns result<void>; an error
    /// of f rolls back and is returned as it is. f runs at most once per call, has no effect
    /// outside the transaction, and makes no other call to tandem (errc::nested_call). Errors: as
    /// router::upsert; not_found etc. as f returns them.
    [[nodiscard]] result<void>
    transaction(std::initializer_list<result<table_key>> keys,
                const std::function<result<void>(tandem::transaction&)>& f,
                transaction_options options = {});
    [[nodiscard]] result<void>
    transaction(std::span<const result<table_key>> keys,
                const std::function<result<void>(tandem::transaction&)>& f,
                transaction_options options = {});

    /// What became of the write that carries this id, asked at the primary. The answer is final but
    /// for `pending`. Asking settles it: a write that was not committed by now never will be, and
    /// whoever brings it later gets operation_abandoned. An id that was never used is
    /// not_committed, too. Errors: those of a write; unsupported (a store without operation_log).
    [[nodiscard]] result<operation_outcome> outcome(const operation_id& id,
                                                    call_options options = {});
    /// The same of a write without id, by the error outcome_unknown that it returned: committed,
    /// not_committed, pending, or unknown where the store cannot tell (no transaction_lookup, or
    /// the server forgot it). Any other error is not_committed. Tells no version. Errors:
    /// unavailable and its like.
    [[nodiscard]] result<operation_outcome> outcome(const error& why, call_options options = {});

    /// One phase on. From old_only it enters the double-write era (then run backfill()); from
    /// dual_old_primary it hands over to the target; from dual_new_primary it leaves the source
    /// behind. Repeatable by any process at any point of a half-done switch. Errors, each with the
    /// count of what stands in the way: not_synced, changes_owed, dead_letters, truncate_refused,
    /// wrong_phase, switch_in_progress, busy, unavailable. Gives back the phase reached.
    [[nodiscard]] result<tandem::phase> forward(const switch_options& options = {});
    /// One phase back; errors as forward().
    [[nodiscard]] result<tandem::phase> backward(const switch_options& options = {});
    /// Reopens a primary that drains. Errors: wrong_phase (none drains), switch_in_progress
    /// (decided).
    [[nodiscard]] result<tandem::phase> abort(const switch_options& options = {});

    /// Copies every row and tombstone of the primary to the secondary, guarded, and marks the era
    /// synced. Runs beside writers; repeatable from the start at any time. In an era of mode adopt
    /// it then compares both sides in full, and what differs at the secondary is stated anew at the
    /// primary, or buried there, until nothing does. Errors: wrong_phase (not dual, or the era
    /// ended meanwhile), cancelled, those of the stores; adopt: not_synced (the sides still differ;
    /// the detail counts), unsupported (rows that only the secondary has, in a table without
    /// deletes).
    [[nodiscard]] result<std::int64_t> backfill(const backfill_options& options = {});

    /// Raises the epoch within a dual phase, so that the tombstones which the secondary has by now
    /// can be purged. Writes go on. First the primary's epoch, then, when nothing older is owed any
    /// more, the secondary's; a call that finds the first half done does the second. Repeatable by
    /// any process at any point. Gives back the epoch. A worker does it by itself
    /// (worker_options::roll_at). Errors: wrong_phase (not dual), changes_owed and dead_letters
    /// (something older was still owed at the timeout: call again), switch_in_progress,
    /// unavailable, unsupported (same_transaction mode).
    [[nodiscard]] result<epoch> roll_epoch(const roll_options& options = {});

    /// One pass of the relay over what both sides owe.
    [[nodiscard]] result<relay_report> relay_once(const relay_options& options = {});

    /// Changes that the other side refused too often: still owed, no longer tried, in the way of a
    /// handover. Those of the source first, ascending by id.
    [[nodiscard]] result<std::vector<dead_letter>>
    dead_letters(const dead_letter_options& options = {});
    /// Makes them ordinary owed changes again; how many. `letters` are from dead_letters() (what is
    /// none any more is passed over); empty: all, at both sides.
    [[nodiscard]] result<std::int64_t>
    retry_dead_letters(std::span<const dead_letter> letters = {});
    /// Gives them up: nothing owes these changes any more, so the sides may differ there for ever.
    /// Hence their tables are marked dirty in the same transaction, and no handover happens
    /// (errc::dirty) until a verify() finds both sides equal; backfill() brings what was given up.
    /// How many. `reason` is kept with the mark: 1 to 1000 bytes. Errors: invalid_options.
    [[nodiscard]] result<std::int64_t> drop_dead_letters(std::span<const dead_letter> letters,
                                                         std::string_view reason);

    /// Compares every row of both sides, in both directions, beside writers: a difference counts
    /// only where neither side changed between two looks and nothing owed explains it. Versions and
    /// all mapped columns are compared, json only for being there. A clean one removes the dirty
    /// marks that it found when it began. Reads all of both sides, and relays meanwhile. Errors:
    /// wrong_phase (not dual, or a switch came between), invalid_options, those of the stores.
    [[nodiscard]] result<verify_report> verify(const verify_options& options = {});

    /// Forgets nothing that is needed: refreshes beliefs, settles what was applied, purges (as a
    /// worker with default options does).
    [[nodiscard]] result<void> housekeeping();

    [[nodiscard]] result<migration_status> status();

private:
    friend class worker;
    migration(migration_options options, std::unique_ptr<any_store> source,
              std::unique_ptr<any_store> target);
    table_id add_table(result<std::pair<table_schema, table_schema>> schemas);

    std::shared_ptr<detail::coordinator> coordinator_;
};

} // namespace tandem
