// SPDX-License-Identifier: BSL-1.0
#include "interrupt.hpp"

#include <atomic>
#include <csignal>

namespace demo {

namespace {

std::atomic<bool> interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free, "it is set by a signal handler");

void on_signal(int) { interrupted.store(true); }

} // namespace

void catch_interrupts() {
    struct sigaction action = {};
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    for (const int number : {SIGINT, SIGTERM, SIGHUP})
        ::sigaction(number, &action, nullptr);
    action.sa_handler = SIG_IGN;
    ::sigaction(SIGPIPE, &action, nullptr);
}

bool is_interrupted() noexcept { return interrupted.load(); }
void interrupt() noexcept { interrupted.store(true); }

} // namespace demo
