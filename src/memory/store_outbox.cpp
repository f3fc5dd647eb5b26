// SPDX-License-Identifier: BSL-1.0
//
// The outbox, and the marks of dirty tables. Intents are removed and marked without the writer
// gate: delivering never waits for a transaction, and a switch looks at the outbox under the
// exclusive mutex.
#include "tandem/memory/store.hpp"

#include "memory/store_state.hpp"

#include <algorithm>
#include <set>

namespace tandem::memory {

using detail::tombstone_key;
using testing::operation;

namespace {

/// The present state of a key: the newer of row and tombstone; false where there is neither.
bool take_state(const detail::store_state& s, const detail::side_data& control, const key& parts,
                change& c) {
    const auto* live = s.table(s.bound.side, c.table).find(parts);
    const auto* dead = control.find({c.table, c.key});
    if (live && (!dead || dead->version < live->version)) {
        c.version = live->version;
        c.image = live->image;
        return true;
    }
    if (dead == nullptr) return false;
    c.version = dead->version;
    c.tombstone_epoch = dead->epoch;
    return true;
}

/// The present state of an intent's key, else what the intent says.
owed_change owed_of(const detail::store_state& s, const detail::side_data& control, std::int64_t id,
                    const detail::intent& i) {
    owed_change out{.id = id, .change = {.table = i.table, .key = i.key.encoded}};
    out.attempts = i.attempts;
    auto& c = out.change;
    c.epoch = i.epoch;
    if (!take_state(s, control, i.key.parts, c)) {
        c.version = i.version;
        c.tombstone_epoch = i.epoch;
    }
    return out;
}

/// Of failed deliveries: other intents of these keys are likely to fail, too.
std::set<tombstone_key> failed_keys(const detail::side_data& control) {
    std::set<tombstone_key> out;
    for (const auto& [id, i] : control.outbox) {
        if (i.attempts > 0) out.emplace(i.table, i.key.encoded);
    }
    return out;
}

std::int64_t age_ms(monotonic_time now, monotonic_time since) {
    return std::max<std::int64_t>(std::chrono::duration_cast<milliseconds>(now - since).count(), 0);
}

bool holds(std::span<const std::int64_t> ids, std::int64_t id) {
    return std::find(ids.begin(), ids.end(), id) != ids.end();
}

} // namespace

result<std::vector<owed_change>> store::owed(std::int64_t after, std::size_t limit,
                                             owed_scope scope, const call_context& call) {
    return state_->faulty(operation::owed, [&]() -> result<std::vector<owed_change>> {
        TANDEM_TRY(auto* control, state_->control(call));
        const monotonic_time now = state_->db.options.now();
        const std::shared_lock lock(state_->db.mutex);
        const auto suspects = failed_keys(*control);
        std::vector<owed_change> out;
        auto it = control->outbox.upper_bound(after);
        for (; it != control->outbox.end() && out.size() < limit; ++it) {
            const detail::intent& i = it->second;
            if (i.dead || (scope == owed_scope::due && now < i.retry_at)) continue;
            out.push_back(owed_of(*state_, *control, it->first, i));
            if (suspects.contains({i.table, i.key.encoded})) {
                out.back().attempts = std::max(out.back().attempts, 1);
            }
        }
        return out;
    });
}

result<std::vector<std::optional<change>>>
store::present(table_id table, std::span<const key_bytes> keys, const call_context& call) {
    return state_->faulty(operation::owed, [&]() -> result<std::vector<std::optional<change>>> {
        TANDEM_TRY(state_->ready(call, table));
        TANDEM_TRY(auto* control, state_->control(call));
        const auto types = state_->bound.tables[table].key_types();
        const std::shared_lock lock(state_->db.mutex);
        std::vector<std::optional<change>> out(keys.size());
        for (std::size_t i = 0; i < keys.size(); ++i) {
            TANDEM_TRY(const auto parts, decode_key(keys[i], types));
            change c{.table = table, .key = keys[i]};
            if (take_state(*state_, *control, parts, c)) out[i] = std::move(c);
        }
        return out;
    });
}

result<void> store::settle(std::span<const std::int64_t> ids, const call_context& call) {
    return state_->faulty(operation::settle, [&]() -> result<void> {
        TANDEM_TRY(auto* control, state_->control(call));
        const std::scoped_lock lock(state_->db.mutex);
        std::map<tombstone_key, version> delivered;
        for (const auto id : ids) {
            const auto found = control->outbox.find(id);
            if (found == control->outbox.end()) continue;
            auto& newest = delivered[{found->second.table, found->second.key.encoded}];
            newest = std::max(newest, found->second.version);
            control->outbox.erase(found);
        }
        // What failed before was delivered with it.
        std::erase_if(control->outbox, [&](const auto& entry) {
            const detail::intent& i = entry.second;
            if (i.attempts == 0) return false;
            const auto found = delivered.find({i.table, i.key.encoded});
            return found != delivered.end() && i.version <= found->second;
        });
        return success();
    });
}

result<void> store::note_failure(std::span<const std::int64_t> ids, const delivery_failure& failure,
                                 const call_context& call) {
    return state_->faulty(operation::note, [&]() -> result<void> {
        TANDEM_TRY(auto* control, state_->control(call));
        const monotonic_time now = state_->db.options.now();
        const std::scoped_lock lock(state_->db.mutex);
        for (const auto id : ids) {
            const auto it = control->outbox.find(id);
            if (it == control->outbox.end()) continue;
            ++it->second.attempts;
            it->second.last_error = failure.text;
            it->second.dead = it->second.dead || failure.dead;
            it->second.retry_at = now + failure.retry_after;
        }
        return success();
    });
}

result<std::vector<dead_letter>> store::dead_letters(std::int64_t after, std::size_t limit,
                                                     const call_context& call) {
    return state_->faulty(operation::owed, [&]() -> result<std::vector<dead_letter>> {
        TANDEM_TRY(auto* control, state_->control(call));
        const monotonic_time now = state_->db.options.now();
        const std::shared_lock lock(state_->db.mutex);
        std::vector<dead_letter> out;
        auto it = control->outbox.upper_bound(after);
        for (; it != control->outbox.end() && out.size() < limit; ++it) {
            const auto& [id, i] = *it;
            if (!i.dead) continue;
            out.push_back({.owing = state_->bound.side,
                           .id = id,
                           .table = i.table,
                           .key = i.key.encoded,
                           .version = i.version,
                           .attempts = i.attempts,
                           .last_error = i.last_error,
                           .age_ms = age_ms(now, i.created_at)});
        }
        return out;
    });
}

result<std::int64_t> store::revive(std::span<const std::int64_t> ids, const call_context& call) {
    return state_->faulty(operation::note, [&]() -> result<std::int64_t> {
        TANDEM_TRY(auto* control, state_->control(call));
        const std::scoped_lock lock(state_->db.mutex);
        std::int64_t revived = 0;
        for (auto& [id, i] : control->outbox) {
            if (!i.dead || (!ids.empty() && !holds(ids, id))) continue;
            ++revived;
            i.dead = false;
            i.attempts = 0;
            i.last_error.clear();
            i.retry_at = {};
        }
        return revived;
    });
}

result<std::int64_t> store::drop(std::span<const std::int64_t> ids, std::string_view reason,
                                 const call_context& call) {
    return state_->faulty(operation::note, [&]() -> result<std::int64_t> {
        TANDEM_TRY(auto* control, state_->control(call));
        const monotonic_time now = state_->db.options.now();
        const std::scoped_lock lock(state_->db.mutex);
        std::set<table_id> hit;
        const auto dropped = std::erase_if(control->outbox, [&](const auto& entry) {
            if (!entry.second.dead || !holds(ids, entry.first)) return false;
            hit.insert(entry.second.table);
            return true;
        });
        for (const table_id t : hit)
            control->mark_dirty(t, reason, now);
        return static_cast<std::int64_t>(dropped);
    });
}

result<void> store::mark_dirty(table_id table, std::string_view reason, const call_context& call) {
    return state_->faulty(operation::note, [&]() -> result<void> {
        TANDEM_TRY(state_->ready(call, table));
        TANDEM_TRY(auto* control, state_->control(call));
        const monotonic_time now = state_->db.options.now();
        const std::scoped_lock lock(state_->db.mutex);
        control->mark_dirty(table, reason, now);
        return success();
    });
}

result<std::vector<dirty_mark>> store::dirty_marks(const call_context& call) {
    return state_->faulty(operation::owed, [&]() -> result<std::vector<dirty_mark>> {
        TANDEM_TRY(auto* control, state_->control(call));
        const monotonic_time now = state_->db.options.now();
        const std::shared_lock lock(state_->db.mutex);
        std::vector<dirty_mark> out;
        for (const auto& [id, m] : control->dirty)
            out.push_back({id, m.table, m.reason, age_ms(now, m.at)});
        return out;
    });
}

result<void> store::clear_dirty(std::span<const std::int64_t> ids, const call_context& call) {
    return state_->faulty(operation::note, [&]() -> result<void> {
        TANDEM_TRY(auto* control, state_->control(call));
        const std::scoped_lock lock(state_->db.mutex);
        for (const auto id : ids)
            control->dirty.erase(id);
        return success();
    });
}

result<owed_stats> store::stats(const call_context& call) {
    return state_->faulty(operation::owed, [&]() -> result<owed_stats> {
        TANDEM_TRY(auto* control, state_->control(call));
        const monotonic_time now = state_->db.options.now();
        const std::shared_lock lock(state_->db.mutex);
        owed_stats out;
        for (const auto& [id, i] : control->outbox) {
            ++out.owed;
            if (i.dead) ++out.dead;
            if (out.oldest_epoch == 0 || i.epoch < out.oldest_epoch) out.oldest_epoch = i.epoch;
            out.oldest_age_ms = std::max(out.oldest_age_ms, age_ms(now, i.created_at));
        }
        out.dirty = static_cast<std::int64_t>(control->dirty.size());
        if (is_dual(control->fences.front().phase)) {
            for (const auto& [id, o] : control->operations)
                out.operations += o.owed ? 1 : 0;
        }
        return out;
    });
}

result<bool> store::is_owed(std::int64_t id, const call_context& call) {
    return state_->faulty(operation::owed, [&]() -> result<bool> {
        TANDEM_TRY(auto* control, state_->control(call));
        const std::shared_lock lock(state_->db.mutex);
        return control->outbox.contains(id);
    });
}

} // namespace tandem::memory
