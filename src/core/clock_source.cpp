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

std::int64_t unix_now_ms() noexcept {
    const auto since = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<milliseconds>(since).count();
}

} // namespace tandem
