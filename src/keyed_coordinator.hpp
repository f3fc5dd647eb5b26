// SPDX-License-Identifier: BSL-1.0
//
// What stands behind a keyed_migration and its routers (protocol, section 13).
//
// The target's fence says all there is to say; the source has none:
//
//   role S                   no era: phase old_only
//   role P, phase old_only   an era is open and not filled: dual_old_primary
//   role P, phase new_only   an era is open and filled: dual_old_primary
//
// Role P because a pull is a transaction of the target's own (read_modify_write), which such a
// fence lets in; neither phase is dual, so the target keeps no intents. Not installed.
#pragma once

#include "tandem/core/log.hpp"
#include "tandem/keyed_migration.hpp"

#include "limited_log.hpp"
#include "meter.hpp"

#include <atomic>
#include <map>
#include <mutex>

namespace tandem::detail {

class keyed_coordinator {
public:
    keyed_coordinator(keyed_options options, std::unique_ptr<any_keyed> source,
                      std::unique_ptr<any_queue> queue, std::unique_ptr<any_store> target);

    // keyed_phases.cpp
    table_id add_table(result<std::pair<table_schema, table_schema>> schemas);
    [[nodiscard]] result<void> install(const call_options& options);
    [[nodiscard]] result<void> start(const call_options& options);
    void stop() noexcept { state_.store(state::stopped); }
    [[nodiscard]] result<phase> forward(const switch_options& options);
    [[nodiscard]] result<phase> backward(const switch_options& options);
    [[nodiscard]] result<keyed_status> status();

    // keyed_calls.cpp
    [[nodiscard]] result<std::optional<row>> get(table_id table, const row_key& at,
                                                 const call_options& options);
    [[nodiscard]] result<std::vector<row>> scan(table_id table, const key_range& range,
                                                std::size_t limit, const call_options& options);
    [[nodiscard]] result<void> write(table_id table, const row_key& at,
                                     const std::optional<row>& image, const call_options& options);

    // keyed_pull.cpp
    [[nodiscard]] result<relay_report> relay_once(const relay_options& options);
    [[nodiscard]] result<std::int64_t> backfill(const backfill_options& options);
    [[nodiscard]] result<std::int64_t> revive();

    /// As coordinator::counted().
    template <class F>
    auto counted(call_kind what, F&& f) -> decltype(f()) {
        if (!options_.metrics || state_.load(std::memory_order_acquire) == state::created ||
            !meter_)
            return f();
        const auto begun = clock_->now();
        auto done = f();
        meter_->called(what, done ? std::nullopt : std::optional<error>(done.error()),
                       seen_phase_.load(std::memory_order_relaxed), clock_->now() - begun);
        return done;
    }

    // keyed_spools.cpp
    [[nodiscard]] result<void> keep_house(bool purge);
    [[nodiscard]] result<std::vector<spool_entry>> spools();
    [[nodiscard]] result<void> drain(const call_options& options);
    [[nodiscard]] result<void> close(const call_options& options);

    // For workers.
    [[nodiscard]] bool stopped() const noexcept { return state_.load() >= state::closing; }
    [[nodiscard]] any_clock& clock() const noexcept { return *clock_; }
    [[nodiscard]] limited_log& log() noexcept { return log_; }

private:
    enum class state : std::uint8_t { created, started, closing, stopped };
    enum class pulled : std::uint8_t { done, no_era };
    struct pull_reply {
        pulled what = pulled::no_era;
        tandem::epoch epoch = 0; ///< of the fence, as entered
        std::int64_t written = 0;
    };

    [[nodiscard]] result<void> check_running() const;
    [[nodiscard]] call_context context(std::optional<milliseconds> timeout) const;
    [[nodiscard]] result<void> check_options() const;
    [[nodiscard]] result<void> bind();
    [[nodiscard]] result<void> check_schemas(const call_context& call);
    [[nodiscard]] result<fence> read_fence(const call_context& call);
    [[nodiscard]] result<bool> take_step(const switch_step& step);
    [[nodiscard]] result<bool> target_is_empty(const call_context& call);
    [[nodiscard]] result<void> open_era(const fence& now, const switch_options& options);

    [[nodiscard]] bool is_removable(const owed_intent& one) const;
    /// `keys`: sorted, no duplicates.
    [[nodiscard]] result<pull_reply> pull(std::span<const table_key> keys,
                                          const call_context& call);
    /// The same in one transaction or, where that takes longer than `each`, in several.
    [[nodiscard]] result<pull_reply> pull_in_parts(std::span<const table_key> keys,
                                                   milliseconds each);
    [[nodiscard]] result<std::vector<table_key>>
    keys_of(std::span<const owed_intent* const> intents) const;
    [[nodiscard]] result<void> relay_batch(std::span<const owed_intent> batch,
                                           const relay_options& options, relay_report& report);
    [[nodiscard]] bool is_due(std::int64_t id) const;
    void row_failed(std::int64_t id, const error& why, const relay_options& options,
                    relay_report& report);
    [[nodiscard]] result<void> relay_one(const owed_intent& one, const relay_options& options,
                                         relay_report& report);
    [[nodiscard]] result<relay_report> pass(const relay_options& options);
    void tell_queue();
    void relay_all(const relay_options& options, relay_report& report);
    [[nodiscard]] result<void> note_damage();
    [[nodiscard]] result<bool> take_back(const fence& now, const std::string& reason);
    [[nodiscard]] result<void> report_spool(bool first, const call_context& call);
    [[nodiscard]] result<void> mark_lost(const call_context& call);
    [[nodiscard]] result<void> report_where_due();
    [[nodiscard]] result<std::vector<spool_entry>> lost_spools(const call_context& call);
    [[nodiscard]] result<void> check_lease() const;
    [[nodiscard]] result<epoch> begin_drain();
    [[nodiscard]] result<std::optional<spool_entry>> who_owes(epoch& proof);
    [[nodiscard]] result<void> empty_queue(const call_context& call);
    [[nodiscard]] result<void> unregister(const call_context& call);
    [[nodiscard]] result<void> pull_chunk(std::vector<table_key> keys, epoch era,
                                          const backfill_options& options);
    [[nodiscard]] result<std::int64_t>
    pull_source(table_id table, epoch era, const backfill_options& options, std::int64_t before);
    [[nodiscard]] result<void> pull_extras(table_id table, epoch era,
                                           const backfill_options& options);
    [[nodiscard]] result<void> mark_filled(const fence& began);

    // constant after start()
    keyed_options options_;
    std::unique_ptr<any_keyed> source_;
    std::unique_ptr<any_queue> queue_;
    std::unique_ptr<any_store> target_;
    std::vector<table_schema> tables_[2];
    std::shared_ptr<any_clock> clock_;
    limited_log log_;                    ///< self-synchronised
    std::unique_ptr<keyed_meter> meter_; ///< null: nothing is counted; self-synchronised
    /// What the queue was opened with may land until late_limit after this.
    const monotonic_time made_at_;
    const std::string holder_;       ///< this start of the process
    std::vector<std::string> marks_; ///< of the intents of each table
    std::optional<error> bad_table_;
    bool bound_ = false;

    // self-synchronised
    std::atomic<state> state_{state::created};
    std::atomic<tandem::phase> seen_phase_{tandem::phase::old_only}; ///< when last looked
    std::atomic<int> writes_{0};          ///< that may still add an intent
    std::atomic<bool> superseded_{false}; ///< somebody else reports this spool
    std::atomic<monotonic_time> lease_end_{monotonic_time::min()};
    std::atomic<monotonic_time> next_report_{monotonic_time::min()};
    std::mutex register_mutex_; ///< one report at a time
    bool registered_ = false;   // guarded by register_mutex_
    bool closed_ = false;       // the same: and not again
    mutable std::mutex failures_mutex_;
    struct failed_intent {
        int attempts = 0;
        bool dead = false;
        monotonic_time next{}; ///< attempt
    };
    std::map<std::int64_t, failed_intent> failures_; // guarded by failures_mutex_
    std::int64_t dead_ = 0;                          // the same: of these
    std::atomic<std::int64_t> relayed_to_{0};        ///< where the next pass goes on; 0: the start
};

} // namespace tandem::detail
