// SPDX-License-Identifier: BSL-1.0
//
// The simplest correct backfill: guarded chunks by key, then the tombstones, then `synced` for the
// era in which it began (protocol, section 3 "Backfill"; protocol-sql, "Backfill").

#include "verify_run.hpp"

namespace tandem::detail {
namespace {

constexpr int closed_max = 200;
constexpr milliseconds closed_pause{10};

error era_ended() {
    return {errc::wrong_phase,
            "the double-write era ended while its backfill ran; start it again in the "
            "next one"};
}

/// The chunk was read at the authority and in the era it belongs to.
bool belongs(const fences& seen, epoch era) noexcept {
    for (const fence& f : seen) {
        if (!is_authority(f.role) || !is_dual(f.phase) || f.era != era) return false;
    }
    return !seen.empty();
}

bool any_closed(const std::vector<apply_status>& statuses) noexcept {
    for (const apply_status s : statuses) {
        if (s == apply_status::closed) return true;
    }
    return false;
}

} // namespace

result<void> report_backfill(const backfill_options& options, const std::string& table,
                             std::int64_t rows, bool done) {
    if (options.on_progress) {
        const inside_host_function guard;
        if (!options.on_progress({table, rows, done})) return errc::cancelled;
    }
    return success();
}

/// The secondary closed the epoch of a chunk. That happens when an epoch rises between the read and
/// the apply; again and again it means that the fences of both sides contradict each other.
result<void> coordinator::pause_backfill(const backfill_options& options, const std::string& table,
                                         std::int64_t rows, int times) {
    TANDEM_TRY(check_running());
    TANDEM_TRY(report_backfill(options, table, rows, false));
    if (times >= closed_max) {
        return error(errc::invariant,
                     "the secondary keeps refusing the primary's epoch; compare the "
                     "fences of both sides before going on");
    }
    clock_->sleep_until(clock_->now() + closed_pause);
    return success();
}

result<std::int64_t> coordinator::copy_rows(side primary, table_id table, epoch era,
                                            const backfill_options& options, std::int64_t before) {
    const table_schema& schema = tables_[0][table];
    key_range range;
    std::int64_t copied = 0;
    int closed = 0; // times in a row
    for (;;) {
        const call_context call{clock_->now() + options.chunk_timeout};
        TANDEM_TRY(auto chunk,
                   store_at(primary).scan(primary, table, range, options.chunk_rows, call));
        if (!belongs(chunk.fences, era)) return era_ended();
        if (chunk.rows.empty()) return copied;
        std::vector<change> changes;
        changes.reserve(chunk.rows.size());
        for (auto& r : chunk.rows) {
            change c{.table = table,
                     .key = encode_stored_key(schema.key_of(r.image)),
                     .version = r.version};
            c.epoch =
                chunk.fences[static_cast<std::size_t>(bucket_of(c.key, options_.buckets))].epoch;
            c.image = std::move(r.image);
            changes.push_back(std::move(c));
        }
        TANDEM_TRY(const auto statuses, apply_at(other(primary), changes, call));
        if (any_closed(statuses)) { // the epoch rose meanwhile: read the chunk again
            TANDEM_TRY(pause_backfill(options, schema.name, before + copied, ++closed));
            continue;
        }
        closed = 0;
        range.after = schema.key_of(*changes.back().image);
        copied += static_cast<std::int64_t>(changes.size());
        if (meter_) meter_->backfilled(table, changes.size());
        TANDEM_TRY(report_backfill(options, schema.name, before + copied, false));
    }
}

result<std::int64_t> coordinator::copy_tombstones(side primary, table_id table, epoch era,
                                                  const backfill_options& options) {
    std::string after;
    std::int64_t copied = 0;
    int closed = 0; // times in a row
    for (;;) {
        const call_context call{clock_->now() + options.chunk_timeout};
        TANDEM_TRY(auto chunk,
                   store_at(primary).tombstones(table, after, options.chunk_rows, call));
        if (!belongs(chunk.fences, era)) return era_ended();
        if (chunk.tombstones.empty()) return copied;
        for (change& c : chunk.tombstones) {
            c.epoch =
                chunk.fences[static_cast<std::size_t>(bucket_of(c.key, options_.buckets))].epoch;
        }
        TANDEM_TRY(const auto statuses, apply_at(other(primary), chunk.tombstones, call));
        if (any_closed(statuses)) {
            TANDEM_TRY(pause_backfill(options, tables_[0][table].name, copied, ++closed));
            continue;
        }
        closed = 0;
        after = chunk.tombstones.back().key;
        copied += static_cast<std::int64_t>(chunk.tombstones.size());
    }
}

result<std::int64_t> coordinator::copy_joint(table_id table, epoch era,
                                             const backfill_options& options, std::int64_t before) {
    std::optional<key> after;
    std::int64_t copied = 0;
    for (;;) {
        const call_context call{clock_->now() + options.chunk_timeout};
        auto last = store_at(side::source).copy_chunk(table, after, era, options.chunk_rows, call);
        if (!last) return last.error() == errc::fenced ? era_ended() : last.error();
        if (!last.value()) return copied;
        after = std::move(last.value());
        // The store does not say how many rows a chunk had; all but the last are full.
        copied += static_cast<std::int64_t>(options.chunk_rows);
        if (meter_) meter_->backfilled(table, options.chunk_rows);
        TANDEM_TRY(report_backfill(options, tables_[0][table].name, before + copied, false));
    }
}

result<std::int64_t> coordinator::backfill(const backfill_options& options) {
    TANDEM_TRY(check_running());
    if (options.chunk_rows < 1 || options.chunk_rows > 10'000) {
        return error(errc::invalid_options, "backfill_options::chunk_rows is 1 to 10000");
    }
    const auto seen = read_both_fences(0, context(std::nullopt));
    const authority now = find_authority(seen.fences);
    const bool open = now.what == verdict::writable || now.what == verdict::draining;
    if (!open) return seen.why;
    if (!is_dual(now.belief.phase)) {
        return error(errc::wrong_phase, "there is nothing to backfill in phase " +
                                            std::string(to_string(now.belief.phase)));
    }
    const fence& open_era = *seen.fences.at(now.at);
    const epoch era = open_era.era;
    std::int64_t rows = 0;
    for (table_id t = 0; t < tables_[0].size(); ++t) {
        TANDEM_TRY(const auto copied, joint() ? copy_joint(t, era, options, rows)
                                              : copy_rows(now.at, t, era, options, rows));
        rows += copied;
        if (joint()) continue;
        TANDEM_TRY(copy_tombstones(now.at, t, era, options));
    }
    if (open_era.mode == era_mode::adopt && !open_era.synced && !joint()) {
        TANDEM_TRY(verify_run::reconcile(*this, now.at, era, options));
    }
    TANDEM_TRY(
        const bool marked,
        take_step(now.at,
                  {.kind = step_kind::mark_synced, .expected = era, .reason = "backfill complete"},
                  context(std::nullopt)));
    if (!marked) {
        // Nothing to mark where an earlier backfill of this era did it.
        const auto again = read_both_fences(0, context(std::nullopt));
        const auto& f = again.fences.at(now.at);
        if (!f || f->era != era || !f->synced) return era_ended();
    }
    TANDEM_TRY(report_backfill(options, {}, rows, true));
    return rows;
}

} // namespace tandem::detail
