// SPDX-License-Identifier: BSL-1.0
//
// A store over one SQLite file: reads with the fence of their snapshot, writes with version and
// intent in one transaction, guarded applies, and the steps of a switch. Every write is one BEGIN
// IMMEDIATE transaction that reads the fence first, so the file's write lock is the fence lock, the
// key lock and the row lock at once. Nothing is acknowledged before COMMIT has returned.
//
// Thread-safe; several processes may use one file, and both sides of a migration may live in one.
// Files are opened at the first call that needs them. It does not model chunk_hash: rows are read
// and compared. How values are stored: docs/stores/sqlite.md.
#pragma once

#include "tandem/core/binding.hpp"
#include "tandem/core/dead_letter.hpp"
#include "tandem/core/install.hpp"
#include "tandem/core/operation.hpp"
#include "tandem/core/read.hpp"
#include "tandem/core/spool_lease.hpp"
#include "tandem/core/step.hpp"
#include "tandem/core/transaction.hpp"
#include "tandem/core/write.hpp"
#include "tandem/sqlite/options.hpp"

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::sqlite {

namespace detail {
class state;
}

/// Models readable, fenced, spool_registry, transactional_intent, read_modify_write, guarded_apply,
/// bulk_load and joint; what each operation means stands in the concept's header. Errors beyond
/// those named there: not_started before bind(); busy where the write lock, pool_exhausted where a
/// reader was not to be had in time; timeout where a statement ran into the deadline; unavailable,
/// permission_denied, read_only, corrupt_data, resources and schema_mismatch as the file and its
/// tables have it.
class store {
public:
    explicit store(options opts);
    store(store&&) noexcept;
    store& operator=(store&&) noexcept;
    /// Transactions that are still open keep the file open until they end.
    ~store();

    [[nodiscard]] std::string_view dialect() const noexcept { return "sqlite"; }
    /// Errors: invalid_options (also: bound twice), invalid_mapping, unsupported.
    [[nodiscard]] result<void> bind(binding b);
    /// Before bind(): an empty binding.
    [[nodiscard]] const binding& bound() const noexcept;
    /// Device and inode of the file, and the table's name.
    [[nodiscard]] result<std::string> identity(side which, table_id table,
                                               const call_context& call);
    [[nodiscard]] result<std::vector<schema_difference>> compare_schema(const call_context& call);

    // readable
    [[nodiscard]] result<read_reply> read(side which, table_id table, const row_key& wanted,
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
    [[nodiscard]] result<bool> step(const switch_step& wanted, const call_context& call);
    [[nodiscard]] result<std::vector<sequence_value>> sequences(const call_context& call);
    [[nodiscard]] result<std::int64_t> purge(std::size_t limit, const call_context& call);
    [[nodiscard]] result<sweep_report> sweep(table_id table, std::string_view after,
                                             std::size_t limit, const call_context& call);
    [[nodiscard]] result<tombstone_stats> count_tombstones(const call_context& call);
    [[nodiscard]] result<void> add_version_columns(const call_context& call);
    [[nodiscard]] result<bool> uninstall(const uninstall_step& leave, const call_context& call);

    // spool_registry
    [[nodiscard]] result<spool_entry> report_spool(const spool_report& report,
                                                   const call_context& call);
    [[nodiscard]] result<std::vector<spool_entry>> spools(const call_context& call);
    [[nodiscard]] result<bool> lose_spool(const spool_entry& seen, const call_context& call);
    [[nodiscard]] result<bool> close_spool(const spool_entry& seen, const call_context& call);

    // scripted. Run it with the sqlite3 shell, option -bail.
    [[nodiscard]] result<std::string> install_script(const script_options& options,
                                                     const call_context& call);

    // transactional_intent. The belief is not needed: the fence is read in the write's transaction.
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

    // read_modify_write. Every level is serializable here. The transaction holds the file's write
    // lock: keep it short.
    [[nodiscard]] result<begin_reply> begin(std::span<const table_key> keys, isolation level,
                                            const call_context& call);

    // operation_log. Whoever holds the file's write lock for long makes outcomes `pending`.
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

    // guarded_apply
    [[nodiscard]] result<std::vector<apply_status>> apply(std::span<const change> changes,
                                                          const call_context& call);

    // bulk_load
    [[nodiscard]] result<std::int64_t> bulk_load(table_id table, std::span<const row> rows,
                                                 const call_context& call);

    // joint
    [[nodiscard]] result<std::optional<key>> copy_chunk(table_id table,
                                                        const std::optional<key>& after, epoch era,
                                                        std::size_t limit,
                                                        const call_context& call);

private:
    std::shared_ptr<detail::state> state_;
};

} // namespace tandem::sqlite
