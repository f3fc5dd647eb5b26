// SPDX-License-Identifier: BSL-1.0
//
// The way of the table from the source to the target: forward, with the target failing, forward
// again, back, forward once more and to the end, while the traffic goes on; at one point the
// traffic pauses and both stores are compared. The functions are for one caller.
#pragma once

#include "database.hpp"
#include "monitor.hpp"
#include "traffic.hpp"

namespace demo {

struct switch_done {
    tandem::phase from{};
    tandem::phase to{};
    microseconds took{0};
    microseconds slowest_write{0}; ///< of those that ended during the switch or just after it
};

struct walk_report {
    std::vector<switch_done> switches;
    std::int64_t backfilled = 0;
    microseconds backfill_took{0};
    std::int64_t owed_after_outage = 0;
    microseconds drained_in{0};
    std::int64_t rows_compared = 0; ///< at the point where both stores have to be equal
    std::vector<finding> findings;  ///< at that point
};

/// What the walk uses; all of it outlives the walk.
struct walk_parts {
    tandem::migration& moved;
    database& source;
    database& target;
    traffic& load;
    const ground& where;
    monitor& watch;
    display& screen;
    std::chrono::milliseconds length;
};

/// Errors: interrupted, stuck (something that has to end did not), and those of tandem.
[[nodiscard]] outcome<walk_report> walk(const walk_parts& parts);

/// All rows of one side, at rest.
[[nodiscard]] outcome<table_image> read_table(database& side, tandem::side which);

/// The journal against the store that decides, at rest.
[[nodiscard]] std::vector<finding> check_against(const ground& where, const table_image& rows);

} // namespace demo
