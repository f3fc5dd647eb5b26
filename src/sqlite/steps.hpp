// SPDX-License-Identifier: BSL-1.0
//
// Pieces of the steps of a switch that leaving a file needs, too. They run in the caller's
// transaction.
#pragma once

#include "sqlite/state.hpp"

namespace tandem::sqlite::detail {

/// Removes all rows of this store's tables at a side. After load_layouts().
[[nodiscard]] result<void> empty_tables(connection& c, const state& s, side which);

} // namespace tandem::sqlite::detail
