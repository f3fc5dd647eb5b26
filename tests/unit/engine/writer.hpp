// SPDX-License-Identifier: BSL-1.0
//
// Drives a routing machine that writes once, one action a turn, as a process with any old belief. A
// writer that meets a decided switch takes its last step, from fences read perhaps long ago.
#pragma once

#include "tandem/engine/routing.hpp"

#include "world.hpp"

namespace tandem {

class writer {
public:
    /// patience: so many pauses until the deadline of the call passes.
    explicit writer(route belief, int patience = 2);

    void turn(world& w);
    [[nodiscard]] bool done() const noexcept { return next_ == routing_machine::action::done; }
    [[nodiscard]] const std::optional<error>& failure() const noexcept {
        return machine_.failure();
    }
    [[nodiscard]] const std::string& history() const noexcept { return history_; }

private:
    [[nodiscard]] routing_machine::event act(world& w);
    void note(const fence& f);

    routing_machine machine_;
    int patience_;
    routing_machine::action next_;
    fence_pair half_read_;
    bool is_half_read_ = false;
    std::string history_;
};

} // namespace tandem
