// SPDX-License-Identifier: BSL-1.0
//
// What the fingerprint of an operation is made of: the same text for the same call, in every
// process and every release, whatever the stores are. Pure. Not installed.
#pragma once

#include "tandem/core/transaction.hpp"
#include "tandem/core/write.hpp"

#include <span>
#include <string>

namespace tandem::detail {

/// Of whole rows.
[[nodiscard]] std::string content_of(std::span<const write_command> commands);
/// Of keys alone, where a function makes the rows.
[[nodiscard]] std::string content_of(std::span<const table_key> keys);

} // namespace tandem::detail
