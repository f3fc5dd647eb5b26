// SPDX-License-Identifier: BSL-1.0

#include "tandem/engine/breaker.hpp"

#include <algorithm>

namespace tandem {

std::string_view to_string(breaker_state s) noexcept {
    switch (s) {
    case breaker_state::closed: return "closed";
    case breaker_state::open: return "open";
    case breaker_state::half_open: return "half open";
    }
    return "?";
}

bool breaker::admits(monotonic_time now, asker who) const noexcept {
    if (!open_) return true;
    const auto patience = who == asker::caller ? options_.pause_min : milliseconds{0};
    return !probing_ && now >= probe_at_ + patience;
}

breaker::answer breaker::admit(monotonic_time now, asker who) noexcept {
    if (!open_) return answer::call;
    if (!admits(now, who)) return answer::refused;
    probing_ = true;
    return answer::probe;
}

void breaker::report(monotonic_time now, answer given, outcome what) noexcept {
    if (!open_) return count(now, what);
    // A call that was let through before it opened says nothing about now.
    if (given == answer::call) return;
    if (what == outcome::good) return close(now);
    if (given == answer::probe && probing_) open(now);
}

void breaker::count(monotonic_time now, outcome what) noexcept {
    slot& s = slot_of(now);
    ++s.calls;
    if (what != outcome::good) ++s.failures;
    timeouts_ = what == outcome::timed_out ? timeouts_ + 1 : 0;
    const bool bad = what != outcome::good;
    if (bad && (timeouts_ >= options_.timeouts_in_a_row || too_many_failures(now))) open(now);
}

breaker_state breaker::state(monotonic_time now) const noexcept {
    if (!open_) return breaker_state::closed;
    return probing_ || now >= probe_at_ ? breaker_state::half_open : breaker_state::open;
}

void breaker::open(monotonic_time now) noexcept {
    if (!open_) since_ = now;
    open_ = true;
    probing_ = false;
    timeouts_ = 0;
    const milliseconds pause = backoff(options_.pause_min, openings_, options_.pause_max);
    ++openings_;
    probe_at_ = now + pause + jitter_.up_to(pause / 4);
}

std::int64_t breaker::slot_number(monotonic_time now) const noexcept {
    const auto length = std::max(options_.window / slots, milliseconds{1});
    return std::chrono::duration_cast<milliseconds>(now.time_since_epoch()) / length;
}

void breaker::close(monotonic_time now) noexcept {
    open_ = false;
    probing_ = false;
    openings_ = 0;
    window_ = {};
    since_ = now;
}

breaker::slot& breaker::slot_of(monotonic_time now) noexcept {
    const std::int64_t number = slot_number(now);
    slot& s = window_[static_cast<std::size_t>(number % slots)];
    if (s.number != number) s = {number, 0, 0};
    return s;
}

bool breaker::too_many_failures(monotonic_time now) const noexcept {
    const std::int64_t number = slot_number(now);
    std::int64_t calls = 0, failures = 0;
    for (const slot& s : window_) {
        if (s.number <= number - slots) continue;
        calls += s.calls;
        failures += s.failures;
    }
    return calls >= options_.calls_min && failures * 100 >= calls * options_.failure_percent;
}

bool is_timeout(const error& why) noexcept {
    // A pool whose connections all hang gives none away before the deadline.
    return why == errc::timeout || why == errc::pool_exhausted || why == errc::outcome_unknown;
}

} // namespace tandem
