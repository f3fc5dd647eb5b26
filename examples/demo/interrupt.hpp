// SPDX-License-Identifier: BSL-1.0
//
// SIGINT, SIGTERM and SIGHUP ask the demo to stop; it then cleans up and ends with status 7. Closed
// pipes are seen by who writes into them. Thread-safe.
#pragma once

namespace demo {

void catch_interrupts();
[[nodiscard]] bool is_interrupted() noexcept;
/// The same as a signal.
void interrupt() noexcept;

} // namespace demo
