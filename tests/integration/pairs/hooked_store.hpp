// SPDX-License-Identifier: BSL-1.0
//
// hooked_store: a store of any kind, chosen when the test runs, that models every concept a
// migration asks for. Beside each operation stand hooks, so that a test can let another actor
// work exactly between two steps of the code above the stores: no sleeps, no luck. It can also be
// "down", which is how a process looks at a store that it cannot reach. Thread-safe once the
// hooks are set.
#pragma once

#include "tandem/store_ref.hpp"

#include <atomic>
#include <functional>
#include <memory>

namespace tandem_test {

using namespace tandem;

/// The operations a hook can stand beside. `commit` is that of a transaction.
enum class op {
    read,
    scan,
    install,
    fences,
    step,
    purge,
    write,
    owed,
    settle,
    begin,
    commit,
    apply,
    log, ///< operation_log but begin, and transaction_lookup
    uninstall,
    spools
};

/// A store object of any kind, owned.
struct opened {
    std::shared_ptr<void> owner;
    std::shared_ptr<any_store> ops;
};
template <class S>
opened opened_of(std::unique_ptr<S> s) {
    auto ops = std::make_shared<store_ref<S>>(*s);
    return {std::shared_ptr<S>(std::move(s)), std::move(ops)};
}

class hooked_store {
public:
    explicit hooked_store(opened inner) : inner_(std::move(inner)) {}

    /// Runs once, before the next operation of this kind. Another one of the same kind replaces it.
    void before(op which, std::function<void()> run) { before_ = {which, std::move(run)}; }
    /// Runs once, after the next operation of this kind and before its caller gets the answer.
    void after(op which, std::function<void()> run) { after_ = {which, std::move(run)}; }
    /// Runs after every step. Set before the store is used by several threads.
    void after_every_step(std::function<void()> run) { after_every_step_ = std::move(run); }
    /// The leases of all spools end at once when they are reported.
    void end_leases(bool at_once) { leases_end_ = at_once; }
    /// Every operation answers errc::unavailable.
    void set_down(bool is_down) { down_ = is_down; }

    // The concepts' operations, passed on.
    [[nodiscard]] std::string_view dialect() const { return inner_.ops->dialect(); }
    result<void> bind(binding b);
    [[nodiscard]] const binding& bound() const { return bound_; }
    result<std::string> identity(side which, table_id t, const call_context& call);
    result<std::vector<schema_difference>> compare_schema(const call_context& call);
    result<read_reply> read(side which, table_id t, const row_key& k, const call_context& call);
    result<read_many_reply> read_many(side which, table_id t, std::span<const row_key> keys,
                                      const call_context& call);
    result<scan_reply> scan(side which, table_id t, const key_range& range, std::size_t limit,
                            const call_context& call);
    result<tombstones_reply> tombstones(table_id t, std::string_view after, std::size_t limit,
                                        const call_context& call);
    result<void> install(const call_context& call);
    result<fences> read_fences(const call_context& call);
    result<bool> step(const switch_step& what, const call_context& call);
    result<std::vector<sequence_value>> sequences(const call_context& call);
    result<std::int64_t> purge(std::size_t limit, const call_context& call);
    result<sweep_report> sweep(table_id t, std::string_view after, std::size_t limit,
                               const call_context& call);
    result<tombstone_stats> count_tombstones(const call_context& call);
    result<void> add_version_columns(const call_context& call);
    result<bool> uninstall(const uninstall_step& leave, const call_context& call);
    result<std::string> install_script(const script_options& options, const call_context& call);
    result<write_reply> write(const write_command& c, route belief, const call_context& call);
    result<std::vector<owed_change>> owed(std::int64_t after, std::size_t limit, owed_scope scope,
                                          const call_context& call);
    result<std::vector<std::optional<change>>> present(table_id t, std::span<const key_bytes> keys,
                                                       const call_context& call);
    result<void> settle(std::span<const std::int64_t> ids, const call_context& call);
    result<void> note_failure(std::span<const std::int64_t> ids, const delivery_failure& failure,
                              const call_context& call);
    result<spool_entry> report_spool(const spool_report& report, const call_context& call);
    result<std::vector<spool_entry>> spools(const call_context& call);
    result<bool> lose_spool(const spool_entry& seen, const call_context& call);
    result<bool> close_spool(const spool_entry& seen, const call_context& call);
    result<std::vector<dead_letter>> dead_letters(std::int64_t after, std::size_t limit,
                                                  const call_context& call);
    result<std::int64_t> revive(std::span<const std::int64_t> ids, const call_context& call);
    result<std::int64_t> drop(std::span<const std::int64_t> ids, std::string_view reason,
                              const call_context& call);
    result<void> mark_dirty(table_id t, std::string_view reason, const call_context& call);
    result<std::vector<dirty_mark>> dirty_marks(const call_context& call);
    result<void> clear_dirty(std::span<const std::int64_t> ids, const call_context& call);
    result<owed_stats> stats(const call_context& call);
    result<bool> is_owed(std::int64_t id, const call_context& call);
    result<begin_reply> begin(std::span<const table_key> keys, isolation level,
                              const call_context& call);
    result<begin_reply> begin(std::span<const table_key> keys, isolation level,
                              const operation_claim& claim, const call_context& call);
    result<operation_answer> conclude(const operation_id& id, milliseconds retention,
                                      const call_context& call);
    result<std::vector<operation_record>> owed_operations(std::size_t limit,
                                                          const call_context& call);
    result<void> add_operations(std::span<const operation_record> records,
                                const call_context& call);
    result<void> operations_delivered(std::span<const operation_record> records,
                                      const call_context& call);
    result<std::int64_t> purge_operations(milliseconds retention, std::size_t limit,
                                          const call_context& call);
    result<operation_status> transaction_status(std::string_view token, const call_context& call);
    result<std::vector<apply_status>> apply(std::span<const change> changes,
                                            const call_context& call);
    result<std::vector<holder>> holders(std::span<const change> changes, const call_context& call);
    result<std::optional<key>> copy_chunk(table_id t, const std::optional<key>& after, epoch era,
                                          std::size_t limit, const call_context& call);

private:
    struct hook {
        op which = op::read;
        std::function<void()> run;
    };
    /// Takes the hook out before it runs, so that what it calls does not meet it again.
    static void meet(hook& h, op which);
    begin_reply with_hooks(begin_reply begun);
    template <class F>
    auto around(op which, F&& f) -> decltype(f()) {
        meet(before_, which);
        if (down_) return error(errc::unavailable, "the store is down");
        auto answer = f();
        meet(after_, which);
        return answer;
    }

    opened inner_;
    binding bound_;
    hook before_, after_;
    std::function<void()> after_every_step_;
    std::atomic<bool> down_{false};
    std::atomic<bool> leases_end_{false};
};

static_assert(operation_log<hooked_store> && transaction_lookup<hooked_store> &&
              constrained<hooked_store> && joint<hooked_store> && spool_registry<hooked_store>);

} // namespace tandem_test
