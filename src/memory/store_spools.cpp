// SPDX-License-Identifier: BSL-1.0
//
// The registered spools of a keyed source. As dirty marks they change without the writer gate.
#include "tandem/memory/store.hpp"

#include "memory/store_state.hpp"

namespace tandem::memory {

using detail::held_spool;
using testing::operation;

namespace {

spool_entry as_of(const held_spool& held, monotonic_time now) {
    spool_entry out = held.entry;
    out.left = std::chrono::duration_cast<milliseconds>(held.until - now);
    return out;
}

bool may_take(const held_spool& held, const spool_report& report, monotonic_time now) {
    if (held.entry.holder == report.holder) return true;
    if (!report.first) return false;
    return held.entry.place == report.place || held.entry.lost || held.until <= now;
}

} // namespace

result<spool_entry> store::report_spool(const spool_report& report, const call_context& call) {
    return state_->faulty(operation::note, [&]() -> result<spool_entry> {
        TANDEM_TRY(auto* control, state_->control(call));
        const monotonic_time now = state_->db.options.now();
        const std::scoped_lock lock(state_->db.mutex);
        if (control->gone) return errc::not_installed; // just now
        const auto found = control->spools.find(report.owner);
        if (found != control->spools.end() && !may_take(found->second, report, now)) {
            return as_of(found->second, now);
        }
        auto& held = control->spools[report.owner];
        held.entry = {.owner = report.owner,
                      .place = report.place,
                      .holder = report.holder,
                      .owed = report.owed,
                      .epoch = report.epoch};
        held.until = now + report.lease;
        return as_of(held, now);
    });
}

result<std::vector<spool_entry>> store::spools(const call_context& call) {
    return state_->faulty(operation::owed, [&]() -> result<std::vector<spool_entry>> {
        TANDEM_TRY(auto* control, state_->control(call));
        const monotonic_time now = state_->db.options.now();
        const std::shared_lock lock(state_->db.mutex);
        std::vector<spool_entry> out;
        for (const auto& [owner, held] : control->spools)
            out.push_back(as_of(held, now));
        return out;
    });
}

result<bool> store::lose_spool(const spool_entry& seen, const call_context& call) {
    return state_->faulty(operation::note, [&]() -> result<bool> {
        TANDEM_TRY(auto* control, state_->control(call));
        const monotonic_time now = state_->db.options.now();
        const std::scoped_lock lock(state_->db.mutex);
        const auto found = control->spools.find(seen.owner);
        if (found == control->spools.end()) return false;
        held_spool& held = found->second;
        if (held.entry.holder != seen.holder || now < held.until) return false;
        held.entry.lost = true;
        return true;
    });
}

result<bool> store::close_spool(const spool_entry& seen, const call_context& call) {
    return state_->faulty(operation::note, [&]() -> result<bool> {
        TANDEM_TRY(auto* control, state_->control(call));
        const std::scoped_lock lock(state_->db.mutex);
        return std::erase_if(control->spools, [&](const auto& held) {
                   const spool_entry& e = held.second.entry;
                   return e.owner == seen.owner && e.holder == seen.holder && e.lost == seen.lost;
               }) > 0;
    });
}

} // namespace tandem::memory
