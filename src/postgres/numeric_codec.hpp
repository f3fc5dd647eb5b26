// SPDX-License-Identifier: BSL-1.0
//
// numeric in PostgreSQL's binary format and as decimal text. Exact both ways: every digit, the
// scale, NaN and the infinities.
#pragma once

#include "tandem/core/types.hpp"

#include <string>
#include <string_view>

namespace tandem::postgres::detail {

/// Appends the binary form. Errors: out_of_range for more digits than the server takes (131,072
/// before the point, 16,383 after it).
[[nodiscard]] result<void> put_numeric(std::string& out, const decimal& value);

/// Errors: corrupt_data.
[[nodiscard]] result<decimal> get_numeric(std::string_view in);

} // namespace tandem::postgres::detail
