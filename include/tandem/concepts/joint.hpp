// SPDX-License-Identifier: BSL-1.0
//
// joint: a store that holds both tables of a migration in one database and writes them in one
// transaction (same_transaction mode). It needs no versions, outbox or relay; what it does need is
// its own way to fill the secondary table beside running writers.
//
//     struct my_store /* also fenced, bound with binding::joint */ {
//         result<std::optional<key>> copy_chunk(table_id, const std::optional<key>& after,
//                                               epoch era,
//                                               std::size_t limit, const call_context&);
//     };
//
// Models: memory::store, sqlite::store, postgres::store. See also: core/binding.hpp, fenced.hpp.
#pragma once

#include "tandem/concepts/fenced.hpp"

#include <optional>

namespace tandem {

template <class S>
concept joint = fenced<S> && requires(S& s, table_id table, const std::optional<key>& after,
                                      epoch era, std::size_t limit, const call_context& call) {
    // One transaction: enters the fence shared, checks that the phase is dual and the era is
    // `era`, and copies up to `limit` rows behind `after`, in key order, from the primary table
    // to the other. The primary's rows are locked until the commit: without that an older row
    // could overwrite a newer one or resurrect a deleted one. Gives back the last key copied, or
    // nothing where no row is left. Errors: fenced (another phase or era; nothing was copied),
    // unsupported (the store is not bound in joint mode).
    { s.copy_chunk(table, after, era, limit, call) } -> std::same_as<result<std::optional<key>>>;
};

} // namespace tandem
