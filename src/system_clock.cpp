// SPDX-License-Identifier: BSL-1.0

#include "tandem/system_clock.hpp"

#include "tandem/core/clock_source.hpp"

#include <thread>

namespace tandem {

monotonic_time system_clock::now() const { return monotonic_now(); }

void system_clock::sleep_until(monotonic_time when) { std::this_thread::sleep_until(when); }

} // namespace tandem
