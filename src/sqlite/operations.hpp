// SPDX-License-Identifier: BSL-1.0
//
// The records of operations on a connection whose transaction the caller holds: the file's write
// lock is the lock of every id.
#pragma once

#include "tandem/core/operation.hpp"

#include "sqlite/state.hpp"

namespace tandem::sqlite::detail {

/// A record, and the database's own clock.
struct looked_up {
    std::optional<operation_record> found;
    std::int64_t now_ms = 0;
};
[[nodiscard]] result<looked_up> find_operation(connection& c, const state& s,
                                               const operation_id& id);

/// Leaves one that is there as it is.
[[nodiscard]] result<void> add_operation(connection& c, const state& s,
                                         const operation_record& record, bool owed);

} // namespace tandem::sqlite::detail
