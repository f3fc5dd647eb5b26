// SPDX-License-Identifier: BSL-1.0
//
// What this process believes about the phase: one word a bucket. A belief decides only where to
// look first; the store checks it inside each write's transaction. Lookups are one relaxed atomic
// load, no allocation, no shared counter. Thread-safe; a belief never goes back to an older epoch.
#pragma once

#include "tandem/core/phase.hpp"

#include <atomic>
#include <cassert>
#include <cstdint>
#include <memory>

namespace tandem {

/// The belief about one bucket.
struct route {
    tandem::epoch epoch = 0;
    tandem::phase phase = phase::old_only;

    [[nodiscard]] constexpr side primary() const noexcept { return primary_of(phase); }
    friend constexpr bool operator==(const route&, const route&) = default;
};

class route_table {
public:
    /// `buckets` is 1 or 1024 (key.hpp).
    explicit route_table(int buckets)
        : buckets_(buckets),
          words_(
              std::make_unique<std::atomic<std::uint64_t>[]>(static_cast<std::size_t>(buckets))) {}

    [[nodiscard]] int buckets() const noexcept { return buckets_; }

    [[nodiscard]] route find(int bucket) const noexcept {
        assert(bucket >= 0 && bucket < buckets_);
        return unpack(words_[static_cast<std::size_t>(bucket)].load(std::memory_order_relaxed));
    }

    /// Takes a newer belief; an older or equal epoch changes nothing. Only fences with role P are
    /// learnt: for them an epoch has exactly one phase.
    void learn(int bucket, route r) noexcept {
        auto& word = words_[static_cast<std::size_t>(bucket)];
        const std::uint64_t wanted = pack(r);
        std::uint64_t seen = word.load(std::memory_order_relaxed);
        while ((seen >> 3) < (wanted >> 3) &&
               !word.compare_exchange_weak(seen, wanted, std::memory_order_relaxed)) {
        }
    }

private:
    static constexpr std::uint64_t pack(route r) noexcept {
        return (static_cast<std::uint64_t>(r.epoch) << 3) | static_cast<std::uint64_t>(r.phase);
    }
    static constexpr route unpack(std::uint64_t word) noexcept {
        return {static_cast<tandem::epoch>(word >> 3), static_cast<tandem::phase>(word & 7)};
    }

    int buckets_;
    std::unique_ptr<std::atomic<std::uint64_t>[]> words_;
};

} // namespace tandem
