// SPDX-License-Identifier: BSL-1.0
//
// spool_registry: a target that knows the spools of a keyed source, so that one process can tell
// what all of them owe, and notices one that does not come back.
//
//     struct my_store /* also fenced */ {
//         result<spool_entry> report_spool(const spool_report&, const call_context&);
//         result<std::vector<spool_entry>> spools(const call_context&);
//         result<bool> lose_spool(const spool_entry&, const call_context&);
//         result<bool> close_spool(const spool_entry&, const call_context&);
//     };
//
// Each is one transaction. Leases are measured by the store's own clock. Models: memory::store,
// sqlite::store, postgres::store.
#pragma once

#include "tandem/core/spool_lease.hpp"
#include "tandem/concepts/fenced.hpp"

namespace tandem {

template <class S>
concept spool_registry = fenced<S> &&
    requires(S& s, const spool_report& report, const spool_entry& seen, const call_context& call) {
    // Registers, or renews; it is not lost then. Refused where another holder has it, unless the
    // report is a first one and that holder's lease is over, or its place the same. Gives back what
    // stands there afterwards: another holder's entry says that it was refused. Errors:
    // not_installed.
    { s.report_spool(report, call) } -> std::same_as<result<spool_entry>>;
    // Ascending by owner.
    { s.spools(call) } -> std::same_as<result<std::vector<spool_entry>>>;
    // Makes it a lost one, where owner and holder are as seen and its lease is over; whether it
    // did.
    { s.lose_spool(seen, call) } -> std::same_as<result<bool>>;
    // Removes it, where owner, holder and `lost` are as seen; whether it did.
    { s.close_spool(seen, call) } -> std::same_as<result<bool>>;
};

} // namespace tandem
