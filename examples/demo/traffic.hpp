// SPDX-License-Identifier: BSL-1.0
//
// The traffic: threads that write and read through a migration's router as a service would, while
// somebody else moves the phases. Every write goes into the journal, every read is judged by it.
// Threads run from start() until stop(); the functions are for one caller.
#pragma once

#include "tandem/migration.hpp"

#include "journal.hpp"
#include "key_plan.hpp"
#include "meter.hpp"

#include <condition_variable>
#include <thread>

namespace demo {

using item_router = tandem::router<item, std::string>;

/// What the threads of the traffic share; all of it outlives them.
struct ground {
    const dataset& data;
    const key_plan& plan;
    tandem::migration& moved;
    item_router table;
    journal& writes;
    meter& figures;
};

/// Where writers wait while the stores have to be at rest.
class gate {
public:
    /// Waits while the gate is closed; false when it is time to end.
    [[nodiscard]] bool pass();
    /// Returns when `count` threads wait at the gate.
    void close(std::size_t count);
    void open();
    /// For ever: lets everybody go and tells them to end.
    void end();

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool closed_ = false;     // guarded by mutex_
    bool ended_ = false;      // guarded by mutex_
    std::size_t waiting_ = 0; // guarded by mutex_
};

class traffic {
public:
    traffic(const ground& where, std::uint64_t seed, std::size_t writers, std::size_t readers);
    traffic(const traffic&) = delete;
    traffic& operator=(const traffic&) = delete;
    /// Stops.
    ~traffic();

    /// Returns when no write is under way, until resume().
    void pause();
    void resume();
    /// Ends the writers and readers, and waits for them.
    void stop();

private:
    ground where_;
    gate writers_gate_;
    gate readers_gate_;
    std::size_t writers_;
    /// How many keys each writer has written once.
    std::vector<std::atomic<std::int64_t>> once_;
    std::vector<std::thread> threads_;
};

/// One writer's loop, and one reader's, until the gate says so.
void run_writer(const ground& where, gate& entry, std::size_t slot, random_source random,
                std::atomic<std::int64_t>& once);
void run_reader(const ground& where, gate& entry, random_source random,
                std::span<const std::atomic<std::int64_t>> once);

} // namespace demo
