// SPDX-License-Identifier: BSL-1.0
//
// A logger that keeps every line of every level, as "level message name=value ...". Thread-safe.
#pragma once

#include "tandem/core/log.hpp"

#include <mutex>
#include <string>
#include <vector>

namespace tandem_test {

class recording_logger final : public tandem::logger {
public:
    void log(tandem::log_level level, std::string_view message,
             std::span<const tandem::log_field> fields) noexcept override {
        std::string line(to_string(level));
        line += ' ';
        line += message;
        for (const auto& f : fields)
            line += ' ' + std::string(f.name) + '=' + f.value;
        const std::lock_guard lock(mutex_);
        lines_.push_back(std::move(line));
    }
    [[nodiscard]] std::vector<std::string> lines() const {
        const std::lock_guard lock(mutex_);
        return lines_;
    }
    /// All of it.
    [[nodiscard]] std::string text() const {
        std::string all;
        for (const auto& line : lines())
            all += line + '\n';
        return all;
    }

private:
    mutable std::mutex mutex_;
    std::vector<std::string> lines_; // guarded by mutex_
};

} // namespace tandem_test
