// SPDX-License-Identifier: BSL-1.0
//
// Paired measurement: two contestants do the same work in turn, in shuffled order, and what counts
// is the ratio within a round, because a machine's speed drifts. Absolute figures are printed
// beside it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <vector>

namespace bench {

using seconds = std::chrono::duration<double>;

/// What one cell did: `operations` in `elapsed`, and how long the single ones took.
struct cell {
    std::int64_t operations = 0;
    std::int64_t failures = 0;
    seconds elapsed{0};
    std::vector<std::uint32_t> latencies_us; ///< unordered; empty where none were taken

    [[nodiscard]] double rate() const { return static_cast<double>(operations) / elapsed.count(); }
    /// 0 to 1: 0.5 is the median.
    [[nodiscard]] double percentile_us(double p) const;
};

/// One operation of one thread: the thread's number and a counter; false counts as a failure.
using operation = std::function<bool(int thread, std::int64_t n)>;

/// Runs the operation on `threads` threads for about `length`.
[[nodiscard]] cell run_for(seconds length, int threads, const operation& work);

/// Runs it `times` times on this thread, without taking latencies.
[[nodiscard]] cell run_times(std::int64_t times, const std::function<void()>& work);

struct spread {
    double median = 0, low = 0, high = 0;
};
[[nodiscard]] spread spread_of(std::vector<double> values);

struct rounds {
    std::vector<cell> tandem, rival;

    [[nodiscard]] spread rates(bool of_tandem) const;
    /// tandem's rate over the rival's, a round.
    [[nodiscard]] spread rate_ratio() const;
    /// tandem's median latency over the rival's, a round.
    [[nodiscard]] spread p50_ratio() const;
};

/// One warm-up of each, then `count` rounds, the order shuffled in each.
[[nodiscard]] rounds interleave(int count, const std::function<cell()>& tandem,
                                const std::function<cell()>& rival);

} // namespace bench
