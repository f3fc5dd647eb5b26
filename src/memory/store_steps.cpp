// SPDX-License-Identifier: BSL-1.0
//
// The steps of a switch: protocol, section 5. A step is a compare-and-set on the fences of all
// buckets: `fits` is the WHERE of its line there, `change` the SET, and what stands in run_step
// beside them happens in the same transaction, only where every fence fitted.
#include "tandem/memory/store.hpp"

#include "memory/store_state.hpp"

#include <algorithm>
#include <set>

namespace tandem::memory {

using detail::side_data;
using detail::store_state;
using testing::operation;

namespace {

phase flipped(phase p) { return static_cast<phase>(5 - static_cast<int>(p)); }

/// old_only <-> dual_old_primary, new_only <-> dual_new_primary.
phase with_secondary(phase p) {
    return p == phase::old_only ? phase::dual_old_primary : phase::dual_new_primary;
}
phase without_secondary(phase p) {
    return p == phase::dual_old_primary ? phase::old_only : phase::new_only;
}

bool is_primary_at(const fence& f, epoch e) { return f.role == role::primary && f.epoch == e; }

bool fits(const switch_step& s, const fence& f, bool joint) {
    switch (s.kind) {
    case step_kind::begin_handover:
        return is_primary_at(f, s.expected) && f.synced && is_dual(f.phase);
    case step_kind::decide: return !joint && f.role == role::draining && f.epoch == s.expected;
    case step_kind::abort: return !joint && f.role == role::draining && f.epoch == s.expected;
    case step_kind::enable: return !joint && f.epoch < s.expected;
    case step_kind::enter_secondary: return !joint && f.epoch < s.expected + 1;
    case step_kind::enter_primary: return is_primary_at(f, s.expected) && !is_dual(f.phase);
    case step_kind::leave: return is_primary_at(f, s.expected) && is_dual(f.phase);
    case step_kind::roll_primary: return is_primary_at(f, s.expected);
    case step_kind::roll_secondary: return !joint && f.epoch < s.expected;
    case step_kind::mark_synced:
        return f.role == role::primary && f.era == s.expected && is_dual(f.phase) && !f.synced;
    case step_kind::retire: return !joint && !is_authority(f.role) && f.epoch <= s.expected;
    }
    return false;
}

void enable(const switch_step& s, fence& f) {
    f.role = role::primary;
    f.epoch = s.expected;
    f.phase = s.phase;
    f.synced = true;
    f.era = s.expected;
    f.floor = std::max(f.floor, s.floor);
}

void enter_primary(const switch_step& s, fence& f) {
    f.epoch = s.expected + 1;
    f.era = s.expected + 1;
    f.synced = false;
    f.phase = with_secondary(f.phase);
    f.mode = s.mode;
}

void change(const switch_step& s, fence& f, bool joint) {
    switch (s.kind) {
    case step_kind::begin_handover:
        f.epoch = s.expected + 1;
        // One transaction writes both tables, so nothing is owed and the flip is whole at once.
        if (joint) {
            f.phase = flipped(f.phase);
        } else {
            f.role = role::draining;
        }
        return;
    case step_kind::decide:
        f.role = role::handed_over;
        f.phase = flipped(f.phase);
        return;
    case step_kind::abort:
        f.role = role::primary;
        f.epoch = s.expected + 1;
        return;
    case step_kind::enable: enable(s, f); return;
    case step_kind::enter_secondary:
        f.role = role::secondary;
        f.epoch = s.expected + 1;
        f.mode = s.mode;
        return;
    case step_kind::enter_primary: enter_primary(s, f); return;
    case step_kind::leave:
        f.epoch = s.expected + 1;
        f.synced = false;
        f.phase = without_secondary(f.phase);
        return;
    case step_kind::roll_primary: f.epoch = s.expected + 1; return;
    case step_kind::roll_secondary:
        f.role = role::secondary;
        f.epoch = s.expected;
        return;
    case step_kind::mark_synced: f.synced = true; return;
    case step_kind::retire:
        f.role = role::handed_over;
        f.epoch = s.expected;
        f.phase = phase::new_only;
        return;
    }
}

/// A1 in mode reset: the secondary begins empty, its floor above all it ever knew.
void reset_tables(store_state& s, side_data& control, side which) {
    for (auto* table : s.tables[index(which)])
        table->rows.clear();
    for (auto it = control.tombstones.begin(); it != control.tombstones.end();) {
        it = control.purge(it);
    }
}

/// The counters of the side that becomes primary go above what the other gave out.
void move_sequences(store_state& s, const switch_step& step) {
    for (const auto& given : step.sequences) {
        if (given.table < s.bound.tables.size()) {
            detail::raise_sequence(s.table(s.bound.side, given.table), given.field, given.last,
                                   step.sequence_margin);
        }
    }
}

/// The same where both tables are in one database.
void move_joint_sequences(store_state& s, phase now, std::int64_t margin) {
    const side primary = primary_of(now);
    for (std::size_t t = 0; t < s.bound.tables.size(); ++t) {
        const auto id = static_cast<table_id>(t);
        for (const auto& [field, last] : s.table(other(primary), id).sequences) {
            detail::raise_sequence(s.table(primary, id), field, last, margin);
        }
    }
}

/// Under the gate and the exclusive mutex.
bool run_step(store_state& s, side_data& control, const switch_step& step) {
    const bool joint = s.bound.is_joint();
    auto& fences = control.fences;
    const bool all = std::all_of(fences.begin(), fences.end(),
                                 [&](const fence& f) { return fits(step, f, joint); });
    const bool settled =
        control.outbox.empty() && control.dirty.empty() && !control.owes_operation();
    if (!all || (step.kind == step_kind::decide && !settled)) return false;
    for (auto& f : fences)
        change(step, f, joint);

    const phase now = fences.front().phase;
    const bool resets = step.mode == era_mode::reset;
    switch (step.kind) {
    case step_kind::enter_secondary:
        if (resets) reset_tables(s, control, s.bound.side);
        break;
    case step_kind::enter_primary:
        if (resets && joint) reset_tables(s, control, other(primary_of(now)));
        if (resets) control.dirty.clear(); // the secondary begins empty
        break;
    case step_kind::begin_handover:
        if (joint) move_joint_sequences(s, now, step.sequence_margin);
        break;
    case step_kind::enable: move_sequences(s, step); break;
    case step_kind::leave: control.outbox.clear(); break;
    case step_kind::decide:
    case step_kind::abort:
    case step_kind::roll_primary:
    case step_kind::roll_secondary:
    case step_kind::mark_synced:
    case step_kind::retire: break;
    }
    return true;
}

/// docs/adr/0010, rule 7: nobody needs this tombstone any more. Leaving the era drops intents, so
/// at an authority what is owed must stay, and what a backfill has to bring to a dirty table.
bool may_purge(const fence& f, const detail::tombstone& t, bool needed) {
    return is_authority(f.role) ? f.synced && !needed : t.epoch < f.epoch;
}

} // namespace

result<bool> store::step(const switch_step& s, const call_context& call) {
    return state_->faulty(operation::step, [&]() -> result<bool> {
        TANDEM_TRY(auto* control, state_->control(call));
        TANDEM_TRY(auto gate, state_->enter_step(call));
        const std::scoped_lock lock(state_->db.mutex);
        return run_step(*state_, *control, s);
    });
}

result<std::int64_t> store::purge(std::size_t limit, const call_context& call) {
    return state_->faulty(operation::purge, [&]() -> result<std::int64_t> {
        TANDEM_TRY(auto* control, state_->control(call));
        TANDEM_TRY(auto gate, state_->enter_step(call));
        const std::scoped_lock lock(state_->db.mutex);
        std::int64_t purged = 0;
        std::set<detail::tombstone_key> owed;
        for (const auto& [id, i] : control->outbox)
            owed.emplace(i.table, i.key.encoded);
        for (auto it = control->tombstones.begin();
             it != control->tombstones.end() && static_cast<std::size_t>(purged) < limit;) {
            const bool needed = owed.contains(it->first) || control->is_dirty(it->first.first);
            if (may_purge(control->fence_of(it->first.second), it->second, needed)) {
                it = control->purge(it);
                ++purged;
            } else {
                ++it;
            }
        }
        return purged;
    });
}

result<sweep_report> store::sweep(table_id table, std::string_view after, std::size_t limit,
                                  const call_context& call) {
    return state_->faulty(operation::purge, [&]() -> result<sweep_report> {
        TANDEM_TRY(state_->ready(call, table));
        TANDEM_TRY(auto* control, state_->control(call));
        TANDEM_TRY(auto gate, state_->enter_step(call));
        const std::scoped_lock lock(state_->db.mutex);
        const auto& rows = state_->table(state_->bound.side, table);
        const auto types = state_->bound.tables[table].key_types();
        sweep_report out;
        auto it = control->tombstones.upper_bound({table, key_bytes(after)});
        for (; it != control->tombstones.end() && it->first.first == table; --limit) {
            if (limit == 0) return out;
            out.last = it->first.second;
            TANDEM_TRY(const auto parts, decode_key(it->first.second, types));
            const auto* live = rows.find(parts);
            const bool outdated = live && it->second.version < live->version;
            it = outdated ? control->tombstones.erase(it) : std::next(it);
            out.removed += outdated ? 1 : 0;
        }
        out.last.clear();
        return out;
    });
}

result<tombstone_stats> store::count_tombstones(const call_context& call) {
    return state_->faulty(operation::owed, [&]() -> result<tombstone_stats> {
        TANDEM_TRY(auto* control, state_->control(call));
        const monotonic_time now = state_->db.options.now();
        const std::shared_lock lock(state_->db.mutex);
        tombstone_stats out;
        for (const auto& [k, t] : control->tombstones) {
            if (out.count == tombstone_stats::count_max) break;
            ++out.count;
            const auto age = std::chrono::duration_cast<milliseconds>(now - t.at).count();
            out.oldest_age_ms = std::max<std::int64_t>(out.oldest_age_ms, age);
        }
        return out;
    });
}

} // namespace tandem::memory
