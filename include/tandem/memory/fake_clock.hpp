// SPDX-License-Identifier: BSL-1.0
//
// testing::fake_clock: a clock that a test moves by hand. Time stands still until advance(); a
// thread in sleep_until() sleeps until the time is reached, or, with auto_advance, sets the clock
// to it at once and goes on. It starts a hundred years after the origin of the real monotonic
// clock, so that a deadline taken from it never passes for something that still reads the real one.
// Thread-safe.
//
//     tandem::testing::fake_clock clock;
//     std::thread sleeper([&] { clock.sleep_until(clock.now() + std::chrono::hours(1)); });
//     clock.wait_for_sleepers(1);               // it is asleep now
//     clock.advance(std::chrono::hours(1));     // and now awake
#pragma once

#include "tandem/concepts/clock.hpp"

#include <condition_variable>
#include <mutex>

namespace tandem::testing {

struct fake_clock_options {
    /// sleep_until() moves the clock to the time asked for instead of waiting.
    bool auto_advance = false;
};

class fake_clock {
public:
    static constexpr monotonic_time start{std::chrono::hours(24 * 365 * 100)};

    explicit fake_clock(fake_clock_options options = {}) : options_(options) {}
    fake_clock(const fake_clock&) = delete;
    fake_clock& operator=(const fake_clock&) = delete;

    [[nodiscard]] monotonic_time now() const;

    /// Returns when the clock has reached `until`, or after release().
    void sleep_until(monotonic_time until);

    /// Moves the time on and wakes those whose time has come. `by` is not negative.
    void advance(monotonic_time::duration by);

    /// Threads that sleep at this moment.
    [[nodiscard]] int sleepers() const;
    /// Returns when at least `count` threads sleep: then advance() is sure to meet them.
    void wait_for_sleepers(int count);

    /// All sleeps end at once, present and future ones: for the end of a test.
    void release();

private:
    const fake_clock_options options_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    monotonic_time now_ = start; // guarded by mutex_
    int sleepers_ = 0;           // guarded by mutex_
    bool released_ = false;      // guarded by mutex_
};

static_assert(clock<fake_clock>);

} // namespace tandem::testing
