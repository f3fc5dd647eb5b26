// SPDX-License-Identifier: BSL-1.0
//
// limited_log: passes messages on to a logger, of each at most ten in ten seconds. A message is a
// constant sentence, so it names its own site. What was left out is counted, and told with the next
// one that goes through ("suppressed"), or by tell_suppressed(). Thread-safe. Not installed.
#pragma once

#include "tandem/core/log.hpp"
#include "tandem/system_clock.hpp"

#include <cstdint>
#include <map>
#include <mutex>
#include <vector>

namespace tandem::detail {

class limited_log final : public logger {
public:
    static constexpr int messages_max = 10;
    static constexpr milliseconds window{10'000};

    /// Both outlive it.
    limited_log(logger& to, any_clock& clock) : to_(to), clock_(clock) {}

    void log(log_level level, std::string_view message,
             std::span<const log_field> fields) noexcept override;
    /// For housekeeping: of messages that have not come again since.
    void tell_suppressed() noexcept;

private:
    struct site {
        monotonic_time since;
        int passed = 0;
        std::int64_t suppressed = 0;
    };
    struct verdict {
        bool passes = true;
        std::int64_t suppressed = 0; ///< before this one
    };
    [[nodiscard]] verdict weigh(std::string_view message);

    logger& to_;
    any_clock& clock_;
    std::mutex mutex_;
    std::map<std::string, site, std::less<>> sites_; // guarded by mutex_
};

} // namespace tandem::detail
