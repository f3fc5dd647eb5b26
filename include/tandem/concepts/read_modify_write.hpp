// SPDX-License-Identifier: BSL-1.0
//
// read_modify_write: transactions that read and write several keys at the primary.
//
//     struct my_store /* also transactional_intent */ {
//         result<begin_reply> begin(std::span<const table_key>, isolation, const call_context&);
//     };
//
// Models: memory::store, sqlite::store, postgres::store. See also: core/transaction.hpp.
#pragma once

#include "tandem/core/transaction.hpp"
#include "tandem/concepts/transactional_intent.hpp"

namespace tandem {

template <class S>
concept read_modify_write = transactional_intent<S> &&
    requires(S& s, std::span<const table_key> keys, isolation level, const call_context& call) {
    // Enters the fence of every key's bucket (ascending) before anything else, then locks the keys
    // that may be absent. keys: sorted by (table, encoded key), no duplicates, at least one.
    // Deadlines and errors as of transactional_intent::write; the call's deadline covers the whole
    // transaction.
    { s.begin(keys, level, call) } -> std::same_as<result<begin_reply>>;
};

} // namespace tandem
