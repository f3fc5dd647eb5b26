// SPDX-License-Identifier: BSL-1.0
//
// What the traffic counts: writes with their latencies, reads, calls that were refused, and what
// must not have happened. Threads write, the display and the proof read. Thread-safe.
#pragma once

#include "tandem/core/error.hpp"

#include "checker.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <set>
#include <vector>

namespace demo {

using moment = std::chrono::steady_clock::time_point;
[[nodiscard]] inline moment now() { return std::chrono::steady_clock::now(); }
using microseconds = std::chrono::microseconds;

/// The kinds of acknowledged writes that the proof lists.
enum class write_sort : std::uint8_t { upsert, insert, modify, erase, transfer };
inline constexpr std::size_t write_sorts = 5;
[[nodiscard]] std::string_view to_string(write_sort sort) noexcept;

class meter {
public:
    void wrote(write_sort sort, microseconds latency);
    void has_read(std::int64_t rows);
    /// A call that ended with an error that may come: nothing happened, or the outcome is unknown.
    void refused(const tandem::error& why);
    /// The same finding counts once, however many reads show it.
    void found(finding what);

    struct interval {
        double writes_per_second = 0;
        double reads_per_second = 0;
        microseconds p50{0};
        microseconds p99{0};
    };
    /// Since the last call of this function.
    [[nodiscard]] interval take_interval();

    /// The slowest write that ended since the last call.
    [[nodiscard]] microseconds take_slowest();

    [[nodiscard]] std::array<std::int64_t, write_sorts> writes() const;
    [[nodiscard]] std::int64_t reads() const noexcept { return reads_.load(); }
    /// How often, by the name of the error.
    [[nodiscard]] std::map<std::string, std::int64_t> refusals() const;
    [[nodiscard]] std::vector<finding> findings() const;

private:
    mutable std::mutex mutex_;
    // guarded by mutex_
    std::vector<microseconds> latencies_;
    std::array<std::int64_t, write_sorts> writes_{};
    microseconds slowest_{0};
    std::map<std::string, std::int64_t> refusals_;
    std::vector<finding> findings_;
    std::set<std::string> findings_known_;
    std::int64_t reads_before_ = 0;
    moment since_ = now();
    // synchronised by itself
    std::atomic<std::int64_t> reads_{0};
};

} // namespace demo
