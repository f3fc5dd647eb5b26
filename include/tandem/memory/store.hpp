// SPDX-License-Identifier: BSL-1.0
//
// memory::store: one side of a migration in a memory::database. It models every concept but
// chunk_hash and keeps the protocol as the stores over servers do (tombstones for deleted keys
// alone, versions by the rule, intents in the transaction of the write, the steps of a switch), so
// what a service's tests show over it is what happens over a server, faults included
// (fault_injector.hpp). Thread-safe after bind(). It does not own the database, which outlives it.
#pragma once

#include "tandem/concepts/bulk_load.hpp"
#include "tandem/concepts/guarded_apply.hpp"
#include "tandem/concepts/joint.hpp"
#include "tandem/concepts/operation_log.hpp"
#include "tandem/concepts/spool_registry.hpp"
#include "tandem/memory/database.hpp"
#include "tandem/memory/fault_injector.hpp"

namespace tandem::memory {

namespace detail {
class store_state;
}

struct store_options {
    /// Where not null, asked before every operation. Outlives the store.
    testing::fault_injector* faults = nullptr;
    /// Refuse a write whose belief has another epoch than the fence, as a store does that chose a
    /// cheaper form by it. Without it such a write runs under the epoch of the fence.
    bool refuse_stale_beliefs = false;
};

/// The operations are documented by the concepts. Beyond them: a transaction names a key that it
/// did not declare: errc::invalid_options; an operation before bind(): errc::not_started; after an
/// error inside a transaction, commit() gives that error back and nothing happened.
class store {
public:
    explicit store(database& db, store_options options = {});
    store(store&&) noexcept;
    store& operator=(store&&) noexcept;
    ~store();

    // store
    [[nodiscard]] std::string_view dialect() const noexcept { return "memory"; }
    /// The tables come into being here, where the database does not hold them yet.
    [[nodiscard]] result<void> bind(binding b);
    [[nodiscard]] const binding& bound() const;
    [[nodiscard]] result<std::string> identity(side which, table_id table,
                                               const call_context& call);
    /// Compares with the columns under which the table came into being.
    [[nodiscard]] result<std::vector<schema_difference>> compare_schema(const call_context& call);

    // readable
    [[nodiscard]] result<read_reply> read(side which, table_id table, const row_key& k,
                                          const call_context& call);
    [[nodiscard]] result<read_many_reply>
    read_many(side which, table_id table, std::span<const row_key> keys, const call_context& call);
    [[nodiscard]] result<scan_reply> scan(side which, table_id table, const key_range& range,
                                          std::size_t limit, const call_context& call);
    [[nodiscard]] result<tombstones_reply> tombstones(table_id table, std::string_view after,
                                                      std::size_t limit, const call_context& call);

    // fenced
    [[nodiscard]] result<void> install(const call_context& call);
    [[nodiscard]] result<fences> read_fences(const call_context& call);
    [[nodiscard]] result<bool> step(const switch_step& s, const call_context& call);
    [[nodiscard]] result<std::vector<sequence_value>> sequences(const call_context& call);
    [[nodiscard]] result<std::int64_t> purge(std::size_t limit, const call_context& call);
    [[nodiscard]] result<sweep_report> sweep(table_id table, std::string_view after,
                                             std::size_t limit, const call_context& call);
    [[nodiscard]] result<tombstone_stats> count_tombstones(const call_context& call);
    /// Installs: versions need no column here.
    [[nodiscard]] result<void> add_version_columns(const call_context& call);
    [[nodiscard]] result<bool> uninstall(const uninstall_step& leave, const call_context& call);

    // spool_registry
    [[nodiscard]] result<spool_entry> report_spool(const spool_report& report,
                                                   const call_context& call);
    [[nodiscard]] result<std::vector<spool_entry>> spools(const call_context& call);
    [[nodiscard]] result<bool> lose_spool(const spool_entry& seen, const call_context& call);
    [[nodiscard]] result<bool> close_spool(const spool_entry& seen, const call_context& call);

    // transactional_intent
    [[nodiscard]] result<write_reply> write(const write_command& command, route belief,
                                            const call_context& call);
    [[nodiscard]] result<std::vector<owed_change>> owed(std::int64_t after, std::size_t limit,
                                                        owed_scope scope, const call_context& call);
    [[nodiscard]] result<std::vector<std::optional<change>>>
    present(table_id table, std::span<const key_bytes> keys, const call_context& call);
    [[nodiscard]] result<void> settle(std::span<const std::int64_t> ids, const call_context& call);
    [[nodiscard]] result<void> note_failure(std::span<const std::int64_t> ids,
                                            const delivery_failure& failure,
                                            const call_context& call);
    [[nodiscard]] result<owed_stats> stats(const call_context& call);
    [[nodiscard]] result<bool> is_owed(std::int64_t id, const call_context& call);
    [[nodiscard]] result<std::vector<dead_letter>>
    dead_letters(std::int64_t after, std::size_t limit, const call_context& call);
    [[nodiscard]] result<std::int64_t> revive(std::span<const std::int64_t> ids,
                                              const call_context& call);
    [[nodiscard]] result<std::int64_t> drop(std::span<const std::int64_t> ids,
                                            std::string_view reason, const call_context& call);
    [[nodiscard]] result<void> mark_dirty(table_id table, std::string_view reason,
                                          const call_context& call);
    [[nodiscard]] result<std::vector<dirty_mark>> dirty_marks(const call_context& call);
    [[nodiscard]] result<void> clear_dirty(std::span<const std::int64_t> ids,
                                           const call_context& call);

    // operation_log
    [[nodiscard]] result<begin_reply> begin(std::span<const table_key> keys, isolation level,
                                            const operation_claim& claim, const call_context& call);
    [[nodiscard]] result<operation_answer> conclude(const operation_id& id, milliseconds retention,
                                                    const call_context& call);
    [[nodiscard]] result<std::vector<operation_record>> owed_operations(std::size_t limit,
                                                                        const call_context& call);
    [[nodiscard]] result<void> add_operations(std::span<const operation_record> records,
                                              const call_context& call);
    [[nodiscard]] result<void> operations_delivered(std::span<const operation_record> records,
                                                    const call_context& call);
    [[nodiscard]] result<std::int64_t> purge_operations(milliseconds retention, std::size_t limit,
                                                        const call_context& call);

    // read_modify_write, guarded_apply, bulk_load, joint
    [[nodiscard]] result<begin_reply> begin(std::span<const table_key> keys, isolation level,
                                            const call_context& call);
    [[nodiscard]] result<std::vector<apply_status>> apply(std::span<const change> changes,
                                                          const call_context& call);
    [[nodiscard]] result<std::int64_t> bulk_load(table_id table, std::span<const row> rows,
                                                 const call_context& call);
    [[nodiscard]] result<std::optional<key>> copy_chunk(table_id table,
                                                        const std::optional<key>& after, epoch era,
                                                        std::size_t limit,
                                                        const call_context& call);

private:
    std::unique_ptr<detail::store_state> state_;
};

static_assert(operation_log<store> && guarded_apply<store> && tandem::bulk_load<store> &&
              joint<store> && spool_registry<store>);

} // namespace tandem::memory
