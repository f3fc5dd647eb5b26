// SPDX-License-Identifier: BSL-1.0
//
// One writer at a time, in the order of asking. It stands for the row, key and fence locks of a
// server at once: whoever holds it may rely on everything committed staying as it is.
#pragma once

#include "tandem/core/call.hpp"
#include "tandem/core/result.hpp"

#include <condition_variable>
#include <functional>
#include <list>
#include <mutex>
#include <utility>

namespace tandem::memory::detail {

class writer_gate {
public:
    /// The right to write, given back on destruction.
    class hold {
    public:
        hold() = default;
        explicit hold(writer_gate* gate) : gate_(gate) {}
        hold(hold&& o) noexcept : gate_(std::exchange(o.gate_, nullptr)) {}
        hold& operator=(hold&& o) noexcept {
            std::swap(gate_, o.gate_);
            return *this;
        }
        ~hold() {
            if (gate_ != nullptr) gate_->leave();
        }

    private:
        writer_gate* gate_ = nullptr;
    };

    explicit writer_gate(std::function<monotonic_time()> now) : now_(std::move(now)) {}

    /// Errors: timeout (the deadline came first), busy (`longest` came first).
    result<hold> enter(const call_context& call, milliseconds longest);

private:
    void leave();

    const std::function<monotonic_time()> now_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool held_ = false;    // guarded by mutex_
    std::list<int> queue_; // guarded by mutex_; an element's address is its ticket
};

} // namespace tandem::memory::detail
