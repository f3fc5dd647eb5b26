// SPDX-License-Identifier: BSL-1.0
//
// clock: the monotonic time and the one way to wait. Every wait and every deadline of tandem goes
// through a clock, so a test can replace time.
//
//     struct my_clock {
//         tandem::monotonic_time now() const;
//         void sleep_until(tandem::monotonic_time);
//     };
//
// Models: system_clock (tandem/system_clock.hpp), testing::fake_clock. See also: call.hpp.
#pragma once

#include "tandem/core/call.hpp"

#include <concepts>

namespace tandem {

template <class C>
concept clock = requires(C& c, const C& k, monotonic_time t) {
    { k.now() } -> std::same_as<monotonic_time>;
    { c.sleep_until(t) } -> std::same_as<void>;
};

} // namespace tandem
