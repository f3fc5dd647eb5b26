// SPDX-License-Identifier: BSL-1.0
//
// Watches a run: asks the migration for its status, takes the meter's figures, and shows both, on a
// terminal four times a second, otherwise as a line each second. It remembers the worst backlog.
// Has one thread of its own, from construction to destruction. Thread-safe.
#pragma once

#include "tandem/migration.hpp"

#include "display.hpp"
#include "meter.hpp"

#include <condition_variable>
#include <optional>
#include <thread>

namespace demo {

struct backlog {
    std::int64_t owed_max = 0;
    std::int64_t oldest_ms_max = 0;
};

/// How far the backfill is. Not inside the class: clang 14 would not see its defaults there.
struct backfill_state {
    std::int64_t rows = 0;
    std::int64_t total = 0;
    moment begun = now();
};

class monitor {
public:
    monitor(tandem::migration& m, meter& figures, display& screen);
    monitor(const monitor&) = delete;
    monitor& operator=(const monitor&) = delete;
    ~monitor();

    /// How far the backfill is; none: it does not run.
    void set_backfill(std::optional<std::int64_t> rows, std::int64_t total = 0);
    /// Since construction.
    [[nodiscard]] backlog worst() const;

private:
    void run();
    void look();
    void show();
    [[nodiscard]] std::string backfill_text() const;

    tandem::migration& migration_;
    meter& figures_;
    display& screen_;
    // of the monitor's thread alone
    meter::interval latest_;
    moment next_interval_ = now();
    tandem::migration_status status_;
    bool is_known_ = false;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::optional<backfill_state> backfill_; // guarded by mutex_
    backlog worst_;                          // guarded by mutex_
    bool stopping_ = false;                  // guarded by mutex_
    std::thread thread_;
};

} // namespace demo
