// SPDX-License-Identifier: BSL-1.0
//
// Drives a switch machine through a world, one action a turn, and can fail the action of a turn.
// Reading the fences takes two turns, one a side, so that everything may happen in between. Copying
// a walker branches its history; dropping it is the crash of its process.
#pragma once

#include "tandem/engine/switching.hpp"

#include "world.hpp"

namespace tandem {

enum class fault : std::uint8_t {
    none,
    fails,           ///< clean: nothing happened
    unknown_applied, ///< errc::outcome_unknown, and it happened
    unknown_lost,    ///< errc::outcome_unknown, and it did not happen
};
inline constexpr std::array all_faults{fault::fails, fault::unknown_applied, fault::unknown_lost};

class walker {
public:
    using action = switch_machine::action;

    /// patience: so many relay passes until the drain deadline passes.
    explicit walker(direction where, switch_options options = {}, int patience = 3,
                    bool joint = false);

    void turn(world& w, fault f = fault::none);
    /// Takes turns until done; at most 1000.
    walker& run(world& w);

    [[nodiscard]] bool done() const noexcept { return next_ == action::done; }
    [[nodiscard]] action next() const noexcept { return next_; }
    [[nodiscard]] const switch_machine& machine() const noexcept { return machine_; }
    [[nodiscard]] const std::optional<error>& failure() const noexcept {
        return machine_.failure();
    }
    /// The machine ended well and in phase `p`.
    [[nodiscard]] bool reached(phase p) const {
        return done() && !failure() && machine_.phase() == p;
    }
    [[nodiscard]] bool failed_with(errc code) const {
        return done() && failure() && *failure() == code;
    }
    [[nodiscard]] const std::vector<action>& actions() const noexcept { return actions_; }
    /// What the machine is and was told so far: equal texts (and options), equal machines.
    [[nodiscard]] const std::string& history() const noexcept { return history_; }

private:
    [[nodiscard]] switch_machine::event act(world& w);
    [[nodiscard]] switch_machine::event read(const world& w);
    void tell(switch_machine::event what);

    switch_machine machine_;
    int patience_;
    action next_ = action::read_fences;
    fence_pair half_read_;
    bool is_half_read_ = false;
    std::vector<action> actions_;
    std::string history_;
};

/// Walks one phase and fails the test where the walk fails.
void walk(world& w, direction where);
/// A world in phase `p`, synced where the phase is dual, with one acknowledged write in it.
[[nodiscard]] world world_in(phase p);

/// Takes turns until the walker is about to take the step `kind`, or is done.
void run_until(walker& wk, world& w, step_kind kind);

} // namespace tandem
