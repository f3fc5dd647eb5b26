// SPDX-License-Identifier: BSL-1.0
#include "writer.hpp"

#include <gtest/gtest.h>

namespace tandem {

using action = routing_machine::action;

writer::writer(route belief, int patience)
    : machine_(belief, routing_machine::needs::writable),
      patience_(patience),
      next_(machine_.resume(routing_machine::begin{})) {
    note({.epoch = belief.epoch, .phase = belief.phase});
}

void writer::note(const fence& f) {
    for (const auto n :
         {static_cast<int>(f.epoch), static_cast<int>(f.role), static_cast<int>(f.phase)}) {
        history_ += static_cast<char>(n);
    }
}

routing_machine::event writer::act(world& w) {
    switch (next_) {
    case action::attempt:
        if (w.write(machine_.at())) return routing_machine::accepted{};
        return routing_machine::refused{};
    case action::read_fences: {
        is_half_read_ = false;
        half_read_.target = w.fences().target;
        note(*half_read_.target);
        return routing_machine::fences_read{half_read_};
    }
    case action::enable: {
        const authority& heir = machine_.heir();
        w.step(heir.at, {.kind = step_kind::enable,
                         .expected = heir.belief.epoch,
                         .phase = heir.belief.phase,
                         .floor = heir.floor});
        return routing_machine::enable_tried{};
    }
    case action::wait: return routing_machine::waited{--patience_ <= 0};
    case action::done: break;
    }
    ADD_FAILURE() << "a turn after the end";
    return routing_machine::begin{};
}

void writer::turn(world& w) {
    if (next_ == action::read_fences && !is_half_read_) {
        half_read_.source = w.fences().source;
        is_half_read_ = true;
        history_ += '/';
        note(*half_read_.source);
        return;
    }
    const auto what = act(w);
    history_ += static_cast<char>('a' + what.index());
    next_ = machine_.resume(what);
}

} // namespace tandem
