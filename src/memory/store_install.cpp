// SPDX-License-Identifier: BSL-1.0
//
// Installing and leaving.
#include "tandem/memory/store.hpp"

#include "memory/store_state.hpp"

#include <algorithm>

namespace tandem::memory {

using testing::operation;

namespace {

bool may_leave(const fence& f, const uninstall_step& leave) {
    if (leave.role == role::primary) {
        return f.role == role::primary && f.epoch == leave.epoch && !is_dual(f.phase);
    }
    return !is_authority(f.role) && f.epoch <= leave.epoch;
}

/// Under the gate and the exclusive mutex. A call that found `control` a moment ago meets fences
/// under which it can do nothing, and the next one looks again.
void close_for_ever(detail::side_data& control) {
    for (auto& f : control.fences)
        f = {.bucket = f.bucket, .epoch = epoch_max};
    control.tombstones.clear();
    control.dirty.clear();
    control.operations.clear();
    control.spools.clear();
    control.gone.store(true, std::memory_order_release);
}

} // namespace

result<void> store::install(const call_context& call) {
    return state_->faulty(operation::install, [&]() -> result<void> {
        TANDEM_TRY(state_->ready(call));
        const auto& b = state_->bound;
        TANDEM_TRY(auto gate, state_->enter_writer(call));
        const std::scoped_lock lock(state_->db.mutex);
        for (const auto& [name, held] : state_->db.sides) {
            if (name.first != b.migration && held->id == b.id) {
                return error(errc::invalid_options,
                             "migration \"" + name.first +
                                 "\" has the same number; choose another name");
            }
        }
        auto& held = state_->db.sides[{b.migration, b.side}];
        if (held) {
            if (static_cast<int>(held->fences.size()) == b.buckets) return success();
            return error(errc::invalid_options,
                         "migration \"" + b.migration + "\" was installed with " +
                             std::to_string(held->fences.size()) + " buckets");
        }
        held = std::make_unique<detail::side_data>();
        held->id = b.id;
        const role first = b.side == side::source ? role::primary : role::secondary;
        for (int i = 0; i < b.buckets; ++i) {
            held->fences.push_back({.bucket = i, .epoch = 1, .role = first});
        }
        return success();
    });
}

result<void> store::add_version_columns(const call_context& call) { return install(call); }

result<bool> store::uninstall(const uninstall_step& leave, const call_context& call) {
    return state_->faulty(operation::uninstall, [&]() -> result<bool> {
        TANDEM_TRY(state_->control(call));
        TANDEM_TRY(auto gate, state_->enter_step(call));
        const std::scoped_lock lock(state_->db.mutex);
        const auto& b = state_->bound;
        const auto held = state_->db.sides.find({b.migration, b.side});
        if (held == state_->db.sides.end()) return errc::not_installed; // somebody was faster
        auto& control = *held->second;
        if (!std::all_of(control.fences.begin(), control.fences.end(),
                         [&](const fence& f) { return may_leave(f, leave); })) {
            return false;
        }
        if (!control.outbox.empty()) {
            return error(errc::changes_owed, std::to_string(control.outbox.size()) +
                                                 " changes are still owed to the other side");
        }
        if (leave.empty_tables) {
            for (auto* table : state_->tables[index(b.side)])
                table->rows.clear();
        }
        close_for_ever(control);
        state_->db.former.push_back(std::move(held->second));
        state_->db.sides.erase(held);
        return true;
    });
}

} // namespace tandem::memory
