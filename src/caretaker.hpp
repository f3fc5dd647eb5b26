// SPDX-License-Identifier: BSL-1.0
//
// What keeps tombstones and records of operations from piling up, as parts of a coordinator's
// housekeeping and of its roll_epoch() (tombstones.cpp). Stateless: the fences say how far a roll
// is. Not installed.
#pragma once

#include "coordinator.hpp"

namespace tandem::detail {

struct coordinator::caretaker {
    coordinator& c;

    /// Those that nobody needs.
    [[nodiscard]] result<void> purge(side s, const call_context& call);
    /// Those that a newer row outdates; goes on where the last round of this process ended.
    [[nodiscard]] result<void> sweep(side s, const call_context& call);
    /// Records of operations that are older than the retention.
    [[nodiscard]] result<void> purge_operations(side s, const call_context& call);
    /// Begins or goes on with a roll where the secondary holds so many. Never waits: what is not
    /// possible now, a later round does.
    void roll_if_full(const fence_pair& seen, std::int64_t roll_at);
    /// A step of the roll: R1 or R3. R3 only after nothing of an epoch below `expected` was owed,
    /// seen later than the primary's fence said `expected`.
    [[nodiscard]] result<bool> take(side at, step_kind kind, epoch expected,
                                    const roll_options& options);
    /// R2.
    [[nodiscard]] result<void> wait_for_older(side primary, epoch than, monotonic_time deadline);
};

} // namespace tandem::detail
