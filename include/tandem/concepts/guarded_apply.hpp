// SPDX-License-Identifier: BSL-1.0
//
// guarded_apply: changes applied at the secondary, each only where its version is newer than what
// the store holds, tombstones included, and only where the side's epoch is not newer than the
// change's.
//
//     struct my_store /* also fenced */ {
//         result<std::vector<apply_status>> apply(std::span<const change>, const call_context&);
//     };
//
// Models: memory::store, sqlite::store, postgres::store. See also: core/change.hpp.
#pragma once

#include "tandem/concepts/fenced.hpp"

namespace tandem {

template <class S>
concept guarded_apply = fenced<S> &&
    requires(S& s, std::span<const change> changes, const call_context& call) {
    // One transaction for all: an error means that none was applied. Each key at most once, any
    // order; result[i] belongs to changes[i]. A change of a closed epoch is skipped, the others go
    // on. Outcome unknown is not an error class of its own here: sending again is harmless.
    { s.apply(changes, call) } -> std::same_as<result<std::vector<apply_status>>>;
};

} // namespace tandem
