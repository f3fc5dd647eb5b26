// SPDX-License-Identifier: BSL-1.0
//
// The simplest correct full verify: every chunk of the primary's rows against the same keys at the
// secondary, then the other way round for what only the secondary has. The order of keys may differ
// between stores, so nothing is merged.
//
// A key that differs is looked at in this order: secondary, primary, what is owed, secondary,
// primary. Where the primary's version is the same both times and nothing was owed in between, all
// that was written up to the first look at the primary had been delivered before the second look at
// the secondary, so the two must be equal. Where the primary has no row, its version cannot be
// compared: the secondary's has to be the same both times instead.

#include "verify_run.hpp"

#include <algorithm>
#include <limits>
#include <set>

namespace tandem::detail {
namespace {

constexpr std::size_t page_rows = 1'000;
constexpr milliseconds first_pause{10};
// Whether a row is given up is for the worker to say.
const relay_options looking_pass{.attempts_max = std::numeric_limits<int>::max()};
constexpr milliseconds longest_pause{500};
// Without versions a row may have changed and changed back between two looks.
constexpr int joint_looks = 3;

using found_rows = std::vector<std::optional<stored_row>>;

error switched() {
    return {errc::wrong_phase, "the primary or the double-write era changed while its rows were "
                               "compared; verify again"};
}

/// The rows were read at the authority of the era that is verified.
bool belongs(const fences& seen, epoch era) noexcept {
    return !seen.empty() && std::all_of(seen.begin(), seen.end(), [&](const fence& f) {
        return is_authority(f.role) && is_dual(f.phase) && f.era == era;
    });
}

bool same_value(const cell& a, const cell& b) {
    if (same_cell(a, b)) return true;
    // A store may hold a number with another scale, and a document in another spelling.
    const auto* x = std::get_if<decimal>(&a);
    const auto* y = std::get_if<decimal>(&b);
    if (x && y) return canonical_key_text(*x) == canonical_key_text(*y);
    return std::holds_alternative<json>(a) && std::holds_alternative<json>(b);
}

bool same(const std::optional<stored_row>& a, const std::optional<stored_row>& b) {
    if (!a || !b) return !a && !b;
    return a->version == b->version && std::equal(a->image.begin(), a->image.end(),
                                                  b->image.begin(), b->image.end(), same_value);
}

difference_kind kind_of(const std::optional<stored_row>& at_primary,
                        const std::optional<stored_row>& at_secondary) noexcept {
    if (!at_secondary) return difference_kind::missing;
    return at_primary ? difference_kind::mismatched : difference_kind::extra;
}

/// The primary was read later and has the older version: the secondary's row is not from there.
bool is_ahead(const std::optional<stored_row>& at_secondary,
              const std::optional<stored_row>& at_primary) noexcept {
    return at_secondary && at_primary && at_primary->version < at_secondary->version;
}

/// One key that differs.
struct suspect {
    row_key key;
    std::optional<version> first_seen; ///< at the primary
    int equal_looks = 0;               ///< joint: in a row, in which neither side changed
    bool owed = false;                 ///< at the last look
    bool followed = false;             ///< the secondary has passed what the first look saw
};

} // namespace

result<std::vector<bool>> coordinator::which_are_owed(const verify_run& run, table_id table,
                                                      std::span<const row_key> keys) {
    std::vector<bool> owed(keys.size(), false);
    if (joint()) return owed;
    any_store& store = store_at(run.primary);
    const auto call = [&] { return context(run.options.chunk_timeout); };
    TANDEM_TRY(const auto stats, store.stats(call()));
    if (stats.owed == 0) return owed;
    std::set<std::string_view> found;
    std::vector<owed_change> page;
    std::set<key_bytes> wanted;
    for (const row_key& k : keys)
        wanted.insert(k.encoded);
    const auto meet = [&](table_id t, const key_bytes& k) {
        if (t != table) return;
        const auto at = wanted.find(k);
        if (at != wanted.end()) found.insert(*at);
    };
    // Dead letters last: an intent may become one meanwhile, and only an operator changes that.
    for (std::int64_t after = 0; found.size() < wanted.size();) {
        TANDEM_TRY(page, store.owed(after, page_rows, owed_scope::all, call()));
        for (const owed_change& o : page)
            meet(o.change.table, o.change.key);
        if (page.size() < page_rows) break;
        after = page.back().id;
    }
    for (std::int64_t after = 0; found.size() < wanted.size();) {
        TANDEM_TRY(const auto dead, store.dead_letters(after, page_rows, call()));
        for (const dead_letter& d : dead)
            meet(d.table, d.key);
        if (dead.size() < page_rows) break;
        after = dead.back().id;
    }
    for (std::size_t i = 0; i < keys.size(); ++i)
        owed[i] = found.contains(keys[i].encoded);
    return owed;
}

result<void> coordinator::compare_chunk(verify_run& run, table_id table,
                                        std::vector<row_key> keys) {
    const auto read_at = [&](side which, std::span<const row_key> wanted) -> result<found_rows> {
        TANDEM_TRY(auto reply, store_at(which).read_many(which, table, wanted,
                                                         context(run.options.chunk_timeout)));
        if (which == run.primary && !belongs(reply.fences, run.era)) return switched();
        return std::move(reply.rows);
    };
    std::vector<suspect> suspects(keys.size());
    milliseconds pause = first_pause;
    for (int round = 0; round < run.options.looks_max && !keys.empty(); ++round) {
        TANDEM_TRY(check_running());
        if (round > 0) (void)relay_from(run.primary, looking_pass, relay_for::worker);
        if (round > 1) {
            clock_->sleep_until(clock_->now() + pause);
            pause = std::min(pause * 2, longest_pause);
        }
        const side secondary = other(run.primary);
        TANDEM_TRY(const auto secondary_before, read_at(secondary, keys));
        TANDEM_TRY(const auto primary_before, read_at(run.primary, keys));
        TANDEM_TRY(const auto owed, which_are_owed(run, table, keys));
        TANDEM_TRY(const auto secondary_now, read_at(secondary, keys));
        TANDEM_TRY(const auto primary_now, read_at(run.primary, keys));

        std::vector<row_key> rest_keys;
        std::vector<suspect> rest;
        for (std::size_t i = 0; i < keys.size(); ++i) {
            suspect& s = suspects[i];
            if (same(primary_now[i], secondary_now[i])) continue;
            const bool still = same(primary_before[i], primary_now[i]) &&
                               same(secondary_before[i], secondary_now[i]);
            s.equal_looks = still ? s.equal_looks + 1 : 0;
            s.owed = owed[i];
            const bool proven = still && !s.owed && (!joint() || s.equal_looks >= joint_looks);
            if (proven || (!joint() && is_ahead(secondary_now[i], primary_now[i]))) {
                TANDEM_TRY(const bool stated, run.mend(*this, table, keys[i], secondary_now[i]));
                if (stated) continue; // the next comparison shows whether it helped
                run.count(table, keys[i].encoded, kind_of(primary_now[i], secondary_now[i]));
                continue;
            }
            if (!s.first_seen && primary_before[i]) s.first_seen = primary_before[i]->version;
            s.followed = !joint() && s.first_seen && secondary_now[i] && round > 0 &&
                         *s.first_seen <= secondary_now[i]->version;
            rest_keys.push_back(std::move(keys[i]));
            rest.push_back(std::move(s));
        }
        keys = std::move(rest_keys);
        suspects = std::move(rest);
    }
    for (const suspect& s : suspects) {
        if (s.followed) continue; // a hot key: rewritten whole since the first look
        ++(s.owed ? run.report.owed : run.report.unsettled);
    }
    return success();
}

/// All rows of `from` against the other side. From the primary: what is missing or differs. From
/// the secondary: what the primary has not.
result<void> coordinator::verify_from(verify_run& run, side from, table_id table) {
    const table_schema& schema = tables_[0][table];
    const bool from_primary = from == run.primary;
    key_range range;
    for (;;) {
        TANDEM_TRY(check_running());
        const call_context call = context(run.options.chunk_timeout);
        TANDEM_TRY(auto chunk,
                   store_at(from).scan(from, table, range, run.options.chunk_rows, call));
        if (from_primary && !belongs(chunk.fences, run.era)) return switched();
        if (chunk.rows.empty()) return success();
        std::vector<row_key> keys;
        keys.reserve(chunk.rows.size());
        for (const stored_row& r : chunk.rows) {
            auto parts = schema.key_of(r.image);
            auto encoded = encode_stored_key(parts);
            keys.push_back({std::move(parts), std::move(encoded)});
        }
        range.after = keys.back().parts;
        auto& rows = from_primary ? run.report.rows : run.report.secondary_rows;
        rows += static_cast<std::int64_t>(keys.size());
        TANDEM_TRY(const auto there,
                   store_at(other(from)).read_many(other(from), table, keys, call));
        std::vector<row_key> differing;
        for (std::size_t i = 0; i < keys.size(); ++i) {
            const bool differs =
                from_primary ? !same(chunk.rows[i], there.rows[i]) : !there.rows[i];
            if (differs) differing.push_back(std::move(keys[i]));
        }
        TANDEM_TRY(compare_chunk(run, table, std::move(differing)));
        if (run.after_chunk) {
            TANDEM_TRY(run.after_chunk());
        }
    }
}

result<void> coordinator::compare_sides(verify_run& run) {
    // What is marked while the rows are compared may have been compared before it was lost.
    std::vector<std::int64_t> marks[2];
    for (const side s : sides()) {
        TANDEM_TRY(const auto here, store_at(s).dirty_marks(context(std::nullopt)));
        for (const dirty_mark& m : here)
            marks[index(s)].push_back(m.id);
    }
    for (table_id t = 0; t < tables_[0].size(); ++t) {
        TANDEM_TRY(verify_from(run, run.primary, t));
        TANDEM_TRY(verify_from(run, other(run.primary), t));
    }
    if (run.report.is_clean() && run.mended == 0) {
        for (const side s : sides()) {
            if (marks[index(s)].empty()) continue;
            TANDEM_TRY(store_at(s).clear_dirty(marks[index(s)], context(std::nullopt)));
            run.report.cleared += static_cast<std::int64_t>(marks[index(s)].size());
        }
    }
    return success();
}

result<verify_report> coordinator::verify(const verify_options& options) {
    TANDEM_TRY(check_running());
    auto report = compare(options);
    if (meter_) meter_->verified(report);
    return report;
}

result<verify_report> coordinator::compare(const verify_options& options) {
    if (options.chunk_rows < 1 || options.chunk_rows > 10'000 || options.looks_max < 2 ||
        options.looks_max > 100) {
        return error(errc::invalid_options,
                     "verify_options: chunk_rows is 1 to 10000, looks_max 2 to 100");
    }
    const auto seen = read_both_fences(0, context(std::nullopt));
    const authority now = find_authority(seen.fences);
    if (now.what != verdict::writable && now.what != verdict::draining) return seen.why;
    if (!is_dual(now.belief.phase)) {
        return error(errc::wrong_phase, "there is nothing to compare in phase " +
                                            std::string(to_string(now.belief.phase)));
    }
    const side fence_side = joint() ? side::source : now.at;
    verify_run run{.options = options,
                   .primary = joint() ? primary_of(now.belief.phase) : now.at,
                   .era = seen.fences.at(fence_side)->era};
    TANDEM_TRY(compare_sides(run));
    return std::move(run.report);
}

} // namespace tandem::detail
