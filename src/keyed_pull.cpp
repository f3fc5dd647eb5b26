// SPDX-License-Identifier: BSL-1.0
//
// Pull under lock: the relay and the backfill of a keyed source (protocol, section 13; the rules
// and what happens without each of them: docs/model/pull.pml).

#include "tandem/engine/delivery.hpp"

#include "coordinator.hpp"
#include "keyed_coordinator.hpp"

#include <algorithm>

namespace tandem::detail {
namespace {

constexpr milliseconds queue_timeout{15'000}; // of one call at the queue
constexpr std::int64_t looks_per_pull = 10;   // intents looked at in a pass, for each pulled

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

// A source that is slow would else hold the target's locks for long, and never get through a batch.
result<keyed_coordinator::pull_reply>
keyed_coordinator::pull_in_parts(std::span<const table_key> keys, milliseconds each) {
    auto whole = pull(keys, {clock_->now() + each});
    if (whole || whole.error() != errc::timeout || keys.size() < 2) return whole;
    const std::size_t half = keys.size() / 2;
    TANDEM_TRY(pull_reply one, pull_in_parts(keys.first(half), each));
    TANDEM_TRY(const pull_reply two, pull_in_parts(keys.subspan(half), each));
    one.written += two.written;
    // Not one era: for a backfill as good as none.
    if (two.what == pulled::no_era || one.epoch != two.epoch) one.what = pulled::no_era;
    return one;
}

result<std::vector<table_key>>
keyed_coordinator::keys_of(std::span<const owed_intent* const> intents) const {
    std::vector<table_key> keys;
    keys.reserve(intents.size());
    for (const owed_intent* one : intents) {
        const table_id table = one->what.table;
        if (table >= marks_.size() || one->what.body != marks_[table]) {
            return error(errc::invalid_options,
                         "the spool holds intents of another migration or of other tables: one "
                         "spool serves one migration, whose tables are added in the same order "
                         "always");
        }
        TANDEM_TRY(auto parts, decode_key(one->what.key, tables_[0][one->what.table].key_types()));
        keys.push_back({one->what.table, {std::move(parts), one->what.key}});
    }
    sort_keys(keys);
    return keys;
}

bool keyed_coordinator::is_due(std::int64_t id) const {
    const std::lock_guard lock(failures_mutex_);
    const auto found = failures_.find(id);
    return found == failures_.end() || (!found->second.dead && clock_->now() >= found->second.next);
}

void keyed_coordinator::row_failed(std::int64_t id, const error& why, const relay_options& options,
                                   relay_report& report) {
    ++report.failed;
    {
        const std::lock_guard lock(failures_mutex_);
        failed_intent& one = failures_[id];
        one.next =
            clock_->now() + backoff(options.retry_pause_min, one.attempts, options.retry_pause_max);
        if (++one.attempts < options.attempts_max) return;
        one.dead = true;
        ++dead_;
    }
    ++report.dead;
    log_.log(
        log_level::error, "a change became a dead letter",
        std::initializer_list<log_field>{{"migration", options_.name}, {"error", why.message()}});
}

result<void> keyed_coordinator::relay_one(const owed_intent& one, const relay_options& options,
                                          relay_report& report) {
    const owed_intent* const alone[] = {&one};
    TANDEM_TRY(const auto keys, keys_of(alone));
    const auto done = pull(keys, {clock_->now() + options.batch_timeout});
    if (!done && blame_for(done.error()) == blame::secondary) return done.error();
    if (!done) {
        row_failed(one.id, done.error(), options, report);
        return success();
    }
    report.applied += done.value().written;
    report.superseded += 1 - done.value().written;
    TANDEM_TRY(queue_->settle(std::span(&one.id, 1), {clock_->now() + queue_timeout}));
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
        if (!is_removable(one) || !is_due(one.id)) continue;
        ready.push_back(&one);
        ids.push_back(one.id);
    }
    if (ready.empty()) return success();
    report.loaded += static_cast<std::int64_t>(ready.size());
    TANDEM_TRY(const auto keys, keys_of(ready));
    const auto done = pull_in_parts(keys, options.batch_timeout);
    if (!done && blame_for(done.error()) == blame::one_row) {
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
        report.superseded += static_cast<std::int64_t>(keys.size()) - done.value().written;
    }
    TANDEM_TRY(queue_->settle(ids, {clock_->now() + queue_timeout}));
    report.settled += static_cast<std::int64_t>(ids.size());
    const std::lock_guard lock(failures_mutex_);
    for (const std::int64_t id : ids)
        failures_.erase(id);
    return success();
}

void keyed_coordinator::tell_queue() {
    if (!meter_) return;
    const queue_stats queued = queue_->stats();
    const bool damaged = queue_->damage().has_value();
    const std::lock_guard lock(failures_mutex_);
    meter_->spool_is(queued.owed, queued.bytes, dead_, damaged);
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

// A pass is bounded by what it pulls and by what it looks at; the next one goes on where it ended,
// so that intents which have to wait do not keep it from those behind them.
void keyed_coordinator::relay_all(const relay_options& options, relay_report& report) {
    const auto most = static_cast<std::int64_t>(options.pass_rows_max);
    std::int64_t after = relayed_to_.exchange(0);
    for (std::int64_t seen = 0; report.loaded < most && seen < looks_per_pull * most;) {
        auto batch = queue_->owed(after, options.batch_rows, {clock_->now() + queue_timeout});
        if (!batch) {
            report.trouble = batch.error();
            return;
        }
        if (batch.value().empty()) {
            if (after == 0 || seen > 0) return;
            after = 0; // the rest had gone: from the start
            continue;
        }
        after = batch.value().back().id;
        seen += static_cast<std::int64_t>(batch.value().size());
        if (const auto done = relay_batch(batch.value(), options, report); !done) {
            report.trouble = done.error();
            return;
        }
    }
    relayed_to_ = after;
}

result<std::int64_t> keyed_coordinator::revive() {
    TANDEM_TRY(check_running());
    const std::lock_guard lock(failures_mutex_);
    failures_.clear();
    return std::exchange(dead_, 0);
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
    TANDEM_TRY(const auto done, pull_in_parts(keys, options.chunk_timeout));
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
