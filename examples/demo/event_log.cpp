// SPDX-License-Identifier: BSL-1.0
#include "event_log.hpp"

namespace demo {

namespace {
constexpr std::chrono::seconds pause{2};
} // namespace

void event_log::log(tandem::log_level level, std::string_view message,
                    std::span<const tandem::log_field> fields) noexcept {
    if (level < tandem::log_level::warning) return;
    {
        const std::lock_guard lock(mutex_);
        const auto now = std::chrono::steady_clock::now();
        const auto [entry, is_new] = last_.try_emplace(std::string(message), now);
        if (!is_new && now - entry->second < pause) return;
        entry->second = now;
    }
    std::string text(message);
    for (const auto& field : fields) {
        const bool is_error = field.name == "error"; // its text says so itself
        text += is_error ? ": " + field.value : "; " + std::string(field.name) + " " + field.value;
    }
    screen_.event(text, level == tandem::log_level::error ? paint::bad : paint::plain);
}

} // namespace demo
