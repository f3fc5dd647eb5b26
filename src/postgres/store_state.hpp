// SPDX-License-Identifier: BSL-1.0
//
// What a store holds behind its public type: the pool, the binding, the generated SQL. Tables are
// looked up in the catalog at their first use and again when a statement turns out to be outdated;
// an operation that met an outdated one runs once more, as nothing of it was committed.
#pragma once

#include "tandem/postgres/store.hpp"

#include "postgres/catalog.hpp"
#include "postgres/codec.hpp"
#include "postgres/driver.hpp"
#include "postgres/lease.hpp"
#include "postgres/sql.hpp"

#include <array>
#include <atomic>
#include <mutex>
#include <type_traits>

namespace tandem::postgres::detail {

/// One table at one side. Immutable.
struct table_plan {
    sql_table own;
    table_sql sql;
};

class store_state {
public:
    store_state(std::shared_ptr<pool> connections, store_options options)
        : connections_(std::move(connections)), options_(std::move(options)) {}

    [[nodiscard]] result<void> bind(binding joined);

    [[nodiscard]] const std::shared_ptr<pool>& connections() const noexcept { return connections_; }
    [[nodiscard]] const store_options& options() const noexcept { return options_; }
    [[nodiscard]] const binding& bound() const noexcept { return bound_; }
    [[nodiscard]] const sql_scope& scope() const noexcept { return scope_; }
    [[nodiscard]] const control_sql& control() const noexcept { return control_; }

    /// Errors: not_started (not bound), invalid_mapping (no such table).
    [[nodiscard]] result<void> check(table_id table) const;
    [[nodiscard]] result<lease> acquire(const call_context& call) const;
    /// A connection to the server itself: one of pool_options::control, found to reach the same
    /// database; where there is none, one like all others. Where the caller holds a connection
    /// already, it is `held`.
    [[nodiscard]] result<lease> acquire_control(const call_context& call,
                                                lease* held = nullptr) const;
    /// The same pointer stays valid as long as the store.
    [[nodiscard]] result<const table_plan*> plan(side which, table_id table, lease& on,
                                                 const call_context& call);
    /// The table as the catalog has it now.
    [[nodiscard]] result<live_table> look_up(side which, table_id table, lease& on,
                                             const call_context& call) const;
    /// All plans are made again at their next use.
    void forget_plans() noexcept;

    /// Runs `work(lease&) -> result<T>` on a connection; once more after an outdated statement. A
    /// transaction it left open is rolled back.
    template <class F>
    auto run(const call_context& call, F&& work) -> std::invoke_result_t<F&, lease&> {
        TANDEM_TRY(check(0));
        TANDEM_TRY(auto on, acquire(call));
        return attempt(on, call, work);
    }

    /// The same on a connection of acquire_control(): installing, steps, bulk loading.
    template <class F>
    auto run_control(const call_context& call, F&& work) -> std::invoke_result_t<F&, lease&> {
        TANDEM_TRY(check(0));
        TANDEM_TRY(auto on, acquire_control(call));
        return attempt(on, call, work);
    }
    /// Whether it came from acquire_control() where that has connections of its own.
    [[nodiscard]] bool is_control(const lease& on) const noexcept {
        return connections_->control() != nullptr && on.is_from(connections_->control());
    }
    /// Makes the plans of all tables, before a control connection takes locks that the others may
    /// wait for: tables are looked up as the data connections see them.
    [[nodiscard]] result<void> prepare_plans(lease& on, const call_context& call);

    /// The same with the plan of a table: `work(lease&, const table_plan&)`.
    template <class F>
    auto run(side which, table_id table, const call_context& call, F&& work)
        -> std::invoke_result_t<F&, lease&, const table_plan&> {
        TANDEM_TRY(check(table));
        return run(call, [&](lease& on) -> std::invoke_result_t<F&, lease&, const table_plan&> {
            TANDEM_TRY(const table_plan* p, plan(which, table, on, call));
            return work(on, *p);
        });
    }

    /// The error a missing fence row stands for.
    [[nodiscard]] error not_installed() const;
    [[nodiscard]] int bucket(std::string_view encoded) const noexcept {
        return bucket_of(encoded, bound_.buckets);
    }

private:
    template <class F>
    auto attempt(lease& on, const call_context& call, F& work) -> std::invoke_result_t<F&, lease&> {
        auto answer = work(on);
        if (answer.has_error() && recover(on, call)) answer = work(on);
        if (answer.has_error()) return close_after_error(on, answer.error(), call);
        return answer;
    }
    [[nodiscard]] bool recover(lease& on, const call_context& call);
    [[nodiscard]] error close_after_error(lease& on, error found, const call_context& call) const;
    [[nodiscard]] result<sql_table> inspect(side which, table_id table, lease& on,
                                            const call_context& call) const;
    [[nodiscard]] std::atomic<const table_plan*>& slot(side which, table_id table) noexcept {
        return slots_[index(which) * bound_.tables.size() + table];
    }

    // Constant after construction or bind().
    std::shared_ptr<pool> connections_;
    store_options options_;
    binding bound_;
    sql_scope scope_;
    control_sql control_;

    // Self-synchronised.
    std::vector<std::atomic<const table_plan*>> slots_;

    // Guarded by mutex_. Plans are kept until the end: somebody may still use an outdated one.
    std::mutex mutex_;
    std::vector<std::unique_ptr<const table_plan>> plans_;
};

// --- transactions --------------------------------------------------------------------------------

/// What the server has to be told about the time that is left; nothing where the session's own
/// timeouts are shorter. In milliseconds, as text.
struct server_timeouts {
    std::string lock, statement;
};
[[nodiscard]] std::optional<server_timeouts> timeouts_for(const lease& on,
                                                          const call_context& call);

/// Begins an implicit transaction on connections of our own and an explicit one at READ COMMITTED
/// on lent ones, whose default isolation level is not ours to know.
void open_write(pipeline& work, const lease& on, const control_sql& sql);
void close_write(pipeline& work, const lease& on, const control_sql& sql);
/// The fence lock, shared, and with a stripe the key lock: always a statement of its own. The
/// position of its reply, whose first value is the transaction's number.
std::size_t add_write_locks(pipeline& work, const lease& on, const control_sql& sql,
                            const call_context& call, int bucket, std::optional<int> stripe);
/// In a transaction of several exchanges: the server ends it where its client is gone.
void limit_idle(pipeline& work, const lease& on, const control_sql& sql);
/// Timeouts in an explicit transaction or in front of several locks.
void add_timeouts(pipeline& work, const lease& on, const control_sql& sql,
                  const call_context& call);
/// For transactions that keep writers out: a short lock timeout, and for the statements the call's
/// deadline alone. The parameters of set_timeouts.
[[nodiscard]] parameters timeouts_of_step(const store_state& state, const call_context& call);
/// Inside the transaction that `on` has open; nobody reads the answers.
[[nodiscard]] result<void> run_texts(lease& on, std::initializer_list<const statement*> texts,
                                     const call_context& call);
[[nodiscard]] result<void> empty_tables(store_state& state, side which, lease& on,
                                        const call_context& call);
/// Held while control objects are made or removed.
[[nodiscard]] const statement& lock_control_objects();

/// Ends a transaction that failed, so that the connection can be used again.
void roll_back(lease& on, const control_sql& sql, const call_context& call);

// --- rows ----------------------------------------------------------------------------------------

/// All columns of a row in field order. Errors: type_mismatch, out_of_range.
[[nodiscard]] result<void> add_columns(parameters& out, const row& image, const sql_table& t);
[[nodiscard]] result<void> add_key(parameters& out, const key& parts, const sql_table& t);
/// The arrays of the key parts of many keys, one parameter a column. `part(i)` is the i-th key.
template <class Part>
[[nodiscard]] result<void> add_key_arrays(parameters& out, const sql_table& t, std::size_t count,
                                          Part&& part) {
    for (std::size_t k = 0; k < t.schema->key.size(); ++k) {
        const live_type& type = t.types[t.schema->key[k]];
        array_writer values(out, type.type);
        for (std::size_t i = 0; i < count; ++i) {
            TANDEM_TRY(values.add(part(i)[k], type.format));
        }
        values.finish();
    }
    return success();
}
void add_int4_array(parameters& out, std::span<const int> values);
void add_int8_array(parameters& out, std::span<const std::int64_t> values);

/// The row whose columns begin at `first`, in field order.
[[nodiscard]] result<row> row_at(const result_set& from, std::size_t line, std::size_t first,
                                 const sql_table& t);
/// Version and row beginning at `first`; `out` stays empty where a left join found none.
[[nodiscard]] result<void> read_stored_row(const result_set& from, std::size_t line,
                                           std::size_t first, const sql_table& t,
                                           std::optional<stored_row>& out);
/// The column `state` of tandem_fence.
[[nodiscard]] fence fence_at(const result_set& from, std::size_t line, std::size_t column,
                             int bucket);
/// bucket and state a line.
[[nodiscard]] fences fences_of(const result_set& from);

} // namespace tandem::postgres::detail
