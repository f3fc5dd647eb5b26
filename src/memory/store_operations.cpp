// SPDX-License-Identifier: BSL-1.0
//
// The records of operations. An id is under way from begin() to the end of its transaction, which
// holds the writer gate meanwhile: who asks looks there first and need not wait.
#include "tandem/memory/store.hpp"

#include "memory/store_state.hpp"

#include <mutex>

namespace tandem::memory {

using testing::operation;

namespace {

/// P or D in a phase with a secondary: what is held is owed.
bool has_era(const detail::side_data& control) {
    const fence& f = control.fences.front();
    return is_authority(f.role) && is_dual(f.phase);
}

} // namespace

result<operation_answer> store::conclude(const operation_id& id, milliseconds retention,
                                         const call_context& call) {
    return state_->faulty(operation::log, [&]() -> result<operation_answer> {
        TANDEM_TRY(auto* control, state_->control(call));
        {
            const std::shared_lock lock(state_->db.mutex);
            if (control->under_way.contains(id)) {
                return operation_answer{control->fences.front(),
                                        operation_outcome{operation_status::pending, {}}};
            }
        }
        TANDEM_TRY(auto gate, state_->enter_writer(call));
        operation_answer out{control->fences.front(), {}};
        if (out.fence.role != role::primary) return out;
        out.outcome = outcome_of(id, control->find(id), retention, state_->db.options.unix_now());
        if (out.outcome) return out;
        const std::scoped_lock lock(state_->db.mutex);
        control->operations.emplace(id, held_operation{{.id = id}, !state_->bound.is_joint()});
        out.outcome = operation_outcome{operation_status::not_committed, {}};
        return out;
    });
}

result<std::vector<operation_record>> store::owed_operations(std::size_t limit,
                                                             const call_context& call) {
    return state_->faulty(operation::log, [&]() -> result<std::vector<operation_record>> {
        TANDEM_TRY(auto* control, state_->control(call));
        const std::shared_lock lock(state_->db.mutex);
        std::vector<operation_record> out;
        if (!has_era(*control)) return out;
        for (const auto& [id, held] : control->operations) {
            if (out.size() == limit) break;
            if (held.owed) out.push_back(held.record);
        }
        return out;
    });
}

result<void> store::add_operations(std::span<const operation_record> records,
                                   const call_context& call) {
    return state_->faulty(operation::log, [&]() -> result<void> {
        TANDEM_TRY(auto* control, state_->control(call));
        TANDEM_TRY(auto gate, state_->enter_writer(call));
        const std::scoped_lock lock(state_->db.mutex);
        for (const auto& r : records)
            control->operations.emplace(r.id, held_operation{r, false});
        return success();
    });
}

result<void> store::operations_delivered(std::span<const operation_record> records,
                                         const call_context& call) {
    return state_->faulty(operation::log, [&]() -> result<void> {
        TANDEM_TRY(auto* control, state_->control(call));
        TANDEM_TRY(auto gate, state_->enter_writer(call));
        const std::scoped_lock lock(state_->db.mutex);
        for (const auto& r : records) {
            const auto found = control->operations.find(r.id);
            if (found != control->operations.end()) found->second.owed = false;
        }
        return success();
    });
}

result<std::int64_t> store::purge_operations(milliseconds retention, std::size_t limit,
                                             const call_context& call) {
    return state_->faulty(operation::log, [&]() -> result<std::int64_t> {
        TANDEM_TRY(auto* control, state_->control(call));
        TANDEM_TRY(auto gate, state_->enter_step(call));
        const std::scoped_lock lock(state_->db.mutex);
        const operation_id end = purge_limit(retention, state_->db.options.unix_now());
        std::int64_t purged = 0;
        for (auto it = control->operations.begin();
             it != control->operations.end() && it->first < end &&
             purged < static_cast<std::int64_t>(limit);
             ++purged) {
            it = control->operations.erase(it);
        }
        return purged;
    });
}

} // namespace tandem::memory
