// SPDX-License-Identifier: BSL-1.0
//
// constrained: a store whose tables may have unique constraints of their own beside the key. Its
// apply() refuses (errc::constraint) what breaks one when all changes are applied, not what breaks
// it on the way, so two rows may swap their values; and it can tell whose rows are in the way of
// the changes.
//
//     struct my_store /* also guarded_apply */ {
//         result<std::vector<holder>> holders(std::span<const change>, const call_context&);
//     };
//
// Models: postgres::store. See also: guarded_apply.hpp, docs/adr/0032.
#pragma once

#include "tandem/concepts/guarded_apply.hpp"

namespace tandem {

template <class S>
concept constrained = guarded_apply<S> &&
    requires(S& s, std::span<const change> changes, const call_context& call) {
    // The rows of this side that share a value of a unique constraint with a change and have
    // another key, as they stand now, at most 10000. Rows of other changes of the list may be among
    // them, and rows that are in nobody's way; a constraint that the store cannot look through has
    // none.
    { s.holders(changes, call) } -> std::same_as<result<std::vector<holder>>>;
};

} // namespace tandem
