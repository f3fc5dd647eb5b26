// SPDX-License-Identifier: BSL-1.0
//
// The names of sides, phases, roles and steps, as they stand in messages.
#include "tandem/core/phase.hpp"

#include "tandem/core/step.hpp"

namespace tandem {

std::string_view to_string(side s) noexcept {
    switch (s) {
    case side::source: return "source";
    case side::target: return "target";
    }
    return "unknown";
}

std::string_view to_string(phase p) noexcept {
    switch (p) {
    case phase::old_only: return "old_only";
    case phase::dual_old_primary: return "dual_old_primary";
    case phase::dual_new_primary: return "dual_new_primary";
    case phase::new_only: return "new_only";
    }
    return "unknown";
}

std::string_view to_string(role r) noexcept {
    switch (r) {
    case role::primary: return "primary";
    case role::draining: return "draining";
    case role::handed_over: return "handed_over";
    case role::secondary: return "secondary";
    }
    return "unknown";
}

std::string_view to_string(step_kind kind) noexcept {
    switch (kind) {
    case step_kind::begin_handover: return "begin_handover";
    case step_kind::decide: return "decide";
    case step_kind::enable: return "enable";
    case step_kind::abort: return "abort";
    case step_kind::enter_secondary: return "enter_secondary";
    case step_kind::enter_primary: return "enter_primary";
    case step_kind::leave: return "leave";
    case step_kind::roll_primary: return "roll_primary";
    case step_kind::roll_secondary: return "roll_secondary";
    case step_kind::mark_synced: return "mark_synced";
    case step_kind::retire: return "retire";
    }
    return "unknown";
}

} // namespace tandem
