// SPDX-License-Identifier: BSL-1.0
//
// transaction_lookup: a store whose server remembers for a while what became of a transaction. An
// error outcome_unknown of its writes then carries a token (error::transaction_token).
//
//     struct my_store /* also a store */ {
//         result<operation_status> transaction_status(std::string_view token,
//                                                     const call_context&);
//     };
//
// Models: postgres::store. See also: operation_log.hpp, which needs no luck.
#pragma once

#include "tandem/core/operation.hpp"
#include "tandem/concepts/store.hpp"

namespace tandem {

template <class S>
concept transaction_lookup = store<S> &&
    requires(S& s, std::string_view token, const call_context& call) {
    // committed, not_committed, pending (it has not ended), or unknown (the server forgot it, or
    // the token is another store's).
    { s.transaction_status(token, call) } -> std::same_as<result<operation_status>>;
};

} // namespace tandem
