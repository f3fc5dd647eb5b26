// SPDX-License-Identifier: BSL-1.0
#include "world.hpp"

#include "fences.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

namespace tandem {
namespace {

phase flipped(phase p) { return static_cast<phase>(5 - static_cast<int>(p)); }

phase with_secondary(phase p) {
    return p == phase::old_only ? phase::dual_old_primary : phase::dual_new_primary;
}

phase without_secondary(phase p) {
    return p == phase::dual_old_primary ? phase::old_only : phase::new_only;
}

bool is_primary_at(const fence& f, epoch e) { return f.role == role::primary && f.epoch == e; }

} // namespace

fence_pair world::fences() const {
    fence_pair pair{side_at(side::source).control, side_at(side::target).control};
    if (joint_) pair.target.reset();
    return pair;
}

std::int64_t world::owed(side s) const {
    return static_cast<std::int64_t>(side_at(s).owed.size()) + side_at(s).dead;
}

bool world::fits(const switch_step& s, side at) const {
    const fence& f = fence_at(at);
    switch (s.kind) {
    case step_kind::begin_handover:
        return is_primary_at(f, s.expected) && f.synced && is_dual(f.phase);
    case step_kind::decide:
        return f.role == role::draining && f.epoch == s.expected && owed(at) == 0 && dirty(at) == 0;
    case step_kind::enable: return f.epoch < s.expected;
    case step_kind::abort: return f.role == role::draining && f.epoch == s.expected;
    case step_kind::enter_secondary: return f.epoch < s.expected + 1;
    case step_kind::enter_primary: return is_primary_at(f, s.expected) && !is_dual(f.phase);
    case step_kind::leave: return is_primary_at(f, s.expected) && is_dual(f.phase);
    case step_kind::roll_primary: return is_primary_at(f, s.expected);
    case step_kind::roll_secondary: return f.epoch < s.expected;
    case step_kind::mark_synced:
        return f.role == role::primary && f.era == s.expected && is_dual(f.phase);
    case step_kind::retire: return !is_authority(f.role) && f.epoch <= s.expected;
    }
    return false;
}

void world::change(const switch_step& s, side at) {
    side_state& here = side_at(at);
    fence& f = here.control;
    switch (s.kind) {
    case step_kind::begin_handover:
        f.epoch = s.expected + 1;
        if (joint_) {
            f.phase = flipped(f.phase);
        } else {
            f.role = role::draining;
        }
        return;
    case step_kind::decide:
        f.role = role::handed_over;
        f.phase = flipped(f.phase);
        here.gave_up = f.epoch;
        ++flips_;
        return;
    case step_kind::enable:
        f = {.epoch = s.expected,
             .role = role::primary,
             .phase = s.phase,
             .era = s.expected,
             .synced = true,
             .floor = std::max(f.floor, s.floor),
             .mode = f.mode};
        return;
    case step_kind::abort:
        f.role = role::primary;
        f.epoch = s.expected + 1;
        return;
    case step_kind::enter_secondary:
        f.role = role::secondary;
        f.epoch = s.expected + 1;
        f.mode = s.mode;
        if (s.mode == era_mode::reset) here.row = 0;
        return;
    case step_kind::enter_primary:
        f.epoch = f.era = s.expected + 1;
        f.synced = false;
        f.phase = with_secondary(f.phase);
        f.mode = s.mode;
        if (s.mode == era_mode::reset) here.dirty = 0;
        if (joint_ && s.mode == era_mode::reset) side_at(other(primary_of(f.phase))).row = 0;
        return;
    case step_kind::leave:
        f.epoch = s.expected + 1;
        f.synced = false;
        f.phase = without_secondary(f.phase);
        here.owed.clear();
        here.dead = 0;
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

bool world::step(side at, const switch_step& s) {
    if (!fits(s, at)) return false;
    const std::array before{fence_at(side::source), fence_at(side::target)};
    change(s, at);
    check(before);
    return true;
}

bool world::write(side at) {
    const fence& f = fence_at(joint_ ? side::source : at);
    if (f.role != role::primary || (joint_ && primary_of(f.phase) != at)) return false;
    if (side_at(at).row != acknowledged_) break_invariant("I2: a write misses an older one");
    side_at(at).row = ++acknowledged_;
    if (!is_dual(f.phase)) return true;
    if (joint_) {
        side_at(other(at)).row = acknowledged_;
    } else {
        side_at(at).owed.push_back(f.epoch);
    }
    return true;
}

void world::deliver(side from) {
    side_state& here = side_at(from);
    side_state& there = side_at(other(from));
    for (const epoch under : std::exchange(here.owed, {})) {
        if (there.control.epoch > under) break_invariant("I4: a change is owed but closed");
        if (poisoned_) {
            ++here.dead;
        } else {
            there.row = std::max(there.row, here.row);
        }
    }
}

void world::backfill() {
    for (const side s : {side::source, side::target}) {
        const fence& f = fence_at(s);
        if (f.role != role::primary || !is_dual(f.phase) || f.synced) continue;
        const side from = joint_ ? primary_of(f.phase) : s;
        side_at(other(from)).row = std::max(side_at(other(from)).row, side_at(from).row);
        step(s, {.kind = step_kind::mark_synced, .expected = f.era});
    }
}

void world::check(const std::array<fence, 2>& before) {
    const fence& source = fence_at(side::source);
    const fence& target = fence_at(side::target);
    if (is_authority(source.role) && is_authority(target.role)) {
        break_invariant("I1: both sides are authorities");
    }
    for (const side s : {side::source, side::target}) {
        const side_state& here = side_at(s);
        const fence& f = here.control;
        if (f.epoch < before[index(s)].epoch) break_invariant("I1: an epoch fell");
        if (!is_authority(f.role)) continue;
        if (f.epoch <= here.gave_up) break_invariant("I1: a side came back at an old epoch");
        const side primary = joint_ ? primary_of(f.phase) : s;
        if (row_at(primary) != acknowledged_) break_invariant("I3: an acknowledged write is lost");
        if (primary_of(f.phase) != primary) break_invariant("the phase names the other side");
        if (f.synced && is_dual(f.phase) && owed(s) == 0 &&
            row_at(other(primary)) != row_at(primary)) {
            break_invariant("I6: synced, nothing owed, and the sides differ");
        }
    }
}

void world::break_invariant(std::string which) {
    if (broken_.empty()) {
        broken_ = std::move(which) + ": " + testing::PrintToString(fences());
    }
}

bool world::is_stable() const {
    const auto is = [&](side s, role r) { return fence_at(s).role == r; };
    if (joint_) return is(side::source, role::primary);
    return is(side::source, role::primary) != is(side::target, role::primary) &&
           !is(side::source, role::draining) && !is(side::target, role::draining);
}

std::string world::text() const {
    std::string out;
    const auto add = [&](auto value) { out += static_cast<char>(value); };
    for (const side_state& s : sides_) {
        const fence& f = s.control;
        for (const auto number : {f.epoch, f.era, s.gave_up, s.dead, s.dirty})
            add(number);
        for (const epoch under : s.owed)
            add(under);
        add(f.role);
        add(f.phase);
        add(f.mode);
        add(f.synced);
        add(s.row);
    }
    add(acknowledged_);
    return out;
}

} // namespace tandem
