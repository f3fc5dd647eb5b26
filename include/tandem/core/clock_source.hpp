// SPDX-License-Identifier: BSL-1.0
//
// The one place of the library that reads the monotonic clock. Stores use it to turn a deadline
// into the time that is left; everything above them takes a clock (concepts/clock.hpp).
#pragma once

#include "tandem/core/call.hpp"

namespace tandem {

[[nodiscard]] monotonic_time monotonic_now() noexcept;

/// What is left until the deadline, 0 where it has passed, rounded up to whole milliseconds.
[[nodiscard]] milliseconds time_left(const call_context& call) noexcept;

} // namespace tandem
