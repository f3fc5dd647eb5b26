// SPDX-License-Identifier: BSL-1.0
//
// Where a new connection gets its password from, if not from libpq's own places: the host's
// callback, or a file that nobody else may read. No error here names anything but the option.
#pragma once

#include "tandem/postgres/pool.hpp"

#include <optional>

namespace tandem::postgres::detail {

/// Errors: invalid_options (see pool_options::password_file), authentication (an empty password),
/// what the callback says.
[[nodiscard]] result<std::optional<std::string>> read_password(const pool_options& options,
                                                               std::string_view user);

/// The content of the file without the newline at its end. Errors: invalid_options.
[[nodiscard]] result<std::string> read_password_file(const std::string& path);

} // namespace tandem::postgres::detail
