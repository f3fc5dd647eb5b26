// SPDX-License-Identifier: BSL-1.0
//
// The system's clock, set forward by hand. For stores over servers, which compare deadlines with
// the real time: a deadline of this clock lies a little ahead of theirs, not a hundred years as
// testing::fake_clock's. Thread-safe.
#pragma once

#include "tandem/core/clock_source.hpp"
#include "tandem/system_clock.hpp"

#include <atomic>

namespace tandem_test {

class hand_clock final : public tandem::any_clock {
public:
    [[nodiscard]] tandem::monotonic_time now() const override {
        return tandem::monotonic_now() + tandem::milliseconds(ahead_.load());
    }
    /// Does not wait.
    void sleep_until(tandem::monotonic_time) override {}
    void advance(tandem::milliseconds by) { ahead_.fetch_add(by.count()); }

private:
    std::atomic<std::int64_t> ahead_{0};
};

} // namespace tandem_test
