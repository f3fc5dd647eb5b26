// SPDX-License-Identifier: BSL-1.0
//
// A write at the primary under its fence: the version rule, the tombstone and the intent, or in
// joint mode both tables. Used by single writes and by transactions alike. The caller holds the
// transaction and has seen role P.
#pragma once

#include "tandem/core/write.hpp"

#include "sqlite/rows.hpp"

namespace tandem::sqlite::detail {

/// Where the reply is `exists` or `absent`, nothing was written. The reply's change is left to
/// complete_reply(). After an error the caller rolls back. Errors: unsupported (an erase of a table
/// without deletes), and those of the statements.
[[nodiscard]] result<write_reply> write_under_fence(connection& c, const state& s, const fence& f,
                                                    const write_command& command);

/// The row as it will be committed, for a write that wants it and owes it.
[[nodiscard]] result<void> complete_reply(connection& c, const state& s,
                                          const write_command& command, write_reply& reply);

} // namespace tandem::sqlite::detail
