// SPDX-License-Identifier: BSL-1.0
//
// metrics_registry: the metrics of this process in memory, and their text for Prometheus. Each
// thread counts in cache lines of its own (up to 16 of them; more threads share), so counting costs
// some nanoseconds however many threads do it. Thread-safe. It serves no HTTP: hand the text to the
// server that you have.
#pragma once

#include "tandem/core/metrics.hpp"

#include <array>
#include <cstddef>
#include <memory>
#include <vector>

namespace tandem {

/// Upper ends of the buckets of every histogram, the last one, which takes the rest, left out. From
/// 1 ms on those of OpenTelemetry's db.client.operation.duration.
inline constexpr std::array<std::chrono::microseconds, 11> metric_buckets = {
    std::chrono::microseconds(100),
    std::chrono::microseconds(500),
    std::chrono::microseconds(1'000),
    std::chrono::microseconds(5'000),
    std::chrono::microseconds(10'000),
    std::chrono::microseconds(50'000),
    std::chrono::microseconds(100'000),
    std::chrono::microseconds(500'000),
    std::chrono::seconds(1),
    std::chrono::seconds(5),
    std::chrono::seconds(10)};

struct metric_sample {
    std::vector<metric_label> labels;
    std::uint64_t count = 0; ///< of a counter; of a histogram: all observations
    double value = 0;        ///< of a gauge; of a histogram: the sum, in seconds
    /// Of a histogram: observations in each bucket alone, the one above the last bound included.
    std::array<std::uint64_t, metric_buckets.size() + 1> buckets{};
};

struct metric_family {
    metric_kind kind = metric_kind::counter;
    std::string name;
    std::string help;
    std::vector<metric_sample> samples; ///< in the order of their description
};

class metrics_registry final : public metrics_sink {
public:
    metrics_registry();
    ~metrics_registry() override;

    /// `none` where the name is known as another kind, or after about a million cells (a histogram
    /// takes 13).
    [[nodiscard]] metric_id describe(const metric& what) override;
    void add(metric_id counter, std::uint64_t by) noexcept override;
    void set(metric_id gauge, double value) noexcept override;
    void observe(metric_id histogram, std::chrono::nanoseconds took) noexcept override;

    /// Sorted by name. What other threads count meanwhile is in it or not; what happened before the
    /// call is.
    [[nodiscard]] std::vector<metric_family> snapshot() const;

private:
    struct state;
    std::unique_ptr<state> state_;
};

/// Text exposition format 0.0.4; serve it as "text/plain; version=0.0.4".
[[nodiscard]] std::string to_prometheus(std::span<const metric_family> families);

} // namespace tandem
