// SPDX-License-Identifier: BSL-1.0
//
// store_ref: the wrapper that makes an any_store of a store of any type. It adds nothing but the
// answer errc::unsupported to the operations of a refinement that the store does not model.
// Thread-safe as the store is.
#pragma once

#include "tandem/any_store.hpp"

namespace tandem {

/// Wraps a store by reference; the store outlives the wrapper.
template <store S>
class store_ref final : public any_store {
public:
    explicit store_ref(S& s) : store_(s) {}

    std::string_view dialect() const override { return store_.dialect(); }
    result<void> bind(binding b) override { return store_.bind(std::move(b)); }
    result<std::string> identity(side which, table_id table, const call_context& call) override {
        return store_.identity(which, table, call);
    }
    result<std::vector<schema_difference>> compare_schema(const call_context& call) override {
        return store_.compare_schema(call);
    }
    result<read_reply> read(side which, table_id table, const row_key& at,
                            const call_context& call) override {
        if constexpr (readable<S>) return store_.read(which, table, at, call);
        return missing("readable");
    }
    result<read_many_reply> read_many(side which, table_id table, std::span<const row_key> keys,
                                      const call_context& call) override {
        if constexpr (readable<S>) return store_.read_many(which, table, keys, call);
        return missing("readable");
    }
    result<scan_reply> scan(side which, table_id table, const key_range& range, std::size_t limit,
                            const call_context& call) override {
        if constexpr (readable<S>) return store_.scan(which, table, range, limit, call);
        return missing("readable");
    }
    result<tombstones_reply> tombstones(table_id table, std::string_view after, std::size_t limit,
                                        const call_context& call) override {
        if constexpr (readable<S>) return store_.tombstones(table, after, limit, call);
        return missing("readable");
    }
    result<void> install(const call_context& call) override {
        if constexpr (fenced<S>) return store_.install(call);
        return missing("fenced");
    }
    result<fences> read_fences(const call_context& call) override {
        if constexpr (fenced<S>) return store_.read_fences(call);
        return missing("fenced");
    }
    result<bool> step(const switch_step& what, const call_context& call) override {
        if constexpr (fenced<S>) return store_.step(what, call);
        return missing("fenced");
    }
    result<std::vector<sequence_value>> sequences(const call_context& call) override {
        if constexpr (fenced<S>) return store_.sequences(call);
        return missing("fenced");
    }
    result<std::int64_t> purge(std::size_t limit, const call_context& call) override {
        if constexpr (fenced<S>) return store_.purge(limit, call);
        return missing("fenced");
    }
    result<sweep_report> sweep(table_id table, std::string_view after, std::size_t limit,
                               const call_context& call) override {
        if constexpr (fenced<S>) return store_.sweep(table, after, limit, call);
        return missing("fenced");
    }
    result<tombstone_stats> count_tombstones(const call_context& call) override {
        if constexpr (fenced<S>) return store_.count_tombstones(call);
        return missing("fenced");
    }
    result<void> add_version_columns(const call_context& call) override {
        if constexpr (fenced<S>) return store_.add_version_columns(call);
        return missing("fenced");
    }
    result<bool> uninstall(const uninstall_step& leave, const call_context& call) override {
        if constexpr (fenced<S>) return store_.uninstall(leave, call);
        return missing("fenced");
    }
    result<std::string> install_script(const script_options& options,
                                       const call_context& call) override {
        if constexpr (scripted<S>) return store_.install_script(options, call);
        return missing("scripted");
    }
    result<spool_entry> report_spool(const spool_report& report,
                                     const call_context& call) override {
        if constexpr (spool_registry<S>) return store_.report_spool(report, call);
        return missing("spool_registry");
    }
    result<std::vector<spool_entry>> spools(const call_context& call) override {
        if constexpr (spool_registry<S>) return store_.spools(call);
        return missing("spool_registry");
    }
    result<bool> lose_spool(const spool_entry& seen, const call_context& call) override {
        if constexpr (spool_registry<S>) return store_.lose_spool(seen, call);
        return missing("spool_registry");
    }
    result<bool> close_spool(const spool_entry& seen, const call_context& call) override {
        if constexpr (spool_registry<S>) return store_.close_spool(seen, call);
        return missing("spool_registry");
    }
    result<write_reply> write(const write_command& command, route belief,
                              const call_context& call) override {
        if constexpr (transactional_intent<S>) return store_.write(command, belief, call);
        return missing("transactional_intent");
    }
    result<std::vector<owed_change>> owed(std::int64_t after, std::size_t limit, owed_scope scope,
                                          const call_context& call) override {
        if constexpr (transactional_intent<S>) return store_.owed(after, limit, scope, call);
        return missing("transactional_intent");
    }
    result<std::vector<std::optional<change>>>
    present(table_id table, std::span<const key_bytes> keys, const call_context& call) override {
        if constexpr (transactional_intent<S>) return store_.present(table, keys, call);
        return missing("transactional_intent");
    }
    result<void> settle(std::span<const std::int64_t> ids, const call_context& call) override {
        if constexpr (transactional_intent<S>) return store_.settle(ids, call);
        return missing("transactional_intent");
    }
    result<void> note_failure(std::span<const std::int64_t> ids, const delivery_failure& failure,
                              const call_context& call) override {
        if constexpr (transactional_intent<S>) return store_.note_failure(ids, failure, call);
        return missing("transactional_intent");
    }
    result<owed_stats> stats(const call_context& call) override {
        if constexpr (transactional_intent<S>) return store_.stats(call);
        return missing("transactional_intent");
    }
    result<bool> is_owed(std::int64_t id, const call_context& call) override {
        if constexpr (transactional_intent<S>) return store_.is_owed(id, call);
        return missing("transactional_intent");
    }
    result<std::vector<dead_letter>> dead_letters(std::int64_t after, std::size_t limit,
                                                  const call_context& call) override {
        if constexpr (transactional_intent<S>) return store_.dead_letters(after, limit, call);
        return missing("transactional_intent");
    }
    result<std::int64_t> revive(std::span<const std::int64_t> ids,
                                const call_context& call) override {
        if constexpr (transactional_intent<S>) return store_.revive(ids, call);
        return missing("transactional_intent");
    }
    result<std::int64_t> drop(std::span<const std::int64_t> ids, std::string_view reason,
                              const call_context& call) override {
        if constexpr (transactional_intent<S>) return store_.drop(ids, reason, call);
        return missing("transactional_intent");
    }
    result<void> mark_dirty(table_id table, std::string_view reason,
                            const call_context& call) override {
        if constexpr (transactional_intent<S>) return store_.mark_dirty(table, reason, call);
        return missing("transactional_intent");
    }
    result<std::vector<dirty_mark>> dirty_marks(const call_context& call) override {
        if constexpr (transactional_intent<S>) return store_.dirty_marks(call);
        return missing("transactional_intent");
    }
    result<void> clear_dirty(std::span<const std::int64_t> ids, const call_context& call) override {
        if constexpr (transactional_intent<S>) return store_.clear_dirty(ids, call);
        return missing("transactional_intent");
    }
    result<begin_reply> begin(std::span<const table_key> keys, isolation level,
                              const call_context& call) override {
        if constexpr (read_modify_write<S>) return store_.begin(keys, level, call);
        return missing("read_modify_write");
    }
    bool keeps_operations() const noexcept override { return operation_log<S>; }
    result<begin_reply> begin(std::span<const table_key> keys, isolation level,
                              const operation_claim& claim, const call_context& call) override {
        if constexpr (operation_log<S>) return store_.begin(keys, level, claim, call);
        return missing("operation_log");
    }
    result<operation_answer> conclude(const operation_id& id, milliseconds retention,
                                      const call_context& call) override {
        if constexpr (operation_log<S>) return store_.conclude(id, retention, call);
        return missing("operation_log");
    }
    result<std::vector<operation_record>> owed_operations(std::size_t limit,
                                                          const call_context& call) override {
        if constexpr (operation_log<S>) return store_.owed_operations(limit, call);
        return missing("operation_log");
    }
    result<void> add_operations(std::span<const operation_record> records,
                                const call_context& call) override {
        if constexpr (operation_log<S>) return store_.add_operations(records, call);
        return missing("operation_log");
    }
    result<void> operations_delivered(std::span<const operation_record> records,
                                      const call_context& call) override {
        if constexpr (operation_log<S>) return store_.operations_delivered(records, call);
        return missing("operation_log");
    }
    result<std::int64_t> purge_operations(milliseconds retention, std::size_t limit,
                                          const call_context& call) override {
        if constexpr (operation_log<S>) return store_.purge_operations(retention, limit, call);
        return missing("operation_log");
    }
    result<operation_status> transaction_status(std::string_view token,
                                                const call_context& call) override {
        if constexpr (transaction_lookup<S>) return store_.transaction_status(token, call);
        return missing("transaction_lookup");
    }
    result<std::vector<apply_status>> apply(std::span<const change> changes,
                                            const call_context& call) override {
        if constexpr (guarded_apply<S>) return store_.apply(changes, call);
        return missing("guarded_apply");
    }
    result<std::vector<holder>> holders(std::span<const change> changes,
                                        const call_context& call) override {
        if constexpr (constrained<S>) return store_.holders(changes, call);
        return missing("constrained");
    }
    result<std::optional<key>> copy_chunk(table_id table, const std::optional<key>& after,
                                          epoch era, std::size_t limit,
                                          const call_context& call) override {
        if constexpr (joint<S>) return store_.copy_chunk(table, after, era, limit, call);
        return missing("joint");
    }

private:
    [[nodiscard]] error missing(std::string_view concept_name) const {
        return {errc::unsupported,
                std::string(store_.dialect()) + " is not " + std::string(concept_name)};
    }

    S& store_;
};

} // namespace tandem
