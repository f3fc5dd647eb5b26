// SPDX-License-Identifier: BSL-1.0

#include "settle_queue.hpp"

#include <concurrentqueue/concurrentqueue.h>

namespace tandem::detail {

struct settle_queue::queue {
    moodycamel::ConcurrentQueue<std::int64_t> ids;
};

settle_queue::settle_queue() : queue_(std::make_unique<queue>()) {}
settle_queue::~settle_queue() = default;

void settle_queue::push(std::int64_t intent, std::size_t bound) {
    if (queue_->ids.size_approx() < bound) queue_->ids.enqueue(intent);
}

std::vector<std::int64_t> settle_queue::take(std::size_t count) {
    std::vector<std::int64_t> ids(count);
    ids.resize(queue_->ids.try_dequeue_bulk(ids.begin(), count));
    return ids;
}

} // namespace tandem::detail
