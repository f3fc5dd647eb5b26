// SPDX-License-Identifier: BSL-1.0
//
// Adopting a secondary whose rows were loaded by other means (era_mode::adopt). A guarded copy
// cannot make it equal: a row that only the secondary has is met by no copy, and one whose version
// looks newer is taken for newer. Both are settled at the primary, by stating the key's state anew
// above the version that the secondary holds; from there it travels as every other change does.
// Nothing is ever written to the secondary directly, because a writer may be changing the key.

#include "verify_run.hpp"

#include <limits>

namespace tandem::detail {
namespace {

// Each round states what the one before left. More than a few mean that somebody writes to the
// secondary beside tandem.
constexpr int rounds_max = 4;
// Whether a row is given up is for the worker to say.
const relay_options looking_pass{.attempts_max = std::numeric_limits<int>::max()};
// A version beyond this leaves no room for the epochs to come.
constexpr version restatable_max{(epoch_max / 2) << epoch_shift};

error still_differ(const verify_report& r) {
    return {errc::not_synced,
            "the sides still differ (" + std::to_string(r.missing) + " rows missing, " +
                std::to_string(r.extra) + " extra, " + std::to_string(r.mismatched) + " other, " +
                std::to_string(r.unsettled) +
                " changed too fast to be compared); see that nobody writes to the secondary, then "
                "run the backfill again"};
}

} // namespace

result<bool> coordinator::verify_run::mend(coordinator& c, table_id table, const row_key& at,
                                           const std::optional<stored_row>& at_secondary) {
    const version above = at_secondary ? at_secondary->version : version{};
    if (!mends || above > restatable_max) return false;
    TANDEM_TRY(
        const auto reply,
        c.write({.kind = write_kind::restate, .table = table, .key = at, .above = above}, {}));
    const bool stated = reply.status == write_status::committed;
    if (stated) {
        ++mended;
    } else {
        ++unburied;
        unburied_table = table;
    }
    return stated;
}

result<void> coordinator::verify_run::reconcile(coordinator& c, side primary, epoch era,
                                                const backfill_options& options) {
    const verify_options looks{.chunk_rows = options.chunk_rows,
                               .chunk_timeout = options.chunk_timeout};
    for (int round = 1;; ++round) {
        verify_run run{.options = looks, .primary = primary, .era = era};
        run.mends = round < rounds_max;
        run.after_chunk = [&]() -> result<void> {
            return report_backfill(options, {}, run.report.rows, false);
        };
        TANDEM_TRY(c.compare_sides(run));
        if (run.unburied > 0) {
            return error(errc::unsupported,
                         "table " + c.tables_[0][run.unburied_table].name +
                             " is declared deletes_never, and the secondary has " +
                             std::to_string(run.unburied) +
                             " rows that the primary has not; leave the era, remove them there, "
                             "and enter it again");
        }
        if (run.mended == 0 && run.report.is_clean()) return success();
        if (!run.mends) return still_differ(run.report);
        while (c.relay_from(primary, looking_pass, relay_for::worker).settled > 0) {
            TANDEM_TRY(c.check_running());
        }
    }
}

} // namespace tandem::detail
