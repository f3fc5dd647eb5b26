// SPDX-License-Identifier: BSL-1.0
//
// The clock of a running service: the monotonic clock and a real sleep. Also the erased form in
// which a migration holds its clock. Thread-safe.
#pragma once

#include "tandem/concepts/clock.hpp"

namespace tandem {

/// A clock behind a virtual interface; models clock.
class any_clock {
public:
    any_clock() = default;
    any_clock(const any_clock&) = delete;
    any_clock& operator=(const any_clock&) = delete;
    virtual ~any_clock() = default;
    virtual monotonic_time now() const = 0;
    virtual void sleep_until(monotonic_time when) = 0;
};

class system_clock final : public any_clock {
public:
    [[nodiscard]] monotonic_time now() const override;
    void sleep_until(monotonic_time when) override;
};

/// Any other clock, by reference.
template <clock C>
class clock_ref final : public any_clock {
public:
    explicit clock_ref(C& c) : clock_(c) {}
    [[nodiscard]] monotonic_time now() const override { return clock_.now(); }
    void sleep_until(monotonic_time when) override { clock_.sleep_until(when); }

private:
    C& clock_;
};

} // namespace tandem
