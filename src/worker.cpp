// SPDX-License-Identifier: BSL-1.0

#include "tandem/worker.hpp"

#include "coordinator.hpp"

#include <algorithm>

namespace tandem {
namespace {

// stop() is noticed within one of these.
constexpr milliseconds pause_slice{50};

} // namespace

worker::worker(migration& m, worker_options options)
    : coordinator_(m.coordinator_), options_(std::move(options)) {}

void worker::stop() noexcept { stopping_.store(true, std::memory_order_release); }

worker_counts worker::counts() const noexcept {
    return {passes_.load(), applied_.load(), settled_.load(), failed_passes_.load(),
            dead_letters_.load()};
}

void worker::run() {
    jitter chance(coordinator_->next_seed());
    int failed = 0; // passes in a row
    while (!stopping_.load(std::memory_order_acquire) && !coordinator_->stopped()) {
        keep_house();
        const auto pass = coordinator_->relay_once(options_.relay);
        passes_.fetch_add(1, std::memory_order_relaxed);
        const bool shut = pass && pass.value().breaker_open;
        if (!shut && (!pass || pass.value().trouble)) {
            failed_passes_.fetch_add(1, std::memory_order_relaxed);
            const error& why = pass ? *pass.value().trouble : pass.error();
            coordinator_->log().log(why == errc::invariant ? log_level::error : log_level::warning,
                                    "the relay paused",
                                    std::initializer_list<log_field>{{"error", why.message()}});
        }
        if (pass) {
            applied_.fetch_add(pass.value().applied, std::memory_order_relaxed);
            settled_.fetch_add(pass.value().settled, std::memory_order_relaxed);
            dead_letters_.fetch_add(pass.value().dead, std::memory_order_relaxed);
        }
        // A row that failed alone waits by itself and holds up no pass.
        if (shut) {
            pause(options_.trouble_pause_min); // the breaker knows when to look again
        } else if (!pass || pass.value().trouble) {
            const milliseconds least = options_.trouble_pause_min;
            const milliseconds most = backoff(least, failed++, options_.trouble_pause_max);
            pause(least + chance.up_to(most - least));
        } else {
            failed = 0;
            if (pass.value().settled == 0) pause(options_.idle_pause);
        }
    }
}

void worker::pause(milliseconds length) {
    auto& clock = coordinator_->clock();
    const auto until = clock.now() + length;
    while (!stopping_.load(std::memory_order_acquire) && clock.now() < until) {
        clock.sleep_until(std::min(until, clock.now() + pause_slice));
    }
}

void worker::keep_house() {
    const std::unique_lock lock(housekeeping_, std::try_to_lock);
    if (!lock.owns_lock()) return;
    const auto now = coordinator_->clock().now();
    if (now < next_housekeeping_) return;
    next_housekeeping_ = now + options_.housekeeping_every;
    const bool purge = options_.purge_every.count() > 0 && now >= next_purge_;
    if (purge) next_purge_ = now + options_.purge_every;
    if (const auto done = coordinator_->keep_house(purge, options_.roll_at); !done) {
        coordinator_->log().log(
            log_level::warning, "housekeeping met an error",
            std::initializer_list<log_field>{{"error", done.error().message()}});
    }
}

} // namespace tandem
