// SPDX-License-Identifier: BSL-1.0
//
// worker: the background work of a migration, on threads that the host starts. Each thread that
// calls run() relays what is owed; one of them at a time also does the housekeeping (settling,
// refreshing what this process believes, purging tombstones). Any number of workers, in any number
// of processes, may serve one migration. It survives every error of the stores: it waits and goes
// on.
#pragma once

#include "tandem/migration.hpp"

#include <atomic>
#include <mutex>

namespace tandem {

struct worker_options {
    relay_options relay;
    milliseconds idle_pause{20}; ///< between two looks when nothing is owed; 1 to 60000
    /// After n failed passes in a row: min to min(max, min * 2^n), by chance.
    milliseconds trouble_pause_min{100};
    milliseconds trouble_pause_max{60'000};
    milliseconds housekeeping_every{1'000};
    milliseconds purge_every{60'000}; ///< tombstones nobody needs; 0: never
    /// When a purge leaves so many tombstones at the secondary, because they are of the present
    /// epoch, the epoch is rolled (migration::roll_epoch). 1 to 100000; 0: never.
    std::int64_t roll_at = tombstone_stats::count_max;
};

/// What the worker has done since it was made; each figure only rises.
struct worker_counts {
    std::int64_t passes = 0;
    std::int64_t applied = 0;
    std::int64_t settled = 0;
    std::int64_t failed_passes = 0; ///< not those that an open breaker ended
    std::int64_t dead_letters = 0;
};

class worker {
public:
    explicit worker(migration& m, worker_options options = {});

    /// Works until stop(). May be called by several threads at once.
    void run();
    /// Makes every run() return soon (after the pass it is in, within a pause). Thread-safe.
    void stop() noexcept;
    [[nodiscard]] worker_counts counts() const noexcept;

private:
    void pause(milliseconds length);
    void keep_house();

    std::shared_ptr<detail::coordinator> coordinator_;
    worker_options options_;
    std::atomic<bool> stopping_{false};
    std::mutex housekeeping_; ///< one thread at a time; guards the two below
    monotonic_time next_housekeeping_{};
    monotonic_time next_purge_{};
    std::atomic<std::int64_t> passes_{0};
    std::atomic<std::int64_t> applied_{0};
    std::atomic<std::int64_t> settled_{0};
    std::atomic<std::int64_t> failed_passes_{0};
    std::atomic<std::int64_t> dead_letters_{0};
};

} // namespace tandem
