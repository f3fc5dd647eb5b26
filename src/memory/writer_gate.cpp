// SPDX-License-Identifier: BSL-1.0
#include "memory/writer_gate.hpp"

#include <algorithm>

namespace tandem::memory::detail {

namespace {

/// The clock may be one that a test moves without telling us: look again after so long.
constexpr milliseconds look_again{5};

} // namespace

result<writer_gate::hold> writer_gate::enter(const call_context& call, milliseconds longest) {
    const monotonic_time started = now_();
    std::unique_lock lock(mutex_);
    const auto ticket = queue_.insert(queue_.end(), 0);
    const auto my_turn = [&] { return !held_ && queue_.begin() == ticket; };
    while (!my_turn()) {
        const monotonic_time now = now_();
        const bool late = now >= call.deadline;
        if (late || now - started >= longest) {
            queue_.erase(ticket);
            changed_.notify_all();
            if (late) return error(errc::timeout, "the deadline passed waiting for another writer");
            return error(errc::busy, "another transaction holds the lock; try again");
        }
        changed_.wait_for(lock, look_again, my_turn);
    }
    queue_.erase(ticket);
    held_ = true;
    return hold(this);
}

void writer_gate::leave() {
    const std::scoped_lock lock(mutex_);
    held_ = false;
    changed_.notify_all();
}

} // namespace tandem::memory::detail
