// SPDX-License-Identifier: BSL-1.0
#include "limited_log.hpp"

namespace tandem::detail {

limited_log::verdict limited_log::weigh(std::string_view message) {
    const auto now = clock_.now();
    const std::lock_guard lock(mutex_);
    auto at = sites_.find(message);
    if (at == sites_.end()) at = sites_.emplace(std::string(message), site{.since = now}).first;
    site& here = at->second;
    verdict out;
    if (now - here.since >= window) {
        out.suppressed = here.suppressed;
        here = {.since = now};
    }
    out.passes = here.passed < messages_max;
    if (out.passes) {
        ++here.passed;
    } else {
        ++here.suppressed;
    }
    return out;
}

void limited_log::log(log_level level, std::string_view message,
                      std::span<const log_field> fields) noexcept {
    try {
        const verdict v = weigh(message);
        if (!v.passes) return;
        if (v.suppressed == 0) return to_.log(level, message, fields);
        std::vector<log_field> more(fields.begin(), fields.end());
        more.push_back({"suppressed", std::to_string(v.suppressed)});
        to_.log(level, message, more);
    } catch (...) {
        // Out of memory. A log line is never worth a failed write.
    }
}

void limited_log::tell_suppressed() noexcept {
    try {
        std::vector<std::pair<std::string, std::int64_t>> told;
        {
            const auto now = clock_.now();
            const std::lock_guard lock(mutex_);
            for (auto& [message, here] : sites_) {
                if (here.suppressed == 0 || now - here.since < window) continue;
                told.emplace_back(message, here.suppressed);
                here = {.since = now};
            }
        }
        for (const auto& [message, count] : told) {
            to_.log(log_level::warning, "messages were left out",
                    std::vector<log_field>{{"message", message},
                                           {"suppressed", std::to_string(count)}});
        }
    } catch (...) {
        // As above.
    }
}

} // namespace tandem::detail
