// SPDX-License-Identifier: BSL-1.0
#include "meter.hpp"

#include <algorithm>

namespace demo {

namespace {

// One broken rule can show at thousands of reads: the first ones tell enough.
constexpr std::size_t findings_max = 1'000;

microseconds percentile(std::vector<microseconds>& values, double share) {
    if (values.empty()) return microseconds{0};
    const auto at = std::min(values.size() - 1,
                             static_cast<std::size_t>(share * static_cast<double>(values.size())));
    const auto nth = values.begin() + static_cast<std::ptrdiff_t>(at);
    std::nth_element(values.begin(), nth, values.end());
    return *nth;
}

} // namespace

std::string_view to_string(write_sort sort) noexcept {
    switch (sort) {
    case write_sort::upsert: return "upserts";
    case write_sort::insert: return "inserts";
    case write_sort::modify: return "read-modify-writes";
    case write_sort::erase: return "deletes";
    case write_sort::transfer: return "transfers";
    }
    return "";
}

void meter::wrote(write_sort sort, microseconds latency) {
    const std::lock_guard lock(mutex_);
    latencies_.push_back(latency);
    ++writes_[static_cast<std::size_t>(sort)];
    slowest_ = std::max(slowest_, latency);
}

void meter::has_read(std::int64_t rows) { reads_.fetch_add(rows, std::memory_order_relaxed); }

void meter::refused(const tandem::error& why) {
    const std::lock_guard lock(mutex_);
    ++refusals_[why.code().message()];
}

void meter::found(finding what) {
    const std::lock_guard lock(mutex_);
    if (findings_.size() >= findings_max) return;
    const auto text = std::string(to_string(what.kind)) + '/' + what.key + '/' + what.text;
    if (findings_known_.insert(text).second) findings_.push_back(std::move(what));
}

meter::interval meter::take_interval() {
    std::vector<microseconds> latencies;
    interval result;
    {
        const std::lock_guard lock(mutex_);
        const moment end = now();
        const double seconds = std::max(std::chrono::duration<double>(end - since_).count(), 1e-3);
        const std::int64_t reads = reads_.load();
        latencies.swap(latencies_);
        result.writes_per_second = static_cast<double>(latencies.size()) / seconds;
        result.reads_per_second = static_cast<double>(reads - reads_before_) / seconds;
        reads_before_ = reads;
        since_ = end;
    }
    result.p50 = percentile(latencies, 0.50);
    result.p99 = percentile(latencies, 0.99);
    return result;
}

microseconds meter::take_slowest() {
    const std::lock_guard lock(mutex_);
    return std::exchange(slowest_, microseconds{0});
}

std::array<std::int64_t, write_sorts> meter::writes() const {
    const std::lock_guard lock(mutex_);
    return writes_;
}

std::map<std::string, std::int64_t> meter::refusals() const {
    const std::lock_guard lock(mutex_);
    return refusals_;
}

std::vector<finding> meter::findings() const {
    const std::lock_guard lock(mutex_);
    return findings_;
}

} // namespace demo
