// SPDX-License-Identifier: BSL-1.0
//
// tandem's own messages as lines of the display. The same message comes at most once in two
// seconds: a relay that cannot reach its target says so at each attempt. Thread-safe.
#pragma once

#include "tandem/core/log.hpp"

#include "display.hpp"

#include <map>

namespace demo {

class event_log final : public tandem::logger {
public:
    explicit event_log(display& screen) : screen_(screen) {}
    void log(tandem::log_level level, std::string_view message,
             std::span<const tandem::log_field> fields) noexcept override;

private:
    display& screen_;
    std::mutex mutex_;
    std::map<std::string, std::chrono::steady_clock::time_point, std::less<>> last_; // guarded
};

} // namespace demo
