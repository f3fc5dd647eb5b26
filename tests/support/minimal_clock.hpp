// SPDX-License-Identifier: BSL-1.0
//
// The smallest type that models clock. A declaration only: it is never called.
#pragma once

#include "tandem/core/call.hpp"

namespace tandem::minimal {

struct clock {
    monotonic_time now() const;
    void sleep_until(monotonic_time);
};

} // namespace tandem::minimal
