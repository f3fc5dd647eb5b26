// SPDX-License-Identifier: BSL-1.0
//
// What a memory::store is made of, shared by the sources that implement its operations.
#pragma once

#include "tandem/memory/store.hpp"

#include "memory/content.hpp"

#include <array>
#include <atomic>
#include <mutex>

namespace tandem::memory::detail {

class store_state {
public:
    store_state(database_state& d, store_options o) : db(d), options(o) {}

    database_state& db;
    const store_options options;
    // Constant after bind().
    binding bound;
    std::array<std::vector<table_data*>, 2> tables; ///< by index(side) and table_id

    /// The tables of a side: in joint mode that side's, else this store's own.
    [[nodiscard]] table_data& table(side s, table_id t) const { return *tables[index(s)][t]; }
    [[nodiscard]] side other_side(side s) const { return other(s); }

    /// The control tables. Errors: not_started (before bind), timeout, not_installed.
    [[nodiscard]] result<side_data*> control(const call_context& call);
    /// Errors: not_started, timeout, invalid_mapping (no such table).
    [[nodiscard]] result<void> ready(const call_context& call) const;
    [[nodiscard]] result<void> ready(const call_context& call, table_id t) const;

    [[nodiscard]] result<writer_gate::hold> enter_writer(const call_context& call) {
        return db.gate.enter(call, db.options.lock_timeout);
    }
    /// For steps and purge: the shorter wait.
    [[nodiscard]] result<writer_gate::hold> enter_step(const call_context& call) {
        return db.gate.enter(call, db.options.step_lock_timeout);
    }

    /// Runs an operation as the fault injector wants it. `run` gives back a result<...>.
    template <class F>
    auto faulty(testing::operation op, F&& run) -> decltype(run()) {
        if (options.faults == nullptr) return run();
        const auto plan = options.faults->next(op);
        for (const auto& f : plan.before)
            f();
        if (!plan.run) return *plan.answer;
        auto answer = run();
        for (const auto& f : plan.after)
            f();
        if (plan.answer) return *plan.answer;
        return answer;
    }

private:
    std::atomic<side_data*> control_{nullptr}; // found once; again when it is gone
};

} // namespace tandem::memory::detail
