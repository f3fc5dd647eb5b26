// SPDX-License-Identifier: BSL-1.0
//
// What every call carries: until when it may take. The time points are those of the monotonic clock
// (concepts/clock.hpp); this header only names the type and reads no clock.
#pragma once

#include <chrono>

namespace tandem {

using monotonic_time = std::chrono::steady_clock::time_point;
using std::chrono::milliseconds;

/// Every store operation ends by `deadline`, with errc::timeout where nothing can have been
/// committed and errc::outcome_unknown where a commit may be under way.
struct call_context {
    monotonic_time deadline = monotonic_time::max();
};

} // namespace tandem
