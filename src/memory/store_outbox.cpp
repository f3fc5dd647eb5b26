// SPDX-License-Identifier: BSL-1.0
//
// The outbox. Its rows are removed and marked without the writer gate: delivering never waits for a
// transaction, and a switch looks at the outbox under the exclusive mutex.
#include "tandem/memory/store.hpp"

#include "memory/store_state.hpp"

#include <algorithm>

namespace tandem::memory {

using testing::operation;

namespace {

/// The present state of an intent's key: the newer of row and tombstone, else what the intent says.
owed_change owed_of(const detail::store_state& s, const detail::side_data& control, std::int64_t id,
                    const detail::intent& i) {
    owed_change out{.id = id, .change = {.table = i.table, .key = i.key.encoded}};
    out.attempts = i.attempts;
    auto& c = out.change;
    c.epoch = i.epoch;
    const auto* live = s.table(s.bound.side, i.table).find(i.key.parts);
    const auto* dead = control.find({i.table, i.key.encoded});
    if (live && (!dead || dead->version < live->version)) {
        c.version = live->version;
        c.image = live->image;
    } else if (dead) {
        c.version = dead->version;
        c.tombstone_epoch = dead->epoch;
    } else {
        c.version = i.version;
        c.tombstone_epoch = i.epoch;
    }
    return out;
}

} // namespace

result<std::vector<owed_change>> store::owed(std::int64_t after, std::size_t limit,
                                             const call_context& call) {
    return state_->faulty(operation::owed, [&]() -> result<std::vector<owed_change>> {
        TANDEM_TRY(auto* control, state_->control(call));
        const std::shared_lock lock(state_->db.mutex);
        std::vector<owed_change> out;
        auto it = control->outbox.upper_bound(after);
        for (; it != control->outbox.end() && out.size() < limit; ++it) {
            if (!it->second.dead) out.push_back(owed_of(*state_, *control, it->first, it->second));
        }
        return out;
    });
}

result<void> store::settle(std::span<const std::int64_t> ids, const call_context& call) {
    return state_->faulty(operation::settle, [&]() -> result<void> {
        TANDEM_TRY(auto* control, state_->control(call));
        const std::scoped_lock lock(state_->db.mutex);
        for (const auto id : ids)
            control->outbox.erase(id);
        return success();
    });
}

result<void> store::note_failure(std::int64_t id, std::string_view text, bool dead,
                                 const call_context& call) {
    return state_->faulty(operation::note, [&]() -> result<void> {
        TANDEM_TRY(auto* control, state_->control(call));
        const std::scoped_lock lock(state_->db.mutex);
        const auto it = control->outbox.find(id);
        if (it == control->outbox.end()) return success();
        ++it->second.attempts;
        it->second.last_error = text;
        it->second.dead = it->second.dead || dead;
        return success();
    });
}

result<std::int64_t> store::revive(const call_context& call) {
    return state_->faulty(operation::note, [&]() -> result<std::int64_t> {
        TANDEM_TRY(auto* control, state_->control(call));
        const std::scoped_lock lock(state_->db.mutex);
        std::int64_t revived = 0;
        for (auto& [id, i] : control->outbox) {
            if (!i.dead) continue;
            ++revived;
            i.dead = false;
            i.attempts = 0;
        }
        return revived;
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
            const auto age = std::chrono::duration_cast<milliseconds>(now - i.created_at).count();
            out.oldest_age_ms = std::max<std::int64_t>(out.oldest_age_ms, age);
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
