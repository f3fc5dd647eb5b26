// SPDX-License-Identifier: BSL-1.0
//
// What one round of housekeeping leaves for the next one of this process. Not installed.
#pragma once

#include "tandem/core/call.hpp"
#include "tandem/core/phase.hpp"
#include "tandem/core/schema.hpp"

#include <mutex>

namespace tandem::detail {

/// Where the sweep of a side's tombstones goes on.
struct sweep_position {
    std::mutex mutex;
    table_id table = 0; // guarded by mutex, as all below
    key_bytes after;
};

/// A drain that this process has seen, and since when.
struct drain_watch {
    std::mutex mutex;
    tandem::epoch epoch = 0; // guarded by mutex, as all below; 0: none
    monotonic_time seen{};
};

} // namespace tandem::detail
