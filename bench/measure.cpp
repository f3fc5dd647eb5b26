// SPDX-License-Identifier: BSL-1.0

#include "measure.hpp"

#include <algorithm>
#include <atomic>
#include <random>
#include <thread>

namespace bench {
namespace {

using clock = std::chrono::steady_clock;

double value_at(std::vector<double> sorted, double p) {
    if (sorted.empty()) return 0;
    const auto last = static_cast<double>(sorted.size() - 1);
    return sorted[static_cast<std::size_t>(p * last + 0.5)];
}

} // namespace

double cell::percentile_us(double p) const {
    std::vector<double> sorted(latencies_us.begin(), latencies_us.end());
    std::sort(sorted.begin(), sorted.end());
    return value_at(std::move(sorted), p);
}

cell run_for(seconds length, int threads, const operation& work) {
    std::vector<cell> parts(static_cast<std::size_t>(threads));
    std::atomic<int> ready{0};
    std::atomic<bool> go{false}, stop{false};
    std::vector<std::thread> running;
    for (int t = 0; t < threads; ++t) {
        running.emplace_back([&, t] {
            cell& mine = parts[static_cast<std::size_t>(t)];
            mine.latencies_us.reserve(1 << 16);
            ready.fetch_add(1);
            while (!go.load(std::memory_order_acquire))
                std::this_thread::yield();
            for (std::int64_t n = 0; !stop.load(std::memory_order_relaxed); ++n) {
                const auto before = clock::now();
                if (!work(t, n)) ++mine.failures;
                const auto took = clock::now() - before;
                mine.latencies_us.push_back(static_cast<std::uint32_t>(
                    std::chrono::duration_cast<std::chrono::microseconds>(took).count()));
                ++mine.operations;
            }
        });
    }
    while (ready.load() < threads)
        std::this_thread::yield();
    const auto begin = clock::now();
    go.store(true, std::memory_order_release);
    std::this_thread::sleep_for(length);
    stop.store(true);
    for (auto& t : running)
        t.join();

    cell sum;
    sum.elapsed = clock::now() - begin;
    for (const cell& part : parts) {
        sum.operations += part.operations;
        sum.failures += part.failures;
        sum.latencies_us.insert(sum.latencies_us.end(), part.latencies_us.begin(),
                                part.latencies_us.end());
    }
    return sum;
}

cell run_times(std::int64_t times, const std::function<void()>& work) {
    const auto begin = clock::now();
    work();
    cell out;
    out.operations = times;
    out.elapsed = clock::now() - begin;
    return out;
}

spread spread_of(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return {value_at(values, 0.5), value_at(values, 0), value_at(values, 1)};
}

spread rounds::rates(bool of_tandem) const {
    std::vector<double> values;
    for (const cell& c : of_tandem ? tandem : rival)
        values.push_back(c.rate());
    return spread_of(std::move(values));
}

spread rounds::rate_ratio() const {
    std::vector<double> values;
    for (std::size_t i = 0; i < tandem.size(); ++i) {
        values.push_back(tandem[i].rate() / rival[i].rate());
    }
    return spread_of(std::move(values));
}

spread rounds::p50_ratio() const {
    std::vector<double> values;
    for (std::size_t i = 0; i < tandem.size(); ++i) {
        values.push_back(tandem[i].percentile_us(0.5) / rival[i].percentile_us(0.5));
    }
    return spread_of(std::move(values));
}

rounds interleave(int count, const std::function<cell()>& tandem,
                  const std::function<cell()>& rival) {
    std::mt19937 order(20241122);
    (void)tandem();
    (void)rival();
    rounds out;
    for (int i = 0; i < count; ++i) {
        const bool first = (order() & 1U) != 0;
        if (first) out.tandem.push_back(tandem());
        out.rival.push_back(rival());
        if (!first) out.tandem.push_back(tandem());
    }
    return out;
}

} // namespace bench
