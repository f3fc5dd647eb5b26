// SPDX-License-Identifier: BSL-1.0
//
// A series is a range of cells: one for a counter and a gauge, one a bucket and one for the sum for
// a histogram. Cells stand in blocks, and every block holds them once for each slot; a thread
// counts in those of its slot, and a snapshot adds them up. A gauge uses slot 0 alone. Blocks are
// made by describe() and never move.
#include "tandem/core/metrics_registry.hpp"

#include <algorithm>
#include <atomic>
#include <bit>
#include <map>
#include <mutex>

namespace tandem {
namespace {

constexpr std::size_t slots = 16;
constexpr std::size_t block_cells = 1024;
constexpr std::size_t blocks_max = 1024;
constexpr std::size_t histogram_cells = metric_buckets.size() + 2;

using cell_value = std::atomic<std::uint64_t>;

// Two lines: processors fetch them in pairs.
struct alignas(128) slot_cells {
    std::array<cell_value, block_cells> cells{};
};
using block = std::array<slot_cells, slots>;

// Threads come and go, and any two may share a slot: it is for speed alone.
std::size_t slot_of_this_thread() noexcept {
    static std::atomic<std::size_t> next{1};
    thread_local std::size_t mine = 0; // nothing to construct: no guard to look at
    if (mine == 0) mine = next.fetch_add(1, std::memory_order_relaxed);
    return mine % slots;
}

std::size_t bucket_of(std::chrono::nanoseconds took) noexcept {
    const auto* at = std::find_if(metric_buckets.begin(), metric_buckets.end(),
                                  [&](const auto& bound) { return took <= bound; });
    return static_cast<std::size_t>(at - metric_buckets.begin());
}

std::size_t cells_of(metric_kind kind) noexcept {
    return kind == metric_kind::histogram ? histogram_cells : 1;
}

struct series {
    std::vector<metric_label> labels;
    std::size_t first_cell = 0;
};
struct family {
    metric_kind kind = metric_kind::counter;
    std::string help;
    std::vector<series> all;
};

} // namespace

struct metrics_registry::state {
    std::array<std::atomic<block*>, blocks_max> blocks{};
    std::mutex mutex;
    std::vector<std::unique_ptr<block>> owned;           // guarded by mutex; what blocks point to
    std::map<std::string, family, std::less<>> families; // guarded by mutex
    std::size_t used = 1;                                // guarded by mutex; cell 0 is `none`

    cell_value& cell(std::size_t slot, std::size_t number) noexcept {
        block& b = *blocks[number / block_cells].load(std::memory_order_acquire);
        return b[slot].cells[number % block_cells];
    }
    std::uint64_t sum(std::size_t number) noexcept {
        std::uint64_t all = 0;
        for (std::size_t slot = 0; slot < slots; ++slot)
            all += cell(slot, number).load(std::memory_order_relaxed);
        return all;
    }
    /// The first of so many cells in one block; 0: there is no room.
    std::size_t take(std::size_t count) {
        if (used % block_cells + count > block_cells) used += block_cells - used % block_cells;
        const std::size_t number = used / block_cells;
        if (number >= blocks_max) return 0;
        if (number == owned.size()) {
            owned.push_back(std::make_unique<block>());
            blocks[number].store(owned.back().get(), std::memory_order_release);
        }
        used += count;
        return used - count;
    }
    metric_sample read(metric_kind kind, const series& one);
};

metric_sample metrics_registry::state::read(metric_kind kind, const series& one) {
    metric_sample sample{.labels = one.labels};
    switch (kind) {
    case metric_kind::counter: sample.count = sum(one.first_cell); break;
    case metric_kind::gauge:
        sample.value = std::bit_cast<double>(cell(0, one.first_cell).load());
        break;
    case metric_kind::histogram:
        for (std::size_t i = 0; i < sample.buckets.size(); ++i) {
            sample.buckets[i] = sum(one.first_cell + i);
            sample.count += sample.buckets[i];
        }
        sample.value = static_cast<double>(sum(one.first_cell + sample.buckets.size())) / 1e9;
        break;
    }
    return sample;
}

metrics_registry::metrics_registry() : state_(std::make_unique<state>()) {}
metrics_registry::~metrics_registry() = default;

metric_id metrics_registry::describe(const metric& what) {
    const std::lock_guard lock(state_->mutex);
    auto [at, is_new] = state_->families.try_emplace(std::string(what.name));
    family& f = at->second;
    if (is_new) {
        f.kind = what.kind;
        f.help = what.help;
    } else if (f.kind != what.kind) {
        return metric_id::none;
    }
    for (const series& known : f.all) {
        if (std::ranges::equal(known.labels, what.labels))
            return static_cast<metric_id>(known.first_cell);
    }
    const std::size_t first = state_->take(cells_of(what.kind));
    if (first == 0) return metric_id::none;
    f.all.push_back({{what.labels.begin(), what.labels.end()}, first});
    return static_cast<metric_id>(first);
}

void metrics_registry::add(metric_id counter, std::uint64_t by) noexcept {
    if (counter == metric_id::none) return;
    state_->cell(slot_of_this_thread(), static_cast<std::size_t>(counter))
        .fetch_add(by, std::memory_order_relaxed);
}

void metrics_registry::set(metric_id gauge, double value) noexcept {
    if (gauge == metric_id::none) return;
    state_->cell(0, static_cast<std::size_t>(gauge)).store(std::bit_cast<std::uint64_t>(value));
}

void metrics_registry::observe(metric_id histogram, std::chrono::nanoseconds took) noexcept {
    if (histogram == metric_id::none) return;
    const auto first = static_cast<std::size_t>(histogram);
    const auto slot = slot_of_this_thread();
    const auto length = std::max(took, std::chrono::nanoseconds(0));
    state_->cell(slot, first + bucket_of(length)).fetch_add(1, std::memory_order_relaxed);
    state_->cell(slot, first + histogram_cells - 1)
        .fetch_add(static_cast<std::uint64_t>(length.count()), std::memory_order_relaxed);
}

std::vector<metric_family> metrics_registry::snapshot() const {
    std::vector<metric_family> out;
    const std::lock_guard lock(state_->mutex);
    for (const auto& [name, f] : state_->families) {
        metric_family one{.kind = f.kind, .name = name, .help = f.help};
        for (const series& s : f.all)
            one.samples.push_back(state_->read(f.kind, s));
        out.push_back(std::move(one));
    }
    return out;
}

} // namespace tandem
