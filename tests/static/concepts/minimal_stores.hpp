// SPDX-License-Identifier: BSL-1.0
//
// The smallest type that models each concept, built up one refinement at a time. Declarations only:
// nothing here is ever called.
#pragma once

#include "tandem/concepts/bulk_load.hpp"
#include "tandem/concepts/chunk_hash.hpp"
#include "tandem/concepts/constrained.hpp"
#include "tandem/concepts/joint.hpp"
#include "tandem/concepts/operation_log.hpp"
#include "tandem/concepts/transaction_lookup.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace tandem::minimal {

struct store {
    std::string_view dialect() const;
    result<void> bind(binding);
    const binding& bound() const;
    result<std::string> identity(side, table_id, const call_context&);
    result<std::vector<schema_difference>> compare_schema(const call_context&);
};

struct bulk_load_store : store {
    result<std::int64_t> bulk_load(table_id, std::span<const row>, const call_context&);
};

struct readable_store : store {
    result<read_reply> read(side, table_id, const row_key&, const call_context&);
    result<read_many_reply> read_many(side, table_id, std::span<const row_key>,
                                      const call_context&);
    result<scan_reply> scan(side, table_id, const key_range&, std::size_t, const call_context&);
    result<tombstones_reply> tombstones(table_id, std::string_view, std::size_t,
                                        const call_context&);
};

struct chunk_hash_store : readable_store {
    result<chunk_digest> chunk_hash(side, table_id, const key_range&, const call_context&);
};

struct fenced_store : readable_store {
    result<void> install(const call_context&);
    result<fences> read_fences(const call_context&);
    result<bool> step(const switch_step&, const call_context&);
    result<std::vector<sequence_value>> sequences(const call_context&);
    result<std::int64_t> purge(std::size_t, const call_context&);
    result<sweep_report> sweep(table_id, std::string_view, std::size_t, const call_context&);
    result<tombstone_stats> count_tombstones(const call_context&);
    result<void> add_version_columns(const call_context&);
    result<bool> uninstall(const uninstall_step&, const call_context&);
};

struct guarded_apply_store : fenced_store {
    result<std::vector<apply_status>> apply(std::span<const change>, const call_context&);
};

struct constrained_store : guarded_apply_store {
    result<std::vector<holder>> holders(std::span<const change>, const call_context&);
};

struct joint_store : fenced_store {
    result<std::optional<key>> copy_chunk(table_id, const std::optional<key>&, epoch, std::size_t,
                                          const call_context&);
};

struct transactional_intent_store : fenced_store {
    result<write_reply> write(const write_command&, route, const call_context&);
    result<std::vector<std::optional<change>>> present(table_id, std::span<const key_bytes>,
                                                       const call_context&);
    result<std::vector<owed_change>> owed(std::int64_t, std::size_t, owed_scope,
                                          const call_context&);
    result<void> settle(std::span<const std::int64_t>, const call_context&);
    result<void> note_failure(std::span<const std::int64_t>, const delivery_failure&,
                              const call_context&);
    result<std::vector<dead_letter>> dead_letters(std::int64_t, std::size_t, const call_context&);
    result<std::int64_t> revive(std::span<const std::int64_t>, const call_context&);
    result<std::int64_t> drop(std::span<const std::int64_t>, std::string_view, const call_context&);
    result<void> mark_dirty(table_id, std::string_view, const call_context&);
    result<std::vector<dirty_mark>> dirty_marks(const call_context&);
    result<void> clear_dirty(std::span<const std::int64_t>, const call_context&);
    result<owed_stats> stats(const call_context&);
    result<bool> is_owed(std::int64_t, const call_context&);
};

struct read_modify_write_store : transactional_intent_store {
    result<begin_reply> begin(std::span<const table_key>, isolation, const call_context&);
};

struct operation_log_store : read_modify_write_store {
    using read_modify_write_store::begin;
    result<begin_reply> begin(std::span<const table_key>, isolation, const operation_claim&,
                              const call_context&);
    result<operation_answer> conclude(const operation_id&, milliseconds, const call_context&);
    result<std::vector<operation_record>> owed_operations(std::size_t, const call_context&);
    result<void> add_operations(std::span<const operation_record>, const call_context&);
    result<void> operations_delivered(std::span<const operation_record>, const call_context&);
    result<std::int64_t> purge_operations(milliseconds, std::size_t, const call_context&);
};

struct transaction_lookup_store : store {
    result<operation_status> transaction_status(std::string_view, const call_context&);
};

} // namespace tandem::minimal
