// SPDX-License-Identifier: BSL-1.0
//
// What a migration counts: each function is one thing that happened. All series are described when
// the meter is made, so that they are there with 0 and an alert sees the first event. The page
// docs/operating/metrics.md says what they mean. Thread-safe. Not installed.
#pragma once

#include "tandem/core/metrics.hpp"
#include "tandem/engine/breaker.hpp"
#include "tandem/engine/relay.hpp"
#include "tandem/engine/switching.hpp"
#include "tandem/options.hpp"

#include <array>
#include <mutex>
#include <string>
#include <vector>

namespace tandem::detail {

/// Calls of routers, and transactions.
enum class call_kind : std::uint8_t {
    get,
    get_many,
    scan,
    upsert,
    insert,
    erase,
    batch,
    modify,
    transaction,
};
inline constexpr std::size_t call_kinds = 9;

/// Success, and the conditions of errors in their order.
inline constexpr std::array<std::string_view, 6> outcome_names = {
    "ok", "retryable", "conflict", "permanent", "outcome_unknown", "refused"};
[[nodiscard]] inline std::size_t outcome_number(const std::optional<error>& failed) noexcept {
    return failed ? static_cast<std::size_t>(failed->condition()) : 0;
}

/// What both kinds of migration count.
class call_meter {
public:
    call_meter(metrics_sink& sink, std::string name, std::span<const call_kind> kinds,
               std::span<const table_schema> tables);

    /// `failed`: nothing where the call succeeded.
    void called(call_kind what, const std::optional<error>& failed, phase believed,
                std::chrono::nanoseconds took) noexcept;
    void phase_is(phase now, epoch at, bool draining, bool synced) noexcept;
    void backfilled(table_id table, std::size_t rows) noexcept;
    void relayed(const relay_report& pass) noexcept;

protected:
    static constexpr std::size_t phases = 4;
    static constexpr std::size_t outcomes = outcome_names.size();

    using label = std::pair<std::string_view, std::string_view>;
    [[nodiscard]] metric_id describe(metric_kind kind, std::string_view name, std::string_view help,
                                     std::span<const label> labels = {});
    /// One a label value, in their order.
    template <std::size_t N>
    [[nodiscard]] std::array<metric_id, N>
    describe_each(metric_kind kind, std::string_view name, std::string_view help,
                  std::string_view of, const std::array<std::string_view, N>& values,
                  std::initializer_list<label> more = {}) {
        std::array<metric_id, N> ids{};
        for (std::size_t i = 0; i < N; ++i) {
            std::vector<label> labels(more);
            labels.emplace_back(of, values[i]);
            ids[i] = describe(kind, name, help, labels);
        }
        return ids;
    }
    void add(metric_id counter, std::int64_t by = 1) noexcept;
    /// 1 for the one that is, 0 for the others.
    void set_one(std::span<const metric_id> states, std::size_t which) noexcept;

    metrics_sink& sink_;

private:
    std::string name_;
    std::array<metric_id, phases> calls_[call_kinds][outcomes]{};
    metric_id durations_[call_kinds]{};
    std::array<metric_id, phases> phase_{};
    metric_id epoch_{}, draining_{}, synced_{};
    std::vector<metric_id> backfilled_; ///< by table
    std::array<metric_id, 4> passes_{};
    metric_id settled_{}, failed_rows_{};
};

/// What a migration between two stores counts beside that.
class meter final : public call_meter {
public:
    meter(metrics_sink& sink, const std::string& name, std::span<const side> sides,
          std::span<const table_schema> tables);

    /// An attempt of a call at the store that it believed to be the primary.
    void attempted(side at, bool again, bool refused, std::chrono::nanoseconds took) noexcept;
    void applied(side at, std::span<const change> changes,
                 const result<std::vector<apply_status>>& statuses,
                 std::chrono::nanoseconds took) noexcept;
    void dead_letter_appeared(side owing) noexcept;
    void breaker_is(side at, breaker_state now) noexcept;
    void breaker_turned(side at, bool opened) noexcept;
    /// Nothing: the side did not answer, or was not asked.
    void side_is(side s, const std::optional<owed_stats>& owed) noexcept;
    void walked(direction where, const std::optional<error>& failed,
                std::chrono::nanoseconds took) noexcept;
    void writes_stood(std::chrono::nanoseconds how_long) noexcept;
    void verified(const result<verify_report>& run) noexcept;

private:
    struct by_side {
        metric_id primary_duration{}, refused{}, apply_duration{}, depth{}, oldest_age{}, dead{};
        metric_id dirty{}, reachable{}, dead_appeared{};
        std::array<metric_id, 2> apply_failed{}, breaker_turned{};
        std::array<metric_id, 3> breaker{};
        std::vector<std::array<metric_id, 3>> applied; ///< by table and apply_status
    };
    struct by_direction {
        std::array<metric_id, outcomes> walks{};
        metric_id duration{};
    };
    void describe_side(side s, std::span<const table_schema> tables);

    by_side sides_[2];
    by_direction directions_[3];
    metric_id again_{}, longest_stop_{};
    std::mutex longest_mutex_;
    std::chrono::nanoseconds longest_{0}; // guarded by longest_mutex_
    std::array<metric_id, 3> verifies_{};
    std::array<metric_id, 5> differences_{};
    std::array<metric_id, 2> verified_rows_{};
};

/// What a keyed migration counts beside that.
class keyed_meter final : public call_meter {
public:
    keyed_meter(metrics_sink& sink, const std::string& name, std::span<const table_schema> tables);
    void spool_is(std::int64_t records, std::int64_t bytes, std::int64_t dead,
                  bool damaged) noexcept;
    void pulled(const relay_report& pass) noexcept;

private:
    metric_id records_{}, bytes_{}, dead_{}, damaged_{}, dead_appeared_{};
    std::array<metric_id, 2> keys_{};
};

} // namespace tandem::detail
