// SPDX-License-Identifier: BSL-1.0
//
// A store behind one virtual interface, so that everything above the stores is compiled once. The
// operations and their contracts are those of the concepts (concepts/*.hpp); here they only lose
// their type. An operation of a refinement that the store does not model answers errc::unsupported.
// Users never name this: migration's constructor wraps the stores it is given (store_ref.hpp).
#pragma once

#include "tandem/concepts/constrained.hpp"
#include "tandem/concepts/joint.hpp"
#include "tandem/concepts/operation_log.hpp"
#include "tandem/concepts/scripted.hpp"
#include "tandem/concepts/spool_registry.hpp"
#include "tandem/concepts/transaction_lookup.hpp"

#include <memory>

namespace tandem {

class any_store {
public:
    any_store() = default;
    any_store(const any_store&) = delete;
    any_store& operator=(const any_store&) = delete;
    virtual ~any_store() = default;

    // store
    virtual std::string_view dialect() const = 0;
    virtual result<void> bind(binding b) = 0;
    virtual result<std::string> identity(side which, table_id table, const call_context& call) = 0;
    virtual result<std::vector<schema_difference>> compare_schema(const call_context& call) = 0;
    // readable
    virtual result<read_reply> read(side which, table_id table, const row_key& key,
                                    const call_context& call) = 0;
    virtual result<read_many_reply> read_many(side which, table_id table,
                                              std::span<const row_key> keys,
                                              const call_context& call) = 0;
    virtual result<scan_reply> scan(side which, table_id table, const key_range& range,
                                    std::size_t limit, const call_context& call) = 0;
    virtual result<tombstones_reply> tombstones(table_id table, std::string_view after,
                                                std::size_t limit, const call_context& call) = 0;
    // fenced
    virtual result<void> install(const call_context& call) = 0;
    virtual result<fences> read_fences(const call_context& call) = 0;
    virtual result<bool> step(const switch_step& what, const call_context& call) = 0;
    virtual result<std::vector<sequence_value>> sequences(const call_context& call) = 0;
    virtual result<std::int64_t> purge(std::size_t limit, const call_context& call) = 0;
    virtual result<sweep_report> sweep(table_id table, std::string_view after, std::size_t limit,
                                       const call_context& call) = 0;
    virtual result<tombstone_stats> count_tombstones(const call_context& call) = 0;
    virtual result<void> add_version_columns(const call_context& call) = 0;
    virtual result<bool> uninstall(const uninstall_step& leave, const call_context& call) = 0;
    // scripted
    virtual result<std::string> install_script(const script_options& options,
                                               const call_context& call) = 0;
    // spool_registry
    virtual result<spool_entry> report_spool(const spool_report& report,
                                             const call_context& call) = 0;
    virtual result<std::vector<spool_entry>> spools(const call_context& call) = 0;
    virtual result<bool> lose_spool(const spool_entry& seen, const call_context& call) = 0;
    virtual result<bool> close_spool(const spool_entry& seen, const call_context& call) = 0;
    // transactional_intent
    virtual result<write_reply> write(const write_command& command, route belief,
                                      const call_context& call) = 0;
    virtual result<std::vector<owed_change>> owed(std::int64_t after, std::size_t limit,
                                                  owed_scope scope, const call_context& call) = 0;
    virtual result<std::vector<std::optional<change>>>
    present(table_id table, std::span<const key_bytes> keys, const call_context& call) = 0;
    virtual result<void> settle(std::span<const std::int64_t> ids, const call_context& call) = 0;
    virtual result<void> note_failure(std::span<const std::int64_t> ids,
                                      const delivery_failure& failure,
                                      const call_context& call) = 0;
    virtual result<owed_stats> stats(const call_context& call) = 0;
    virtual result<bool> is_owed(std::int64_t id, const call_context& call) = 0;
    virtual result<std::vector<dead_letter>> dead_letters(std::int64_t after, std::size_t limit,
                                                          const call_context& call) = 0;
    virtual result<std::int64_t> revive(std::span<const std::int64_t> ids,
                                        const call_context& call) = 0;
    virtual result<std::int64_t> drop(std::span<const std::int64_t> ids, std::string_view reason,
                                      const call_context& call) = 0;
    virtual result<void> mark_dirty(table_id table, std::string_view reason,
                                    const call_context& call) = 0;
    virtual result<std::vector<dirty_mark>> dirty_marks(const call_context& call) = 0;
    virtual result<void> clear_dirty(std::span<const std::int64_t> ids,
                                     const call_context& call) = 0;
    // read_modify_write
    virtual result<begin_reply> begin(std::span<const table_key> keys, isolation level,
                                      const call_context& call) = 0;
    // operation_log
    virtual bool keeps_operations() const noexcept = 0;
    virtual result<begin_reply> begin(std::span<const table_key> keys, isolation level,
                                      const operation_claim& claim, const call_context& call) = 0;
    virtual result<operation_answer> conclude(const operation_id& id, milliseconds retention,
                                              const call_context& call) = 0;
    virtual result<std::vector<operation_record>> owed_operations(std::size_t limit,
                                                                  const call_context& call) = 0;
    virtual result<void> add_operations(std::span<const operation_record> records,
                                        const call_context& call) = 0;
    virtual result<void> operations_delivered(std::span<const operation_record> records,
                                              const call_context& call) = 0;
    virtual result<std::int64_t> purge_operations(milliseconds retention, std::size_t limit,
                                                  const call_context& call) = 0;
    // transaction_lookup
    virtual result<operation_status> transaction_status(std::string_view token,
                                                        const call_context& call) = 0;
    // guarded_apply
    virtual result<std::vector<apply_status>> apply(std::span<const change> changes,
                                                    const call_context& call) = 0;
    // constrained
    virtual result<std::vector<holder>> holders(std::span<const change> changes,
                                                const call_context& call) = 0;
    // joint
    virtual result<std::optional<key>> copy_chunk(table_id table, const std::optional<key>& after,
                                                  epoch era, std::size_t limit,
                                                  const call_context& call) = 0;
};

} // namespace tandem
