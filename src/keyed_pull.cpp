// SPDX-License-Identifier: BSL-1.0
//
// Pull under lock: the relay and the backfill of a keyed source (protocol, section 13; the rules
// and what happens without each of them: docs/model/pull.pml).

#include "coordinator.hpp"
#include "keyed_coordinator.hpp"

#include <algorithm>

namespace tandem::detail {
namespace {

constexpr milliseconds pull_timeout{15'000}; // of one transaction at the target

error era_ended() {
    return {errc::wrong_phase, "the double-write era ended or was marked by another process while "
                               "its backfill ran; start it again"};
}

void sort_keys(std::vector<table_key>& keys) {
    const auto place = [](const table_key& k) { return std::tie(k.table, k.key.encoded); };
    std::sort(keys.begin(), keys.end(),
              [&](const table_key& a, const table_key& b) { return place(a) < place(b); });
    keys.erase(
        std::unique(keys.begin(), keys.end(),
                    [&](const table_key& a, const table_key& b) { return place(a) == place(b); }),
        keys.end());
}

/// One row may be the reason; the others may do without it.
bool may_be_one_row(const error& why) noexcept {
    return why == errc_condition::permanent || why == errc_condition::conflict;
}

} // namespace

bool keyed_coordinator::is_removable(const owed_intent& one) const {
    switch (one.outcome) {
    case write_outcome::in_flight: return false;
    case write_outcome::known: return true;
    case write_outcome::unknown:
        return clock_->now() - std::max(one.since, made_at_) >= options_.late_limit;
    }
    return false;
}

result<keyed_coordinator::pull_reply> keyed_coordinator::pull(std::span<const table_key> keys,
                                                              const call_context& call) {
    TANDEM_TRY(auto begun, target_->begin(keys, isolation::read_committed, call));
    pull_reply reply{.epoch = begun.fence.epoch};
    if (!begun.transaction) return reply;
    reply.what = pulled::done;
    std::vector<write_command> commands;
    for (const table_key& k : keys) {
        // The row's lock as well: a table without deletes has no lock of the key.
        TANDEM_TRY(const auto held, begun.transaction->get(k.table, k.key));
        TANDEM_TRY(auto now, source_->get(k.table, k.key, call));
        if (now ? held && held->image == *now : !held) continue;
        write_command command{
            .kind = now ? write_kind::upsert : write_kind::erase, .table = k.table, .key = k.key};
        if (now) command.image = std::move(*now);
        commands.push_back(std::move(command));
    }
    if (commands.empty()) return reply;
    TANDEM_TRY(begun.transaction->write_all(commands));
    TANDEM_TRY(begun.transaction->commit());
    reply.written = static_cast<std::int64_t>(commands.size());
    return reply;
}

result<std::vector<table_key>>
keyed_coordinator::keys_of(std::span<const owed_intent* const> intents) const {
    std::vector<table_key> keys;
    keys.reserve(intents.size());
    for (const owed_intent* one : intents) {
        if (one->what.table >= tables_[0].size()) {
            return error(errc::corrupt_data, "an intent names table number " +
                                                 std::to_string(one->what.table) +
                                                 ", which this migration does not have; add its "
                                                 "tables in the same order always");
        }
        TANDEM_TRY(auto parts, decode_key(one->what.key, tables_[0][one->what.table].key_types()));
        keys.push_back({one->what.table, {std::move(parts), one->what.key}});
    }
    sort_keys(keys);
    return keys;
}

result<void> keyed_coordinator::relay_one(const owed_intent& one, const relay_options& options,
                                          relay_report& report) {
    const owed_intent* const alone[] = {&one};
    const auto keys = keys_of(alone);
    const call_context call{clock_->now() + pull_timeout};
    const auto done = keys ? pull(keys.value(), call) : result<pull_reply>(keys.error());
    if (!done && !may_be_one_row(done.error())) return done.error();
    if (!done) {
        ++report.failed;
        const std::lock_guard lock(failures_mutex_);
        if (++failures_[one.id] < options.attempts_max) return success();
        ++report.dead;
        dead_[one.id] = true;
        log_.log(log_level::error, "a change became a dead letter",
                 std::initializer_list<log_field>{{"migration", options_.name},
                                                  {"error", done.error().message()}});
        return success();
    }
    report.applied += done.value().written;
    report.superseded += 1 - done.value().written;
    TANDEM_TRY(queue_->settle(std::span(&one.id, 1), call));
    ++report.settled;
    const std::lock_guard lock(failures_mutex_);
    failures_.erase(one.id);
    return success();
}

result<void> keyed_coordinator::relay_batch(std::span<const owed_intent> batch,
                                            const relay_options& options, relay_report& report) {
    std::vector<const owed_intent*> ready;
    std::vector<std::int64_t> ids;
    for (const owed_intent& one : batch) {
        // Before the fence and the source are read: what is found out later comes too late.
        if (!is_removable(one)) continue;
        const std::lock_guard lock(failures_mutex_);
        if (dead_.contains(one.id)) continue;
        ready.push_back(&one);
        ids.push_back(one.id);
    }
    if (ready.empty()) return success();
    const call_context call{clock_->now() + pull_timeout};
    const auto keys = keys_of(ready);
    const auto done = keys ? pull(keys.value(), call) : result<pull_reply>(keys.error());
    if (!done && may_be_one_row(done.error())) {
        for (const owed_intent* one : ready) {
            TANDEM_TRY(relay_one(*one, options, report));
        }
        return success();
    }
    if (!done) return done.error();
    // Without an era there is nothing to bring: the write landed before the fence was read, and so
    // before the next era's backfill reads the key.
    report.applied += done.value().written;
    if (done.value().what == pulled::done) {
        report.superseded += static_cast<std::int64_t>(keys.value().size()) - done.value().written;
    }
    TANDEM_TRY(queue_->settle(ids, call));
    report.settled += static_cast<std::int64_t>(ids.size());
    return success();
}

void keyed_coordinator::tell_queue() {
    if (!meter_) return;
    const queue_stats queued = queue_->stats();
    const bool damaged = queue_->damage().has_value();
    const std::lock_guard lock(failures_mutex_);
    meter_->spool_is(queued.owed, queued.bytes, static_cast<std::int64_t>(dead_.size()), damaged);
}

result<relay_report> keyed_coordinator::relay_once(const relay_options& options) {
    TANDEM_TRY(check_running());
    auto report = pass(options);
    if (meter_ && report) meter_->pulled(report.value());
    tell_queue();
    log_.tell_suppressed();
    return report;
}

result<relay_report> keyed_coordinator::pass(const relay_options& options) {
    if (options.batch_rows < 1 || options.batch_rows > 10'000 || options.attempts_max < 1) {
        return error(errc::invalid_options,
                     "relay_options: batch_rows is 1 to 10000, attempts_max at least 1");
    }
    relay_report report;
    // What is owed does not wait for the housekeeping.
    const auto reported = report_where_due();
    const auto noted = note_damage();
    relay_all(options, report);
    if (!report.trouble && !noted) report.trouble = noted.error();
    if (!report.trouble && !reported) report.trouble = reported.error();
    return report;
}

void keyed_coordinator::relay_all(const relay_options& options, relay_report& report) {
    std::int64_t after = 0;
    while (!report.trouble && report.loaded < static_cast<std::int64_t>(options.pass_rows_max)) {
        auto batch = queue_->owed(after, options.batch_rows, {clock_->now() + pull_timeout});
        if (!batch) {
            report.trouble = batch.error();
            break;
        }
        if (batch.value().empty()) break;
        after = batch.value().back().id;
        report.loaded += static_cast<std::int64_t>(batch.value().size());
        if (const auto done = relay_batch(batch.value(), options, report); !done)
            report.trouble = done.error();
    }
}

result<std::int64_t> keyed_coordinator::revive() {
    TANDEM_TRY(check_running());
    const std::lock_guard lock(failures_mutex_);
    const auto revived = static_cast<std::int64_t>(dead_.size());
    dead_.clear();
    failures_.clear();
    return revived;
}

// The era counts as not filled, and a backfill that began before cannot mark it any more. The step
// waits for the pulls under way; one that is held up by them is tried again later. Without an era
// there is nothing to take back: the next one begins with a backfill.
result<bool> keyed_coordinator::take_back(const fence& now, const std::string& reason) {
    if (now.role != role::primary) return true;
    auto changed = target_->step({.kind = step_kind::enable,
                                  .expected = now.epoch + 1,
                                  .phase = phase::old_only,
                                  .by = "tandem",
                                  .reason = reason},
                                 context(std::nullopt));
    const bool held =
        !changed && (changed.error() == errc::busy || changed.error() == errc::serialization);
    if (held) return false;
    return changed;
}

// Intents were lost. When nothing of them can land any more, the era counts as not filled, and a
// backfill that began before cannot mark it any more.
result<void> keyed_coordinator::note_damage() {
    if (!queue_->damage() || clock_->now() - made_at_ < options_.late_limit) return success();
    TANDEM_TRY(const fence now, read_fence(context(std::nullopt)));
    TANDEM_TRY(const bool taken, take_back(now, "intents were lost"));
    if (!taken) return success(); // the fence moved on, or is held: look again in the next pass
    return queue_->damage_noted(context(std::nullopt));
}

result<void> keyed_coordinator::pull_chunk(std::vector<table_key> keys, epoch era,
                                           const backfill_options& options) {
    if (keys.empty()) return success();
    sort_keys(keys);
    TANDEM_TRY(const auto done, pull(keys, {clock_->now() + options.chunk_timeout}));
    if (done.what == pulled::no_era || done.epoch != era) return era_ended();
    return success();
}

result<std::int64_t> keyed_coordinator::pull_source(table_id table, epoch era,
                                                    const backfill_options& options,
                                                    std::int64_t before) {
    const table_schema& schema = tables_[0][table];
    key_range range;
    std::int64_t count = 0;
    for (;;) {
        TANDEM_TRY(check_running());
        TANDEM_TRY(const auto rows, source_->scan(table, range, options.chunk_rows,
                                                  {clock_->now() + options.chunk_timeout}));
        if (rows.empty()) return count;
        std::vector<table_key> keys;
        for (const row& r : rows) {
            auto parts = schema.key_of(r);
            auto encoded = encode_stored_key(parts);
            keys.push_back({table, {std::move(parts), std::move(encoded)}});
        }
        range.after = keys.back().key.parts;
        count += static_cast<std::int64_t>(rows.size());
        TANDEM_TRY(pull_chunk(std::move(keys), era, options));
        if (meter_) meter_->backfilled(table, rows.size());
        if (options.on_progress) {
            const inside_host_function guard;
            if (!options.on_progress({schema.name, before + count, false})) return errc::cancelled;
        }
    }
}

result<void> keyed_coordinator::pull_extras(table_id table, epoch era,
                                            const backfill_options& options) {
    const table_schema& schema = tables_[1][table];
    key_range range;
    for (;;) {
        TANDEM_TRY(check_running());
        const call_context call{clock_->now() + options.chunk_timeout};
        TANDEM_TRY(const auto rows,
                   target_->scan(side::target, table, range, options.chunk_rows, call));
        if (rows.rows.empty()) return success();
        std::vector<table_key> keys;
        for (const stored_row& r : rows.rows) {
            auto parts = schema.key_of(r.image);
            range.after = parts;
            auto encoded = encode_stored_key(parts);
            row_key at{std::move(parts), std::move(encoded)};
            // One that the source has was pulled, or has an intent since.
            TANDEM_TRY(const auto held, source_->get(table, at, call));
            if (!held) keys.push_back({table, std::move(at)});
        }
        TANDEM_TRY(pull_chunk(std::move(keys), era, options));
    }
}

result<void> keyed_coordinator::mark_filled(const fence& began) {
    TANDEM_TRY(const bool marked, take_step({.kind = step_kind::enable,
                                             .expected = began.epoch + 1,
                                             .phase = phase::new_only,
                                             .by = "tandem",
                                             .reason = "backfill complete"}));
    if (!marked) return era_ended();
    return success();
}

result<std::int64_t> keyed_coordinator::backfill(const backfill_options& options) {
    TANDEM_TRY(check_running());
    if (options.chunk_rows < 1 || options.chunk_rows > 10'000) {
        return error(errc::invalid_options, "backfill_options::chunk_rows is 1 to 10000");
    }
    // Before the fence: they were marked at its epoch, or an earlier one.
    TANDEM_TRY(const auto lost, lost_spools(context(std::nullopt)));
    TANDEM_TRY(const fence began, read_fence(context(std::nullopt)));
    if (began.role != role::primary) {
        return error(errc::wrong_phase, "there is nothing to backfill in phase old_only");
    }
    std::int64_t rows = 0;
    for (table_id t = 0; t < tables_[0].size(); ++t) {
        TANDEM_TRY(const auto count, pull_source(t, began.epoch, options, rows));
        rows += count;
        TANDEM_TRY(pull_extras(t, began.epoch, options));
    }
    TANDEM_TRY(mark_filled(began));
    for (const spool_entry& repaired : lost) {
        TANDEM_TRY(target_->close_spool(repaired, context(std::nullopt)));
    }
    if (options.on_progress) {
        const inside_host_function guard;
        (void)options.on_progress({{}, rows, true});
    }
    return rows;
}

} // namespace tandem::detail
