// SPDX-License-Identifier: BSL-1.0
//
// One comparison of both sides under way: verify() only counts what differs, the adoption of a
// secondary (adopt.cpp) has it stated anew. One thread at a time. Not installed.
#pragma once

#include "coordinator.hpp"

#include <functional>

namespace tandem::detail {

struct coordinator::verify_run {
    const verify_options& options;
    side primary;
    epoch era;
    verify_report report = {};
    bool mends = false;        ///< what differs is stated anew at the primary, and not counted
    std::int64_t mended = 0;   ///< keys; whether it helped, the next comparison shows
    std::int64_t unburied = 0; ///< extra rows of tables that have no deletes
    table_id unburied_table = 0;
    /// Where it is there: may end the comparison.
    std::function<result<void>()> after_chunk = {};

    /// The key's state at the primary, stated anew above what the secondary holds; false where it
    /// is not to be mended, or cannot.
    [[nodiscard]] result<bool> mend(coordinator& c, table_id table, const row_key& at,
                                    const std::optional<stored_row>& at_secondary);
    /// Brings an adopted secondary to the state of the primary: compares all, and mends what
    /// differs, until nothing does. Errors: not_synced, unsupported, cancelled.
    [[nodiscard]] static result<void> reconcile(coordinator& c, side primary, epoch era,
                                                const backfill_options& options);

    void count(table_id table, const key_bytes& key, difference_kind kind) {
        switch (kind) {
        case difference_kind::missing: ++report.missing; break;
        case difference_kind::extra: ++report.extra; break;
        case difference_kind::mismatched: ++report.mismatched; break;
        }
        if (report.named.size() < options.named_max) report.named.push_back({kind, table, key});
    }
};

/// Tells the host how far a backfill is. Errors: cancelled.
[[nodiscard]] result<void> report_backfill(const backfill_options& options,
                                           const std::string& table, std::int64_t rows, bool done);

} // namespace tandem::detail
