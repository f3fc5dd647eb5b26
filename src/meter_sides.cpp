// SPDX-License-Identifier: BSL-1.0
//
// What a migration counts of its two sides, and what a keyed one counts of its queue.

#include "meter.hpp"

#include <algorithm>

namespace tandem::detail {
namespace {

using enum metric_kind;

constexpr std::array<call_kind, call_kinds> all_calls = {
    call_kind::get,    call_kind::get_many, call_kind::scan,
    call_kind::upsert, call_kind::insert,   call_kind::erase,
    call_kind::batch,  call_kind::modify,   call_kind::transaction};
constexpr std::array<call_kind, 4> calls_of_keyed = {call_kind::get, call_kind::scan,
                                                     call_kind::upsert, call_kind::erase};
constexpr double ms_a_second = 1000;

} // namespace

meter::meter(metrics_sink& sink, const std::string& name, std::span<const side> sides,
             std::span<const table_schema> tables)
    : call_meter(sink, name, all_calls, tables) {
    for (const side s : sides)
        describe_side(s, tables);
    again_ = describe(counter, "tandem_retries_total",
                      "Attempts of calls beyond the first one, because the phase had changed.");
    longest_stop_ = describe(gauge, "tandem_write_stop_longest_seconds",
                             "The longest that a switch of this process let writes stand still.");
    constexpr std::array<std::string_view, 3> ways = {"forward", "backward", "abort"};
    for (std::size_t d = 0; d < ways.size(); ++d) {
        directions_[d].walks =
            describe_each(counter, "tandem_switches_total", "Switches that this process tried.",
                          "outcome", outcome_names, {{"direction", ways[d]}});
        directions_[d].duration = describe(histogram, "tandem_switch_duration_seconds",
                                           "How long switches took, refused ones included.",
                                           std::array{label("direction", ways[d])});
    }
    verifies_ = describe_each<3>(counter, "tandem_verify_runs_total", "Comparisons of both sides.",
                                 "result", {"clean", "different", "failed"});
    differences_ = describe_each<5>(gauge, "tandem_verify_differences",
                                    "Keys of the last comparison that was not clean.", "kind",
                                    {"missing", "extra", "mismatched", "owed", "unsettled"});
    verified_rows_ = describe_each<2>(counter, "tandem_verify_rows_total", "Rows compared.", "role",
                                      {"primary", "secondary"});
}

void meter::describe_side(side s, std::span<const table_schema> tables) {
    by_side& m = sides_[index(s)];
    const label side_label{"side", to_string(s)};
    const std::array here{side_label};
    m.primary_duration = describe(histogram, "tandem_primary_duration_seconds",
                                  "Attempts of calls at the store that decides.", here);
    m.refused = describe(counter, "tandem_stale_epoch_rejections_total",
                         "Attempts that the store refused, because the phase had changed or a "
                         "switch drained.",
                         here);
    m.apply_duration = describe(histogram, "tandem_secondary_apply_duration_seconds",
                                "Deliveries to this side, each of one change or of a batch.", here);
    for (const table_schema& t : tables) {
        m.applied.push_back(describe_each<3>(
            counter, "tandem_secondary_changes_total",
            "Changes that reached this side: applied, superseded by what it held already, or "
            "closed out by a newer epoch.",
            "result", {"applied", "superseded", "closed"}, {side_label, {"table", t.name}}));
    }
    m.apply_failed =
        describe_each<2>(counter, "tandem_secondary_apply_failures_total",
                         "Deliveries to this side that failed; what they held is owed.", "outcome",
                         {"failed", "outcome_unknown"}, {side_label});
    m.depth = describe(gauge, "tandem_outbox_depth",
                       "Changes that this side owes to the other, dead letters included.", here);
    m.oldest_age =
        describe(gauge, "tandem_outbox_oldest_age_seconds",
                 "Age of the oldest change that this side owes, by its own clock.", here);
    m.dead = describe(gauge, "tandem_dead_letters",
                      "Owed changes of this side that are not tried any more.", here);
    m.dirty = describe(gauge, "tandem_dirty_marks",
                       "Marks at this side that a table may lack changes nobody owes.", here);
    m.reachable = describe(gauge, "tandem_side_reachable",
                           "1 when the side answered the last housekeeping.", here);
    m.dead_appeared = describe(counter, "tandem_dead_letters_appeared_total",
                               "Owed changes of this side that became dead letters.", here);
    m.breaker = describe_each<3>(gauge, "tandem_breaker_state",
                                 "1 for the state of this process's breaker before the side.",
                                 "state", {"closed", "open", "half_open"}, {side_label});
    m.breaker_turned = describe_each<2>(counter, "tandem_breaker_transitions_total",
                                        "How often the breaker opened, and closed again.", "to",
                                        {"closed", "open"}, {side_label});
    breaker_is(s, breaker_state::closed);
}

void meter::attempted(side at, bool again, bool refused, std::chrono::nanoseconds took) noexcept {
    const by_side& m = sides_[index(at)];
    sink_.observe(m.primary_duration, took);
    if (again) add(again_);
    if (refused) add(m.refused);
}

void meter::applied(side at, std::span<const change> changes,
                    const result<std::vector<apply_status>>& statuses,
                    std::chrono::nanoseconds took) noexcept {
    const by_side& m = sides_[index(at)];
    sink_.observe(m.apply_duration, took);
    if (!statuses) {
        add(m.apply_failed[statuses.error() == errc_condition::outcome_unknown ? 1 : 0]);
        return;
    }
    for (std::size_t i = 0; i < changes.size() && i < statuses.value().size(); ++i)
        add(m.applied[changes[i].table][static_cast<std::size_t>(statuses.value()[i])]);
}

void meter::dead_letter_appeared(side owing) noexcept { add(sides_[index(owing)].dead_appeared); }

void meter::breaker_is(side at, breaker_state now) noexcept {
    set_one(sides_[index(at)].breaker, static_cast<std::size_t>(now));
}

void meter::breaker_turned(side at, bool opened) noexcept {
    add(sides_[index(at)].breaker_turned[opened ? 1 : 0]);
}

void meter::side_is(side s, const std::optional<owed_stats>& owed) noexcept {
    const by_side& m = sides_[index(s)];
    sink_.set(m.reachable, owed ? 1 : 0);
    if (!owed) return; // the last figures stay: what is owed there is owed still
    sink_.set(m.depth, static_cast<double>(owed->owed));
    sink_.set(m.oldest_age, static_cast<double>(owed->oldest_age_ms) / ms_a_second);
    sink_.set(m.dead, static_cast<double>(owed->dead));
    sink_.set(m.dirty, static_cast<double>(owed->dirty));
}

void meter::walked(direction where, const std::optional<error>& failed,
                   std::chrono::nanoseconds took) noexcept {
    const by_direction& d = directions_[static_cast<std::size_t>(where)];
    add(d.walks[outcome_number(failed)]);
    sink_.observe(d.duration, took);
}

void meter::writes_stood(std::chrono::nanoseconds how_long) noexcept {
    const std::lock_guard lock(longest_mutex_);
    longest_ = std::max(longest_, how_long);
    sink_.set(longest_stop_, static_cast<double>(longest_.count()) / 1e9);
}

void meter::verified(const result<verify_report>& run) noexcept {
    if (!run) {
        add(verifies_[2]);
        return;
    }
    const verify_report& r = run.value();
    add(verifies_[r.is_clean() ? 0 : 1]);
    const std::array counts = {r.missing, r.extra, r.mismatched, r.owed, r.unsettled};
    for (std::size_t i = 0; i < counts.size(); ++i)
        sink_.set(differences_[i], static_cast<double>(counts[i]));
    add(verified_rows_[0], r.rows);
    add(verified_rows_[1], r.secondary_rows);
}

keyed_meter::keyed_meter(metrics_sink& sink, const std::string& name,
                         std::span<const table_schema> tables)
    : call_meter(sink, name, calls_of_keyed, tables) {
    records_ = describe(gauge, "tandem_spool_records",
                        "Intents in the queue of this process, dead letters included.");
    bytes_ = describe(gauge, "tandem_spool_bytes", "What they take.");
    dead_ = describe(gauge, "tandem_spool_dead_letters",
                     "Intents whose row the target refused too often.");
    damaged_ = describe(gauge, "tandem_spool_damaged",
                        "1 while the queue may have lost intents and the target was not told yet.");
    dead_appeared_ = describe(counter, "tandem_spool_dead_letters_appeared_total",
                              "Intents that became dead letters.");
    keys_ = describe_each<2>(counter, "tandem_spool_pulled_keys_total",
                             "Keys that were pulled: written at the target, or the same already.",
                             "result", {"applied", "superseded"});
}

void keyed_meter::spool_is(std::int64_t records, std::int64_t bytes, std::int64_t dead,
                           bool damaged) noexcept {
    sink_.set(records_, static_cast<double>(records));
    sink_.set(bytes_, static_cast<double>(bytes));
    sink_.set(dead_, static_cast<double>(dead));
    sink_.set(damaged_, damaged ? 1 : 0);
}

void keyed_meter::pulled(const relay_report& pass) noexcept {
    relayed(pass);
    add(keys_[0], pass.applied);
    add(keys_[1], pass.superseded);
    add(dead_appeared_, pass.dead);
}

} // namespace tandem::detail
