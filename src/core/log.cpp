// SPDX-License-Identifier: BSL-1.0
//
// The default logger. No other file of tandem includes spdlog.
#include "tandem/core/log.hpp"

#include <spdlog/spdlog.h>

namespace tandem {

namespace {

class spdlog_logger final : public logger {
public:
    void log(log_level level, std::string_view message,
             std::span<const log_field> fields) noexcept override {
        if (level < log_level::warning) return;
        try {
            std::string line(message);
            for (const log_field& field : fields) {
                line += ' ';
                line += field.name;
                line += '=';
                line += field.value;
            }
            spdlog::log(level == log_level::error ? spdlog::level::err : spdlog::level::warn, "{}",
                        line);
        } catch (...) {
            // Out of memory, or a sink of the host threw. A log line is never worth a failed write.
        }
    }
};

} // namespace

std::string_view to_string(log_level level) noexcept {
    switch (level) {
    case log_level::debug: return "debug";
    case log_level::info: return "info";
    case log_level::warning: return "warning";
    case log_level::error: return "error";
    }
    return "unknown";
}

logger& default_logger() noexcept {
    static spdlog_logger instance;
    return instance;
}

} // namespace tandem
