// SPDX-License-Identifier: BSL-1.0
//
// Where tandem says what happened in the background: relays that fail, switches, reconnects. A
// message is a constant sentence and its fields are names, numbers, codes and key hashes; neither
// ever holds a value of a user's row. A host that has its own logging implements `logger`.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tandem {

enum class log_level : std::uint8_t { debug, info, warning, error };
[[nodiscard]] std::string_view to_string(log_level level) noexcept;

/// One figure or name beside a message.
struct log_field {
    std::string_view name;
    std::string value;
};

class logger {
public:
    logger() = default;
    logger(const logger&) = delete;
    logger& operator=(const logger&) = delete;
    virtual ~logger() = default;

    /// Thread-safe: called from any thread that runs tandem's code, also from several at once. Must
    /// not throw and must not call tandem. Message and fields live until the call returns.
    virtual void log(log_level level, std::string_view message,
                     std::span<const log_field> fields) noexcept = 0;
};

/// Writes warnings and errors to the default logger of spdlog, as "message name=value name=value",
/// and drops the rest. Lives as long as the program.
[[nodiscard]] logger& default_logger() noexcept;

} // namespace tandem
