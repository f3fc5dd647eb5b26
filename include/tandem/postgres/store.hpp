// SPDX-License-Identifier: BSL-1.0
//
// A store over PostgreSQL (14 or later). It models readable, fenced, transactional_intent,
// read_modify_write, guarded_apply, bulk_load, chunk_hash and joint. A single write is one round
// trip: the locks, then the write selecting from the fence row, the intent on top of it. Write
// transactions own a connection from begin to end. Thread-safe after bind(); every call blocks its
// thread until the deadline at the latest. It is not a general client: it only runs the statements
// that it generates from the mapping.
#pragma once

#include "tandem/concepts/bulk_load.hpp"
#include "tandem/concepts/chunk_hash.hpp"
#include "tandem/concepts/constrained.hpp"
#include "tandem/concepts/joint.hpp"
#include "tandem/concepts/operation_log.hpp"
#include "tandem/concepts/scripted.hpp"
#include "tandem/concepts/spool_registry.hpp"
#include "tandem/concepts/transaction_lookup.hpp"
#include "tandem/postgres/pool.hpp"

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::postgres {

namespace detail {
class store_state;
}

struct store_options {
    /// Where tandem_fence and its like are. The schema must exist.
    std::string control_schema = "public";
    /// How long a step of a switch queues for the exclusive fence lock (new writers queue behind
    /// it meanwhile) before it gives up with errc::busy.
    milliseconds step_lock_timeout{300};
    /// A single write without operation id has the server send the number of its transaction ahead
    /// of the commit, so that migration::outcome(error) can tell what became of it. Costs a packet
    /// and about 5 to 10 us each; transactions of several statements know their number anyway.
    bool early_transaction_id = false;
    /// How often a guarded apply is run again after a deadlock or a lock timeout, within its
    /// deadline.
    int apply_attempts = 5;
};

class store {
public:
    explicit store(std::shared_ptr<pool> connections, store_options options = {});
    /// A pool of its own. Errors: invalid_options.
    [[nodiscard]] static result<std::unique_ptr<store>> make(pool_options connections,
                                                             store_options options = {});
    store(store&&) noexcept;
    store& operator=(store&&) noexcept;
    ~store();

    // --- store -----------------------------------------------------------------------------------
    [[nodiscard]] std::string_view dialect() const noexcept { return "postgres"; }
    [[nodiscard]] result<void> bind(binding joined);
    [[nodiscard]] const binding& bound() const;
    [[nodiscard]] result<std::string> identity(side which, table_id table,
                                               const call_context& call);
    [[nodiscard]] result<std::vector<schema_difference>> compare_schema(const call_context& call);

    // --- readable --------------------------------------------------------------------------------
    [[nodiscard]] result<read_reply> read(side which, table_id table, const row_key& at,
                                          const call_context& call);
    [[nodiscard]] result<read_many_reply>
    read_many(side which, table_id table, std::span<const row_key> keys, const call_context& call);
    [[nodiscard]] result<scan_reply> scan(side which, table_id table, const key_range& range,
                                          std::size_t limit, const call_context& call);
    [[nodiscard]] result<tombstones_reply> tombstones(table_id table, std::string_view after,
                                                      std::size_t limit, const call_context& call);

    // --- fenced ----------------------------------------------------------------------------------
    [[nodiscard]] result<void> install(const call_context& call);
    [[nodiscard]] result<fences> read_fences(const call_context& call);
    [[nodiscard]] result<bool> step(const switch_step& what, const call_context& call);
    [[nodiscard]] result<std::vector<sequence_value>> sequences(const call_context& call);
    [[nodiscard]] result<std::int64_t> purge(std::size_t limit, const call_context& call);
    [[nodiscard]] result<sweep_report> sweep(table_id table, std::string_view after,
                                             std::size_t limit, const call_context& call);
    [[nodiscard]] result<tombstone_stats> count_tombstones(const call_context& call);
    [[nodiscard]] result<void> add_version_columns(const call_context& call);
    [[nodiscard]] result<bool> uninstall(const uninstall_step& leave, const call_context& call);

    // --- spool_registry --------------------------------------------------------------------------
    [[nodiscard]] result<spool_entry> report_spool(const spool_report& report,
                                                   const call_context& call);
    [[nodiscard]] result<std::vector<spool_entry>> spools(const call_context& call);
    [[nodiscard]] result<bool> lose_spool(const spool_entry& seen, const call_context& call);
    [[nodiscard]] result<bool> close_spool(const spool_entry& seen, const call_context& call);

    // --- scripted --------------------------------------------------------------------------------
    /// For the owner of the tables and of the control schema: `psql -v ON_ERROR_STOP=1 -f file`.
    [[nodiscard]] result<std::string> install_script(const script_options& options,
                                                     const call_context& call);

    // --- transactional_intent --------------------------------------------------------------------
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

    // --- read_modify_write -----------------------------------------------------------------------
    /// The store outlives the transaction.
    [[nodiscard]] result<begin_reply> begin(std::span<const table_key> keys, isolation level,
                                            const call_context& call);

    // --- operation_log, transaction_lookup -------------------------------------------------------
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
    /// Of the token of an error of this side; the server keeps what it knows for about as long as
    /// 200 million transactions.
    [[nodiscard]] result<operation_status> transaction_status(std::string_view token,
                                                              const call_context& call);

    // --- guarded_apply ---------------------------------------------------------------------------
    [[nodiscard]] result<std::vector<apply_status>> apply(std::span<const change> changes,
                                                          const call_context& call);

    // --- constrained -----------------------------------------------------------------------------
    /// Looks through unique indexes, partial and over expressions too, of mapped columns.
    [[nodiscard]] result<std::vector<holder>> holders(std::span<const change> changes,
                                                      const call_context& call);

    // --- bulk_load, chunk_hash, joint ------------------------------------------------------------
    [[nodiscard]] result<std::int64_t> bulk_load(table_id table, std::span<const row> rows,
                                                 const call_context& call);
    [[nodiscard]] result<chunk_digest> chunk_hash(side which, table_id table,
                                                  const key_range& range, const call_context& call);
    [[nodiscard]] result<std::optional<key>> copy_chunk(table_id table,
                                                        const std::optional<key>& after, epoch era,
                                                        std::size_t limit,
                                                        const call_context& call);

    [[nodiscard]] const std::shared_ptr<pool>& connections() const noexcept;

private:
    std::unique_ptr<detail::store_state> state_;
};

static_assert(readable<store> && fenced<store> && transactional_intent<store>);
static_assert(operation_log<store> && constrained<store> && joint<store>);
static_assert(transaction_lookup<store>);
static_assert(tandem::bulk_load<store> && tandem::chunk_hash<store> && scripted<store>);
static_assert(spool_registry<store>);

} // namespace tandem::postgres
