// SPDX-License-Identifier: BSL-1.0
//
// What the coordinator and its helpers share that needs neither of them. Thread-safe as each says.
// Not installed.
#pragma once

#include "tandem/core/error.hpp"
#include "tandem/core/phase.hpp"

#include <cstdint>

namespace tandem::detail {

/// Marks a thread as inside a function that the host gave us, where calls to tandem are refused:
/// they would wait for locks this very call holds.
class inside_host_function {
public:
    inside_host_function() noexcept;
    inside_host_function(const inside_host_function&) = delete;
    inside_host_function& operator=(const inside_host_function&) = delete;
    ~inside_host_function();
    [[nodiscard]] static bool here() noexcept;
};

/// The same error, and at which side it happened.
[[nodiscard]] error at_side(side s, const error& why);

/// Whom a pass of the relay works for.
enum class relay_for : std::uint8_t {
    worker, ///< what is due, and only while the breaker lets it through
    drain,  ///< all that is owed: an operator asked for it, so the breaker is not asked
};

} // namespace tandem::detail
