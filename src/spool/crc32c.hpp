// SPDX-License-Identifier: BSL-1.0
//
// CRC-32C (Castagnoli), as RFC 3720 gives it: reflected, initial value and final xor of all ones.
#pragma once

#include <cstdint>
#include <string_view>

namespace tandem::spool::detail {

[[nodiscard]] std::uint32_t crc32c(std::string_view bytes) noexcept;

} // namespace tandem::spool::detail
