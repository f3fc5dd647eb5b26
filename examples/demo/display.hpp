// SPDX-License-Identifier: BSL-1.0
//
// Standard output: lines that stay, and on a terminal a panel below them that is redrawn in place.
// NO_COLOR takes the colours away, TERM=dumb or an output that is no terminal the panel too; what
// it would show then comes as a line a second. When nobody reads the output any more the demo is
// interrupted. Thread-safe.
#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <vector>

namespace demo {

enum class paint : std::uint8_t { plain, strong, good, bad, faint };

class display {
public:
    /// Looks at the environment and at standard output.
    display();
    display(const display&) = delete;
    display& operator=(const display&) = delete;

    [[nodiscard]] bool has_panel() const noexcept { return has_panel_; }

    /// A line that stays.
    void line(const std::string& text, paint how = paint::plain);
    /// A line that stays, with the time since start_clock().
    void event(const std::string& text, paint how = paint::strong);
    /// Replaces the panel. ASCII alone; what is wider than the terminal is cut off.
    void panel(std::vector<std::string> lines);
    /// Takes the panel away.
    void clear_panel();

    void start_clock();
    [[nodiscard]] std::string clock_text() const;

private:
    void write(const std::string& text);
    [[nodiscard]] std::string painted(const std::string& text, paint how) const;
    [[nodiscard]] std::string without_panel();

    bool has_panel_ = false;
    bool has_colour_ = false;
    std::chrono::steady_clock::time_point begun_;
    mutable std::mutex mutex_;
    std::vector<std::string> panel_; // guarded by mutex_, as is the output itself
};

} // namespace demo
