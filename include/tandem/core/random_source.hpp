// SPDX-License-Identifier: BSL-1.0
//
// Random numbers for pauses, in two parts: the one place of the library that asks the system for a
// seed, and a generator that is all arithmetic. Whatever draws numbers takes a seed, so a test
// fixes it (migration_options::seed). Not for secrets. A jitter is used by one thread at a time.
#pragma once

#include "tandem/core/call.hpp"

#include <cstdint>

namespace tandem {

/// A number that differs from process to process.
[[nodiscard]] std::uint64_t random_seed() noexcept;

/// splitmix64: the same seed gives the same numbers everywhere.
class jitter {
public:
    explicit constexpr jitter(std::uint64_t seed) noexcept : state_(seed) {}

    constexpr std::uint64_t next() noexcept {
        state_ += 0x9e3779b97f4a7c15U;
        std::uint64_t z = state_;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
        return z ^ (z >> 31);
    }
    /// Uniform in [0, most]; 0 where `most` is not positive.
    constexpr milliseconds up_to(milliseconds most) noexcept {
        if (most.count() <= 0) return milliseconds{0};
        const auto sides = static_cast<std::uint64_t>(most.count()) + 1;
        return milliseconds{static_cast<milliseconds::rep>(next() % sides)};
    }

private:
    std::uint64_t state_;
};

/// The bound of the n-th pause of an exponential backoff: base * 2^n, at most `cap`.
[[nodiscard]] constexpr milliseconds backoff(milliseconds base, int n, milliseconds cap) noexcept {
    for (; n > 0 && base < cap; --n)
        base *= 2;
    return base < cap ? base : cap;
}

} // namespace tandem
