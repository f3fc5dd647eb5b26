// SPDX-License-Identifier: BSL-1.0
//
// The breaker of a side, as the threads of a process share it.
#pragma once

#include "tandem/engine/breaker.hpp"
#include "tandem/system_clock.hpp"

#include <mutex>

namespace tandem::detail {

/// A breaker that several threads ask.
struct shared_breaker {
    shared_breaker(const breaker_options& options, std::uint64_t seed, monotonic_time now)
        : machine(options, seed, now) {}
    std::mutex mutex;
    breaker machine; // guarded by mutex
};

/// A call that the breaker let through. One that ends by an exception of a host's code counts as
/// failed: the probe would be out for ever.
class admitted_call {
public:
    admitted_call(shared_breaker& of, breaker::answer given, const any_clock& clock) noexcept
        : of_(of), given_(given), clock_(clock) {}
    admitted_call(const admitted_call&) = delete;
    admitted_call& operator=(const admitted_call&) = delete;
    ~admitted_call() {
        if (ended_) return;
        const std::lock_guard lock(of_.mutex);
        of_.machine.report(clock_.now(), given_, breaker::outcome::failed);
    }
    /// The caller reports what it came to.
    void end() noexcept { ended_ = true; }

private:
    shared_breaker& of_;
    breaker::answer given_;
    const any_clock& clock_;
    bool ended_ = false;
};

} // namespace tandem::detail
