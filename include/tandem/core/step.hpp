// SPDX-License-Identifier: BSL-1.0
//
// The steps of a switch. Each is one transaction at one side: the exclusive fence lock of every
// bucket first, then a compare-and-set on the fence rows of all buckets. Anybody may repeat a step;
// it changes something at most once. Source: protocol, section 5; the letters there are given here.
#pragma once

#include "tandem/core/fence.hpp"
#include "tandem/core/schema.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tandem {

enum class step_kind : std::uint8_t {
    begin_handover, ///< H1 at X: P at e, synced, dual -> D at e+1
    decide, ///< H3 at X: D at e, outbox empty, no dirty mark -> H at e, phase 5-phase: the commit
    enable, ///< H4 at Y: epoch < e -> P at e with `phase`, synced, era e; floor, sequences raised
    abort,  ///< HA at X: D at e -> P at e+1
    enter_secondary, ///< A1 at S: epoch < e+1 -> S at e+1; mode reset empties the tables, purges
    enter_primary,   ///< A2 at P: P at e in phase 1 or 4 -> e+1, era e+1, not synced, phase 2 or 3;
                     ///< mode reset removes the dirty marks
    leave, ///< Z  at P: P at e in phase 2 or 3 -> e+1, not synced, phase 1 or 4; outbox dropped
    roll_primary,   ///< R1 at P: P at e -> e+1
    roll_secondary, ///< R3 at S: epoch < e -> S at e
    mark_synced,    ///< at P: P with era e in phase 2 or 3 -> synced
    retire, ///< U1 at OLD: S or H, epoch <= e -> H at e in phase 4: it was left behind for good
};
[[nodiscard]] std::string_view to_string(step_kind kind) noexcept;

/// The last value a sequence of a mapped column gave out at a side, or the greatest key it holds.
struct sequence_value {
    table_id table = 0;
    std::size_t field = 0;
    std::int64_t last = 0;
};

struct switch_step {
    step_kind kind = step_kind::mark_synced;
    tandem::epoch expected = 0;            ///< the e of the step's line above
    tandem::phase phase = phase::old_only; ///< enable only
    version floor;                         ///< enable only: the greatest floor of X
    std::vector<sequence_value> sequences; ///< enable only: what X gave out
    std::int64_t sequence_margin = 1000;   ///< enable only: how far above X the sequences start
    era_mode mode = era_mode::reset;       ///< enter_secondary, enter_primary
    std::string by;                        ///< who, for the fence row; at most 200 bytes
    std::string reason;                    ///< why, for the fence row; at most 1000 bytes
};

} // namespace tandem
