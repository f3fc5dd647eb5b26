// SPDX-License-Identifier: BSL-1.0
#include "tandem/memory/fake_clock.hpp"

#include <cassert>

namespace tandem::testing {

monotonic_time fake_clock::now() const {
    const std::scoped_lock lock(mutex_);
    return now_;
}

void fake_clock::sleep_until(monotonic_time until) {
    std::unique_lock lock(mutex_);
    if (options_.auto_advance && now_ < until) {
        now_ = until;
        changed_.notify_all();
    }
    if (now_ >= until || released_) return;
    ++sleepers_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return now_ >= until || released_; });
    --sleepers_;
}

void fake_clock::advance(monotonic_time::duration by) {
    assert(by >= monotonic_time::duration::zero());
    const std::scoped_lock lock(mutex_);
    now_ += by;
    changed_.notify_all();
}

int fake_clock::sleepers() const {
    const std::scoped_lock lock(mutex_);
    return sleepers_;
}

void fake_clock::wait_for_sleepers(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return sleepers_ >= count; });
}

void fake_clock::release() {
    const std::scoped_lock lock(mutex_);
    released_ = true;
    changed_.notify_all();
}

} // namespace tandem::testing
