// SPDX-License-Identifier: BSL-1.0
//
// What stands behind a migration and its routers: the two stores, the beliefs, the options. Its
// member functions drive the machines of engine/ in blocking fashion. Thread-safe after start().
// Not installed.
#pragma once

#include "tandem/core/log.hpp"
#include "tandem/core/route.hpp"
#include "tandem/engine/breaker.hpp"
#include "tandem/engine/relay.hpp"
#include "tandem/engine/routing.hpp"
#include "tandem/any_store.hpp"
#include "tandem/options.hpp"
#include "tandem/transaction.hpp"

#include "coordinator_parts.hpp"
#include "house_state.hpp"
#include "limited_log.hpp"
#include "meter.hpp"
#include "settle_queue.hpp"
#include "shared_breaker.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace tandem::detail {

class coordinator {
public:
    coordinator(migration_options options, std::unique_ptr<any_store> source,
                std::unique_ptr<any_store> target);

    // --- before start(); not thread-safe
    table_id add_table(result<std::pair<table_schema, table_schema>> schemas);
    [[nodiscard]] result<void> install(const install_options& options);
    [[nodiscard]] result<std::string> install_script(side which, const script_options& script,
                                                     const call_options& options);
    [[nodiscard]] result<void> uninstall(const uninstall_options& options);
    [[nodiscard]] result<void> start(const call_options& options);
    void stop() noexcept { state_.store(state::stopped); }

    // --- calls of the routers (calls.cpp)
    [[nodiscard]] result<read_reply> get(table_id table, const row_key& at,
                                         const call_options& options);
    [[nodiscard]] result<std::vector<std::optional<stored_row>>>
    get_many(table_id table, std::span<const row_key> at, const call_options& options);
    [[nodiscard]] result<std::vector<stored_row>>
    scan(table_id table, const key_range& range, std::size_t limit, const call_options& options);
    [[nodiscard]] result<write_reply> write(write_command command, const call_options& options);
    [[nodiscard]] result<operation_effect> write_all(std::vector<write_command> commands,
                                                     const call_options& options);
    [[nodiscard]] result<write_reply> modify(table_id table, row_key at, const row_function& f,
                                             const call_options& options);
    [[nodiscard]] result<void> transact(std::vector<table_key> keys,
                                        const std::function<result<void>(transaction&)>& f,
                                        const transaction_options& options);

    // operations.cpp
    [[nodiscard]] result<operation_outcome> outcome(const operation_id& id,
                                                    const call_options& options);
    [[nodiscard]] result<operation_outcome> outcome(const error& why, const call_options& options);

    // --- operations of the operator and the worker
    [[nodiscard]] result<phase> change_phase(direction where, const switch_options& options);
    [[nodiscard]] result<std::int64_t> backfill(const backfill_options& options);
    [[nodiscard]] result<relay_report> relay_once(const relay_options& options);
    [[nodiscard]] relay_report relay_from(side owing, const relay_options& options, relay_for whom,
                                          monotonic_time deadline = monotonic_time::max());
    [[nodiscard]] relay_report relay_changes(side owing, const relay_options& options,
                                             relay_for whom, monotonic_time deadline);
    // dead_letters.cpp
    [[nodiscard]] result<std::vector<dead_letter>> dead_letters(const dead_letter_options& options);
    [[nodiscard]] result<std::int64_t> retry_dead_letters(std::span<const dead_letter> letters);
    [[nodiscard]] result<std::int64_t> drop_dead_letters(std::span<const dead_letter> letters,
                                                         std::string_view reason);
    /// Reopens a primary that this process has seen draining for longer than any switch should.
    void abort_abandoned_drain(const authority& now, const call_context& call);
    /// Purges, and rolls the epoch where the secondary still holds so many tombstones; 0: never.
    [[nodiscard]] result<void> keep_house(bool purges, std::int64_t roll_at);
    [[nodiscard]] result<void> keep_house_at(side s, bool purges);
    [[nodiscard]] result<epoch> roll_epoch(const roll_options& options);
    [[nodiscard]] result<migration_status> status();

    [[nodiscard]] result<verify_report> verify(const verify_options& options);

    [[nodiscard]] any_clock& clock() noexcept { return *clock_; }
    [[nodiscard]] std::uint64_t next_seed() noexcept;
    [[nodiscard]] logger& log() noexcept { return log_; }
    /// Runs `f() -> result<...>`, a call of the service, and counts it.
    template <class F>
    auto counted(call_kind what, F&& f) -> decltype(f()) {
        // Before start() the meter may be in the making.
        if (!options_.metrics || state_.load(std::memory_order_acquire) == state::created)
            return f();
        const auto begun = clock_->now();
        auto done = f();
        meter_->called(what, done ? std::nullopt : std::optional<error>(done.error()),
                       routes_.find(0).phase, clock_->now() - begun);
        return done;
    }
    [[nodiscard]] bool stopped() const noexcept { return state_.load() == state::stopped; }
    [[nodiscard]] result<void> check_running() const;

private:
    enum class state : std::uint8_t { created, started, stopped };

    [[nodiscard]] bool joint() const noexcept { return stores_[1] == nullptr; }
    [[nodiscard]] any_store& store_at(side s) noexcept { return *stores_[joint() ? 0 : index(s)]; }
    /// The sides that have a fence of their own: one in same_transaction mode.
    [[nodiscard]] std::span<const side> sides() const noexcept;
    [[nodiscard]] call_context context(std::optional<milliseconds> timeout) const;
    [[nodiscard]] int bucket(const row_key& at) const noexcept {
        return bucket_of(at.encoded, options_.buckets);
    }

    /// Runs `f() -> result<T>` again while it answers busy, until the call's deadline.
    template <class F>
    auto until_not_busy(const call_context& call, F&& f) -> decltype(f()) {
        constexpr milliseconds pause{20};
        for (;;) {
            auto answer = f();
            const bool again = !answer && answer.error() == errc::busy;
            if (!again || clock_->now() + pause >= call.deadline) return answer;
            clock_->sleep_until(clock_->now() + pause);
        }
    }

    /// Steps that meet a held lock are tried again until the call's deadline (switch.cpp).
    [[nodiscard]] result<phase> walk(direction where, const switch_options& options);
    void note_write_stop(step_kind taken, monotonic_time begun,
                         std::optional<monotonic_time>& stopped_at);
    [[nodiscard]] result<bool> take_step(side at, const switch_step& step,
                                         const call_context& call);
    /// One pass of the relay; waits a moment where it brought nothing.
    void drain(side owing, monotonic_time deadline);
    [[nodiscard]] result<bool> is_empty(side which, const call_context& call);
    [[nodiscard]] result<void> pause_backfill(const backfill_options& options,
                                              const std::string& table, std::int64_t rows,
                                              int times);
    [[nodiscard]] result<std::int64_t> copy_rows(side primary, table_id table, epoch era,
                                                 const backfill_options& options,
                                                 std::int64_t before);
    [[nodiscard]] result<std::int64_t> copy_tombstones(side primary, table_id table, epoch era,
                                                       const backfill_options& options);
    [[nodiscard]] result<std::int64_t>
    copy_joint(table_id table, epoch era, const backfill_options& options, std::int64_t before);

    // breaker, in secondary.cpp
    /// As far as this process knows.
    [[nodiscard]] bool is_secondary(side s) const noexcept;
    /// Whether it is a secondary that nobody should call now.
    [[nodiscard]] bool is_shut(side s);
    [[nodiscard]] error shut_error(side s);
    [[nodiscard]] breaker_status breaker_at(side s);
    void report_call(side at, breaker::answer given, const std::optional<error>& why,
                     monotonic_time deadline);
    /// Runs `f() -> result<...>`, a call at a secondary, as its breaker lets it.
    template <class F>
    [[nodiscard]] auto at_secondary(side at, breaker::asker who, bool asked_for,
                                    const call_context& call, F&& f) -> decltype(f()) {
        const breaker::answer given = admit(at, who);
        if (given == breaker::answer::refused && !asked_for) return shut_error(at);
        admitted_call pending(breakers_[index(at)], given, *clock_);
        auto outcome = f();
        pending.end();
        report_call(at, given, outcome ? std::nullopt : std::optional(outcome.error()),
                    call.deadline);
        return outcome;
    }
    [[nodiscard]] breaker::answer admit(side at, breaker::asker who);
    /// An apply at a secondary, counted.
    [[nodiscard]] result<std::vector<apply_status>>
    apply_at(side secondary, std::span<const change> changes, const call_context& call);
    /// The apply itself; rows in the way of a change go along with it (resolve.cpp).
    [[nodiscard]] result<std::vector<apply_status>>
    apply_or_resolve(side secondary, std::span<const change> changes, const call_context& call);
    void tell_dead_letter(side owing, const relay_machine& machine);

    // gauges, in relay.cpp
    void tell_sides(const fence_pair& seen, const call_context& call);
    void tell_phase(const authority& now, const fence_pair& seen);

    // verify.cpp
    struct caretaker; // caretaker.hpp
    struct verify_run;
    [[nodiscard]] result<void> compare_sides(verify_run& run);
    [[nodiscard]] result<verify_report> compare(const verify_options& options);
    [[nodiscard]] result<void> compare_chunk(verify_run& run, table_id table,
                                             std::vector<row_key> keys);
    [[nodiscard]] result<std::vector<bool>> which_are_owed(const verify_run& run, table_id table,
                                                           std::span<const row_key> keys);
    [[nodiscard]] result<void> verify_from(verify_run& run, side from, table_id table);

    // start.cpp
    [[nodiscard]] result<void> bind_stores();
    [[nodiscard]] result<void> check_options() const;
    enum class version_columns : bool { needed, added_later };
    [[nodiscard]] result<void> check_schemas(const call_context& call,
                                             version_columns how = version_columns::needed);
    /// What stands where, for install() and uninstall().
    struct installed_fences {
        std::optional<fence> at[2]; ///< of bucket 0; nothing: not installed there
    };
    [[nodiscard]] result<installed_fences> look_around(const call_context& call,
                                                       std::optional<side> lost = {});
    // uninstall.cpp
    enum class leaving : std::uint8_t { done, look_again };
    [[nodiscard]] result<leaving> try_to_leave(const installed_fences& seen,
                                               const uninstall_options& options,
                                               const call_context& call);
    [[nodiscard]] result<leaving> leave_from(side primary, const fence& there,
                                             const fence& secondary,
                                             const uninstall_options& options,
                                             const call_context& call);
    [[nodiscard]] result<leaving> leave_alone(side only, const fence& there, bool is_lost,
                                              const call_context& call);
    [[nodiscard]] result<bool> remove(side at, const uninstall_step& step,
                                      const call_context& call);

    // beliefs
    enum class look : std::uint8_t {
        at_both,     ///< both sides are asked
        for_primary, ///< ends with the first side that is a primary: there is no second one
    };
    [[nodiscard]] routing_machine::fences_read read_fences_of(int at_bucket,
                                                              const call_context& call, look how);
    [[nodiscard]] routing_machine::fences_read read_both_fences(int at_bucket,
                                                                const call_context& call) {
        return read_fences_of(at_bucket, call, look::at_both);
    }
    void learn(const std::optional<fences>& source, const std::optional<fences>& target);
    void enable(const authority& heir, const call_context& call);

    /// What an attempt of a routed operation came to.
    enum class attempt : std::uint8_t { accepted, refused };
    /// Runs `f(store, side, belief) -> result<attempt>` where the authority is, until it is
    /// accepted, fails, or the deadline passes (calls.cpp).
    template <class F>
    [[nodiscard]] result<void> routed(int at_bucket, routing_machine::needs needs,
                                      const call_context& call, F&& f);

    [[nodiscard]] result<void> check_command(const write_command& command) const;
    /// What a read-modify-write gave back, still under the key it was called for.
    [[nodiscard]] result<row> checked_image(table_id table, const row_key& at, row wanted) const;
    [[nodiscard]] result<std::vector<table_key>> sorted_keys(std::vector<table_key> keys) const;
    /// What a transaction gave: the replies of its writes, or what it did the first time.
    struct transacted {
        std::vector<write_reply> replies;
        std::optional<operation_effect> repeated;
    };
    /// One transaction over `keys` (sorted), running `f` inside it. With a claim it is committed
    /// even where f says that there is nothing to commit.
    [[nodiscard]] result<transacted>
    run_transaction(std::span<const table_key> keys, isolation level,
                    const std::optional<operation_claim>& claim, const call_context& call,
                    const std::function<result<bool>(store_transaction&)>& f);

    // operations.cpp
    [[nodiscard]] result<write_reply> write_once(const write_command& command,
                                                 const operation_id& id, const call_context& call);
    /// Nothing without an id. `content`: what the fingerprint is made of. Errors: unsupported.
    [[nodiscard]] result<std::optional<operation_claim>>
    claim_of(const std::optional<operation_id>& id, std::string_view content) const;
    [[nodiscard]] result<void> check_operation_log() const;
    /// Brings the records that a side owes to the other one; how many.
    [[nodiscard]] result<std::int64_t> relay_operations(side owing, const relay_options& options,
                                                        relay_for whom, monotonic_time deadline);
    /// sync mode: brings changes committed at `primary` to the other side now; what fails stays
    /// owed.
    void deliver(side primary, std::span<const write_reply> replies, const call_context& call);
    [[nodiscard]] bool wants_change() const noexcept {
        return options_.mode == secondary_mode::sync && !joint();
    }

    // constant after start()
    migration_options options_;
    std::unique_ptr<any_store> stores_[2]; ///< [1] is null in same_transaction mode
    std::vector<table_schema> tables_[2];
    std::shared_ptr<any_clock> clock_;
    limited_log log_;                ///< self-synchronised
    std::unique_ptr<meter> meter_;   ///< null: nothing is counted; self-synchronised
    std::optional<error> bad_table_; ///< the first mapping that add_table() refused
    bool bound_[2] = {false, false};

    // self-synchronised
    route_table routes_;
    sweep_position swept_[2];
    drain_watch drain_;
    std::atomic<std::uint64_t> seed_;
    shared_breaker breakers_[2]; ///< of each side as a secondary
    std::atomic<state> state_{state::created};
    settle_queue settled_[2]; ///< intents of each side whose change is applied, to be removed
};

} // namespace tandem::detail
