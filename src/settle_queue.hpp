// SPDX-License-Identifier: BSL-1.0
//
// Intents whose change is known to be applied, on their way to being removed. Bounded: what does
// not fit is left to the relay, which finds the change superseded and removes the intent.
// Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace tandem::detail {

class settle_queue {
public:
    settle_queue();
    ~settle_queue();
    void push(std::int64_t intent, std::size_t bound);
    /// Takes up to `count`.
    [[nodiscard]] std::vector<std::int64_t> take(std::size_t count);

private:
    struct queue;
    std::unique_ptr<queue> queue_;
};

} // namespace tandem::detail
