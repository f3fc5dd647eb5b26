// SPDX-License-Identifier: BSL-1.0
//
// The records of operations inside a transaction that the caller has open, and the token by which
// a transaction is looked up later.
#pragma once

#include "tandem/core/operation.hpp"

#include "postgres/store_state.hpp"

#include <optional>
#include <string>

namespace tandem::postgres::detail {

/// A record, and the server's clock.
struct looked_up {
    std::optional<operation_record> found;
    std::int64_t now_ms = 0;
};
/// Of the answer to find_operation.
[[nodiscard]] result<looked_up> looked_up_in(const result_set& line, const operation_id& id);

/// The parameter of lock_operation and try_lock_operation.
[[nodiscard]] parameters lock_of(const sql_scope& scope, const operation_id& id);
/// The parameter of find_operation.
[[nodiscard]] parameters name_of(const operation_id& id);
/// The parameters of add_operation.
[[nodiscard]] parameters values_of(const operation_record& record);

/// The same error; outcome_unknown with the token of the transaction `xid`, 0: not known.
[[nodiscard]] error with_transaction(error found, const sql_scope& scope, std::int64_t xid);

} // namespace tandem::postgres::detail
