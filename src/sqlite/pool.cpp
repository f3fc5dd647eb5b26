// SPDX-License-Identifier: BSL-1.0
#include "sqlite/pool.hpp"

#include <algorithm>

namespace tandem::sqlite::detail {

pool::lease::~lease() {
    if (lent_) {
        owner_->give_back(std::move(lent_));
    }
}

result<pool::lease> pool::take(const call_context& call) {
    if (!wait_for_place(call)) {
        return error(exhausted_, exhausted_ == errc::pool_exhausted
                                     ? "no connection to '" + opts_.path +
                                           "' became free before the deadline; raise "
                                           "options.readers_max or allow more time"
                                     : "another write of this process to '" + opts_.path +
                                           "' did not end before the deadline");
    }
    std::unique_ptr<connection> lent;
    {
        const std::lock_guard lock(mutex_);
        if (!idle_.empty()) {
            lent = std::move(idle_.back());
            idle_.pop_back();
        }
    }
    if (lent) {
        lease given(*this, std::move(lent));
        TANDEM_TRY(given->start_call(call));
        return given;
    }
    auto opened = connection::open(opts_, wanted_, call);
    if (!opened) {
        give_back(nullptr);
        return std::move(opened).assume_error();
    }
    return lease(*this, std::move(opened).assume_value());
}

// A place goes to the one who has waited longest: otherwise a busy thread would take the writer
// again before the others have woken up.
bool pool::wait_for_place(const call_context& call) {
    std::unique_lock lock(mutex_);
    if (free_ > 0 && waiters_.empty()) {
        --free_;
        return true;
    }
    waiter self;
    waiters_.push_back(&self);
    const auto granted = [&self] { return self.granted; };
    if (call.deadline == monotonic_time::max()) {
        self.changed.wait(lock, granted);
        return true;
    }
    if (self.changed.wait_until(lock, call.deadline, granted)) {
        return true;
    }
    waiters_.erase(std::find(waiters_.begin(), waiters_.end(), &self));
    return false;
}

void pool::give_back(std::unique_ptr<connection> lent) noexcept {
    if (lent && !lent->is_usable()) {
        lent.reset(); // outside the lock: closing may write
    }
    const std::lock_guard lock(mutex_);
    if (lent) {
        idle_.push_back(std::move(lent));
    }
    if (waiters_.empty()) {
        ++free_;
        return;
    }
    waiter* next = waiters_.front();
    waiters_.pop_front();
    next->granted = true;
    next->changed.notify_one();
}

} // namespace tandem::sqlite::detail
