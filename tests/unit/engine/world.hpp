// SPDX-License-Identifier: BSL-1.0
//
// A migration small enough to be walked through in every order: two fences, one key, an outbox a
// side. It takes the steps of core/step.hpp to the letter, as compare-and-sets, and watches the
// invariants of the protocol (section 8) after every change. A row is the number of the write that
// made it. Not thread-safe; copying it branches history.
#pragma once

#include "tandem/core/step.hpp"
#include "tandem/engine/authority.hpp"

#include <array>
#include <string>
#include <vector>

namespace tandem {

class world {
public:
    /// As installed: the source primary in old_only, the target secondary, both at epoch 1.
    explicit world(bool joint = false) : joint_(joint) {
        side_at(side::source).control = {.epoch = 1, .role = role::primary};
        side_at(side::target).control = {.epoch = 1, .role = role::secondary};
    }

    [[nodiscard]] fence_pair fences() const;
    [[nodiscard]] const fence& fence_at(side s) const { return side_at(s).control; }
    [[nodiscard]] std::int64_t owed(side s) const;
    [[nodiscard]] std::int64_t dead(side s) const { return side_at(s).dead; }
    [[nodiscard]] std::int64_t dirty(side s) const { return side_at(s).dirty; }
    [[nodiscard]] bool is_empty(side s) const { return side_at(s).row == 0; }
    [[nodiscard]] int row_at(side s) const { return side_at(s).row; }
    [[nodiscard]] int acknowledged() const noexcept { return acknowledged_; }

    /// What happens to the data.
    bool step(side at, const switch_step& step);
    bool write(side at); ///< W1 to W6; false where fenced
    bool write() { return write(side::source) || write(side::target); }
    void deliver(side from);                          ///< applies and settles what is owed
    void backfill();                                  ///< of the present era, up to `synced`
    void poison(bool on) noexcept { poisoned_ = on; } ///< deliver() makes dead letters
    void mark_dirty(side at) { ++side_at(at).dirty; }

    /// Handovers decided so far.
    [[nodiscard]] int flips() const noexcept { return flips_; }
    /// The first invariant that was broken, or nothing.
    [[nodiscard]] const std::string& broken() const noexcept { return broken_; }
    /// Exactly one side is primary and no side drains.
    [[nodiscard]] bool is_stable() const;
    /// Equal texts: equal futures.
    [[nodiscard]] std::string text() const;

private:
    struct side_state {
        fence control;
        int row = 0;
        std::vector<epoch> owed; ///< under which the intents were written
        std::int64_t dead = 0;
        std::int64_t dirty = 0;
        epoch gave_up = 0; ///< the newest epoch at which it handed over
    };

    [[nodiscard]] bool fits(const switch_step& step, side at) const;
    void change(const switch_step& step, side at);
    void check(const std::array<fence, 2>& before);
    void break_invariant(std::string which);
    side_state& side_at(side s) { return sides_[index(s)]; }
    [[nodiscard]] const side_state& side_at(side s) const { return sides_[index(s)]; }

    bool joint_;
    bool poisoned_ = false;
    std::array<side_state, 2> sides_;
    int acknowledged_ = 0;
    int flips_ = 0;
    std::string broken_;
};

} // namespace tandem
