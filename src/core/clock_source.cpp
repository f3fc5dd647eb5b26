// SPDX-License-Identifier: BSL-1.0
#include "tandem/core/clock_source.hpp"

namespace tandem {

monotonic_time monotonic_now() noexcept { return std::chrono::steady_clock::now(); }

milliseconds time_left(const call_context& call) noexcept {
    const monotonic_time now = monotonic_now();
    // Compared before subtracting: a deadline far in the past would overflow the difference.
    if (call.deadline <= now) return milliseconds{0};
    return std::chrono::ceil<milliseconds>(call.deadline - now);
}

} // namespace tandem
