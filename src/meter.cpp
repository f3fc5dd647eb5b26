// SPDX-License-Identifier: BSL-1.0
//
// Calls, phase, relay and backfill: what both kinds of migration count.

#include "meter.hpp"

namespace tandem::detail {
namespace {

using enum metric_kind;

constexpr std::array<std::string_view, call_kinds> kind_names = {
    "get", "get_many", "scan", "upsert", "insert", "erase", "batch", "modify", "transaction"};
constexpr std::array<std::string_view, 4> phase_names = {"old_only", "dual_old_primary",
                                                         "dual_new_primary", "new_only"};

std::size_t number_of(phase p) noexcept { return static_cast<std::size_t>(p) - 1; }

} // namespace

metric_id call_meter::describe(metric_kind kind, std::string_view name, std::string_view help,
                               std::span<const label> labels) {
    std::vector<metric_label> all{{"migration", name_}};
    for (const auto& [label_name, value] : labels)
        all.push_back({std::string(label_name), std::string(value)});
    return sink_.describe({kind, name, help, all});
}

void call_meter::add(metric_id counter, std::int64_t by) noexcept {
    if (by > 0) sink_.add(counter, static_cast<std::uint64_t>(by));
}

void call_meter::set_one(std::span<const metric_id> states, std::size_t which) noexcept {
    for (std::size_t i = 0; i < states.size(); ++i)
        sink_.set(states[i], i == which ? 1 : 0);
}

call_meter::call_meter(metrics_sink& sink, std::string name, std::span<const call_kind> kinds,
                       std::span<const table_schema> tables)
    : sink_(sink), name_(std::move(name)) {
    for (const call_kind k : kinds) {
        const auto i = static_cast<std::size_t>(k);
        const label op{"op", kind_names[i]};
        for (std::size_t o = 0; o < outcomes; ++o) {
            calls_[i][o] = describe_each(counter, "tandem_operations_total",
                                         "Calls of the service, by what became of them and the "
                                         "phase in which they ended.",
                                         "phase", phase_names, {op, {"outcome", outcome_names[o]}});
        }
        durations_[i] =
            describe(histogram, "tandem_operation_duration_seconds",
                     "How long calls of the service took, waiting included.", std::array{op});
    }
    phase_ = describe_each(gauge, "tandem_phase", "1 for the phase that the migration is in.",
                           "phase", phase_names);
    epoch_ = describe(gauge, "tandem_phase_epoch", "Number of the phase change; only rises.");
    draining_ = describe(gauge, "tandem_draining",
                         "1 while a switch is between its first and its last step: writes wait.");
    synced_ = describe(gauge, "tandem_synced", "1 when the backfill of this era is complete.");
    for (const table_schema& t : tables) {
        backfilled_.push_back(describe(counter, "tandem_backfill_rows_total",
                                       "Rows that backfills of this process copied.",
                                       std::array{label("table", t.name)}));
    }
    passes_ = describe_each<4>(counter, "tandem_relay_passes_total",
                               "Passes of the relay: it settled changes, found none, met an "
                               "error, or an open breaker.",
                               "result", {"worked", "idle", "trouble", "shut"});
    settled_ = describe(counter, "tandem_relay_settled_total",
                        "Owed changes that relays of this process delivered and removed.");
    failed_rows_ = describe(counter, "tandem_relay_failed_rows_total",
                            "Deliveries that failed by the fault of their own row.");
}

void call_meter::called(call_kind what, const std::optional<error>& failed, phase believed,
                        std::chrono::nanoseconds took) noexcept {
    const auto i = static_cast<std::size_t>(what);
    add(calls_[i][outcome_number(failed)][number_of(believed)]);
    sink_.observe(durations_[i], took);
}

void call_meter::phase_is(phase now, epoch at, bool draining, bool synced) noexcept {
    set_one(phase_, number_of(now));
    sink_.set(epoch_, static_cast<double>(at));
    sink_.set(draining_, draining ? 1 : 0);
    sink_.set(synced_, synced ? 1 : 0);
}

void call_meter::backfilled(table_id table, std::size_t rows) noexcept {
    add(backfilled_[table], static_cast<std::int64_t>(rows));
}

void call_meter::relayed(const relay_report& pass) noexcept {
    add(settled_, pass.settled);
    add(failed_rows_, pass.failed);
    add(passes_[pass.breaker_open ? 3 : pass.trouble ? 2 : pass.settled == 0 ? 1 : 0]);
}

} // namespace tandem::detail
