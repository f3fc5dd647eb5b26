// SPDX-License-Identifier: BSL-1.0
//
// The one place of the library that reads the system's clocks. Stores use the monotonic one to turn
// a deadline into the time that is left; everything above them takes a clock (concepts/clock.hpp).
// The wall clock dates operation ids, and nothing is ever decided by comparing it between machines.
#pragma once

#include "tandem/core/call.hpp"

#include <cstdint>

namespace tandem {

[[nodiscard]] monotonic_time monotonic_now() noexcept;

/// What is left until the deadline, 0 where it has passed, rounded up to whole milliseconds.
[[nodiscard]] milliseconds time_left(const call_context& call) noexcept;

/// The wall clock: milliseconds since 1970-01-01 00:00 UTC.
[[nodiscard]] std::int64_t unix_now_ms() noexcept;

} // namespace tandem
