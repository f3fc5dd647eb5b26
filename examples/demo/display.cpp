// SPDX-License-Identifier: BSL-1.0
#include "display.hpp"

#include "interrupt.hpp"
#include "text.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string_view>

namespace demo {

namespace {

/// Of the terminal; a wrapped line would spoil the panel.
std::size_t width() {
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
    return size.ws_col;
}

} // namespace

display::display() : begun_(std::chrono::steady_clock::now()) {
    const char* term = std::getenv("TERM");
    const bool is_dumb = term == nullptr || std::string_view(term) == "dumb";
    has_panel_ = ::isatty(STDOUT_FILENO) == 1 && !is_dumb;
    const char* no_colour = std::getenv("NO_COLOR");
    has_colour_ = has_panel_ && (no_colour == nullptr || *no_colour == '\0');
}

void display::write(const std::string& text) {
    std::string_view rest = text;
    while (!rest.empty()) {
        const auto written = ::write(STDOUT_FILENO, rest.data(), rest.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) {
            interrupt();
            return;
        }
        rest.remove_prefix(static_cast<std::size_t>(written));
    }
}

std::string display::painted(const std::string& text, paint how) const {
    if (!has_colour_) return text;
    switch (how) {
    case paint::plain: return text;
    case paint::strong: return "\033[1m" + text + "\033[0m";
    case paint::good: return "\033[1;32m" + text + "\033[0m";
    case paint::bad: return "\033[1;31m" + text + "\033[0m";
    case paint::faint: return "\033[2m" + text + "\033[0m";
    }
    return text;
}

// Up to the panel's first line, and everything from there on erased.
std::string display::without_panel() {
    if (panel_.empty()) return {};
    return "\r\033[" + std::to_string(panel_.size()) + "A\033[J";
}

void display::line(const std::string& text, paint how) {
    const std::lock_guard lock(mutex_);
    std::string out = without_panel() + painted(text, how) + "\n";
    for (const auto& l : panel_)
        out += l + "\n";
    write(out);
}

void display::event(const std::string& text, paint how) { line(clock_text() + "  " + text, how); }

void display::panel(std::vector<std::string> lines) {
    if (!has_panel_) return;
    const std::lock_guard lock(mutex_);
    std::string out = without_panel();
    for (auto& l : lines) {
        l = painted(l.substr(0, width() - 1), paint::faint);
        out += l + "\n";
    }
    panel_ = std::move(lines);
    write(out);
}

void display::clear_panel() {
    const std::lock_guard lock(mutex_);
    write(without_panel());
    panel_.clear();
}

void display::start_clock() { begun_ = std::chrono::steady_clock::now(); }

std::string display::clock_text() const {
    const auto length = std::chrono::steady_clock::now() - begun_;
    return right(seconds_text(std::chrono::duration_cast<std::chrono::microseconds>(length)), 8);
}

} // namespace demo
