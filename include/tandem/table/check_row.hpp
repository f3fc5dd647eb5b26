// SPDX-License-Identifier: BSL-1.0
//
// Whether a row may be written to a table: asked before the row is sent anywhere, so that what a
// store would refuse, or silently change, is refused with the column's name. Pure and thread-safe.
// It does not look at texts: record_codec::to_row has checked those.
#pragma once

#include "tandem/core/limits.hpp"
#include "tandem/core/schema.hpp"

namespace tandem {

/// Errors: type_mismatch (a cell of another type than its column, or a row of another length),
/// unexpected_null (NULL in a column that is not nullable), out_of_range (an integer that the
/// column cannot hold, a finite number beyond float32), row_too_large (limits::row_bytes_max).
[[nodiscard]] result<void> check_row(const table_schema& table, const row& image,
                                     const limits& bounds);

} // namespace tandem
