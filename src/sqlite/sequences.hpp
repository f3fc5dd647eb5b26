// SPDX-License-Identifier: BSL-1.0
//
// The values SQLite gives out itself: INTEGER PRIMARY KEY, and AUTOINCREMENT, which remembers its
// last one in sqlite_sequence. Before a side becomes primary, its sequences go above the other
// side's.
#pragma once

#include "tandem/core/step.hpp"

#include "sqlite/rows.hpp"

#include <span>

namespace tandem::sqlite::detail {

/// The greatest value given out or present, of every table of this side whose key is the rowid.
[[nodiscard]] result<std::vector<sequence_value>> list_sequences(connection& c, const state& s);

/// Moves the AUTOINCREMENT sequences of this side `margin` above what `given` and the tables say.
[[nodiscard]] result<void> move_sequences(connection& c, const state& s,
                                          std::span<const sequence_value> given,
                                          std::int64_t margin);
/// The same in joint mode: those of `primary` above those of the other side.
[[nodiscard]] result<void> move_joint_sequences(connection& c, const state& s, side primary,
                                                std::int64_t margin);

} // namespace tandem::sqlite::detail
