// SPDX-License-Identifier: BSL-1.0
#include "monitor.hpp"

#include "text.hpp"

#include <algorithm>

namespace demo {

namespace {

constexpr std::chrono::milliseconds look_every{250};
constexpr std::chrono::milliseconds interval{1'000};

std::string rate(double per_second) { return grouped(static_cast<std::int64_t>(per_second + 0.5)); }

std::string owed_text(const tandem::migration_status& s) {
    const auto owed = s.source.owed.owed + s.target.owed.owed;
    if (owed == 0) return "owed 0";
    const auto age = std::max(s.source.owed.oldest_age_ms, s.target.owed.oldest_age_ms);
    return "owed " + grouped(owed) + ", oldest " + duration_text(std::chrono::milliseconds(age));
}

std::string phase_text(const tandem::migration_status& s) {
    std::string text(tandem::to_string(s.phase));
    if (s.draining) text += ", switching";
    if (!s.source.reachable) text += ", source does not answer";
    if (!s.target.reachable) text += ", target does not answer";
    return text;
}

} // namespace

monitor::monitor(tandem::migration& m, meter& figures, display& screen)
    : migration_(m), figures_(figures), screen_(screen), thread_([this] { run(); }) {}

monitor::~monitor() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
    screen_.clear_panel();
}

void monitor::set_backfill(std::optional<std::int64_t> rows, std::int64_t total) {
    const std::lock_guard lock(mutex_);
    if (!rows) {
        backfill_.reset();
        return;
    }
    if (!backfill_) backfill_.emplace();
    backfill_->rows = *rows;
    backfill_->total = total;
}

backlog monitor::worst() const {
    const std::lock_guard lock(mutex_);
    return worst_;
}

std::string monitor::backfill_text() const {
    const std::lock_guard lock(mutex_);
    if (!backfill_ || backfill_->total <= 0) return {};
    // Writers add rows meanwhile: the total is an estimate.
    const double share =
        std::min(static_cast<double>(backfill_->rows) / static_cast<double>(backfill_->total), 1.0);
    std::string text = "backfill " + std::to_string(static_cast<int>(share * 100)) + " %";
    if (share > 0.01) {
        const std::chrono::duration<double> spent = now() - backfill_->begun;
        const auto left = spent * (1 - share) / share;
        text += ", " + seconds_text(std::chrono::duration_cast<microseconds>(left)) + " left";
    }
    return text;
}

void monitor::run() {
    next_interval_ = screen_.has_panel() ? now() : now() + interval;
    for (;;) {
        {
            std::unique_lock lock(mutex_);
            if (changed_.wait_for(lock, look_every, [this] { return stopping_; })) return;
        }
        look();
        show();
    }
}

void monitor::look() {
    const auto answer = migration_.status();
    if (!answer) return; // between two states, or nothing answers: the last one stays on the screen
    status_ = answer.value();
    is_known_ = true;
    const std::lock_guard lock(mutex_);
    for (const auto* s : {&status_.source, &status_.target}) {
        worst_.owed_max = std::max(worst_.owed_max, s->owed.owed);
        worst_.oldest_ms_max = std::max(worst_.oldest_ms_max, s->owed.oldest_age_ms);
    }
}

void monitor::show() {
    if (!is_known_) return;
    const bool is_new = now() >= next_interval_;
    if (is_new) {
        latest_ = figures_.take_interval();
        next_interval_ = now() + interval;
    }
    const std::string traffic = rate(latest_.writes_per_second) + " writes/s, p50 " +
                                duration_text(latest_.p50) + ", p99 " + duration_text(latest_.p99);
    const std::string reads = rate(latest_.reads_per_second) + " reads/s";
    const std::string backfill = backfill_text();
    if (screen_.has_panel()) {
        screen_.panel(
            {screen_.clock_text() + "  " + phase_text(status_),
             "          " + traffic + ", " + reads,
             "          " + owed_text(status_) + (backfill.empty() ? "" : "; " + backfill)});
    } else if (is_new) {
        screen_.event(padded(phase_text(status_), 16) + "  " + traffic + ", " + reads + "; " +
                          owed_text(status_) + (backfill.empty() ? "" : "; " + backfill),
                      paint::plain);
    }
}

} // namespace demo
