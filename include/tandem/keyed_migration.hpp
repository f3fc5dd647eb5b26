// SPDX-License-Identifier: BSL-1.0
//
// keyed_migration: moves tables away from a source that cannot fence (concepts/keyed.hpp), in the
// phases old_only and dual_old_primary. Intents go to a queue of this process (spool/spool.hpp)
// before the write is sent, and the target's rows are written by pull under lock. With an era open
// and filled, nothing owed in the queue of any process, and the writers standing still, both sides
// are the same (docs/protocol.md, section 13).
//
// Order of use as migration: construct, add(), install(), start(). After start() all operations
// are thread-safe. Source, queue and target outlive it. It starts no thread: a keyed_worker
// (keyed_worker.hpp) or the host calls relay_once() in a loop.
//
// Every process registers its queue at the target, so that each can tell what all of them owe. End
// a process with close(): one that vanishes while it may owe something costs a backfill.
#pragma once

#include "tandem/any_keyed.hpp"
#include "tandem/keyed_router.hpp"
#include "tandem/store_ref.hpp"

namespace tandem {

namespace detail {
class keyed_coordinator;
}

struct keyed_options {
    std::string name;            ///< as migration_options::name
    int buckets = 1;             ///< 1 or 1024; fixed by install()
    milliseconds timeout{5'000}; ///< of a call without a deadline of its own; at least 1 ms
    /// After this long, nothing that was sent to the source takes effect any more: above every
    /// timeout of the source's client, its server, and what stands between. At least 1 ms. Too
    /// short a limit loses writes at the target.
    milliseconds late_limit{60'000};
    /// How long this process counts as alive after it reported at the target, which relay_once()
    /// does every third of it. Not heard of for this and late_limit together, its queue is lost,
    /// and the era counts as not filled. At least 1 ms.
    milliseconds lease{30'000};
    /// False: writes are refused (unavailable) while the lease is over, as when the target is down
    /// for longer. Then drain() is right even where a process is cut off from the target alone.
    bool write_without_lease = true;
    tandem::limits limits;
    std::shared_ptr<any_clock> clock;      ///< null: the system's monotonic clock
    tandem::logger* log = nullptr;         ///< null: default_logger(). Outlives the migration
    std::shared_ptr<metrics_sink> metrics; ///< as migration_options::metrics
};

struct keyed_status {
    tandem::phase phase = phase::old_only;
    bool synced = false;         ///< the era is open and filled, and no intent of it was lost here
    std::int64_t owed = 0;       ///< intents in the queue of this process
    std::int64_t owed_bytes = 0; ///< they take
    std::int64_t dead = 0;       ///< of these, those whose row the target refuses
    tandem::fence fence;         ///< of the target, bucket 0
};

class keyed_migration {
public:
    template <keyed Source, fallback_queue Queue, store Target>
    keyed_migration(keyed_options options, Source& source, Queue& queue, Target& target)
        : keyed_migration(std::move(options), std::make_unique<keyed_ref<Source>>(source),
                          std::make_unique<queue_ref<Queue>>(queue),
                          std::make_unique<store_ref<Target>>(target)) {
        static_assert(spool_registry<Target>,
                      "tandem: the target of a keyed source must model tandem::spool_registry, "
                      "because it is where the queues of all processes are registered");
        static_assert(read_modify_write<Target>,
                      "tandem: the target of a keyed source must model tandem::read_modify_write, "
                      "because a pull locks the key, reads the source and writes in one "
                      "transaction");
    }
    keyed_migration(keyed_migration&&) noexcept;
    keyed_migration& operator=(keyed_migration&&) noexcept;
    ~keyed_migration();

    /// Two mappings of one record. Before start(). The source has no version column, whatever its
    /// mapping says.
    template <class SourceMapping, class TargetMapping>
    [[nodiscard]] auto add(const SourceMapping& source, const TargetMapping& target) {
        return keyed_router<record_of<SourceMapping>, key_of<SourceMapping>>(
            coordinator_, add_table(pair_schemas(source, target)), codec_for(source));
    }

    /// Creates the control tables at the target; repeatable. From here on every writer of the
    /// source uses a keyed_migration. Errors: as migration::install().
    [[nodiscard]] result<void> install(call_options options = {});
    /// Registers the queue, and takes it over from a former start of this process. Errors: as
    /// migration::start(); busy (a process elsewhere has a queue of this identity: one of the two
    /// is a copy).
    [[nodiscard]] result<void> start(call_options options = {});
    /// At once, and without the target: the queue stays registered, and is lost when nobody starts
    /// with it again before its lease is over.
    void stop() noexcept;
    /// Stops writes, relays what is owed until the deadline, and unregisters the queue where it
    /// owes nothing. Stopped afterwards in any case; repeatable. Errors: changes_owed (how many;
    /// start again with this queue to deliver them), and those of the target.
    [[nodiscard]] result<void> close(call_options options = {});

    /// old_only -> dual_old_primary: empties the target's tables (switch_options::mode reset; keep
    /// leaves them) and opens an era; then backfill(). Errors: truncate_refused; unsupported from
    /// dual_old_primary, because such a source can never be told to stop; busy, unavailable.
    [[nodiscard]] result<tandem::phase> forward(const switch_options& options = {});
    /// dual_old_primary -> old_only. The target keeps its rows, and is not written any more.
    [[nodiscard]] result<tandem::phase> backward(const switch_options& options = {});

    /// To be called where the writers stand still: waits until the queues of all processes owe
    /// nothing, and proves it. After success the target holds what the source holds. Raises the
    /// fence's epoch, so a backfill under way has to begin again. Errors: wrong_phase (no era),
    /// not_synced (not filled, or intents were lost meanwhile), dirty (a queue was lost; names it),
    /// changes_owed at the deadline (how many, and who has them), and those of the target.
    [[nodiscard]] result<void> drain(call_options options = {});

    /// Pulls every key of the source, then every key that the target alone has, and marks the era
    /// filled. Repeatable; repairs whatever differs. Errors: wrong_phase (no era, or it ended).
    [[nodiscard]] result<std::int64_t> backfill(const backfill_options& options = {});

    /// One pass over the queue of this process. `applied` counts keys that were written at the
    /// target, `superseded` those that were the same already.
    [[nodiscard]] result<relay_report> relay_once(const relay_options& options = {});
    /// Rows that the target refused are tried again; how many.
    [[nodiscard]] result<std::int64_t> revive_dead_letters();

    [[nodiscard]] result<keyed_status> status();
    /// The queues of all processes, ascending by identity, as they reported last.
    [[nodiscard]] result<std::vector<spool_entry>> spools();
    /// Reports this queue, and marks what others lost. relay_once() does so where it is due.
    /// Errors: busy (another process reports this queue), and those of the target.
    [[nodiscard]] result<void> housekeeping();

private:
    friend class keyed_worker;
    keyed_migration(keyed_options options, std::unique_ptr<any_keyed> source,
                    std::unique_ptr<any_queue> queue, std::unique_ptr<any_store> target);
    table_id add_table(result<std::pair<table_schema, table_schema>> schemas);

    std::shared_ptr<detail::keyed_coordinator> coordinator_;
};

} // namespace tandem
