// SPDX-License-Identifier: BSL-1.0
//
// keyed_worker: the background work of a keyed_migration, on threads that the host starts. Each
// thread that calls run() pulls what is owed; one of them at a time also does the housekeeping
// (reporting this process's spool, marking lost ones, purging tombstones of the target). It
// survives every error of source and target: it waits and goes on. It delivers the intents of this
// process alone, so each process has one.
#pragma once

#include "tandem/keyed_migration.hpp"
#include "tandem/worker.hpp"

namespace tandem {

class keyed_worker {
public:
    /// worker_options::housekeeping_every is well below keyed_options::lease.
    explicit keyed_worker(keyed_migration& m, worker_options options = {});

    /// Works until stop(), or until the migration is stopped or closed. May be called by several
    /// threads at once.
    void run();
    /// Makes every run() return soon (after the pass it is in, within a pause). Thread-safe.
    void stop() noexcept;
    [[nodiscard]] worker_counts counts() const noexcept;

private:
    void pause(milliseconds length);
    void keep_house();
    void count(const result<relay_report>& pass);

    std::shared_ptr<detail::keyed_coordinator> coordinator_;
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
