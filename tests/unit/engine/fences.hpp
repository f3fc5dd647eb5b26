// SPDX-License-Identifier: BSL-1.0
//
// Fences in one word each, for the tests of the machines that read them.
#pragma once

#include "tandem/core/fence.hpp"
#include "tandem/engine/authority.hpp"

#include <array>
#include <ostream>

namespace tandem {

inline constexpr std::array all_phases{phase::old_only, phase::dual_old_primary,
                                       phase::dual_new_primary, phase::new_only};
inline constexpr std::array all_roles{role::primary, role::draining, role::handed_over,
                                      role::secondary};

inline fence make_fence(role r, epoch e, phase p = phase::old_only) {
    return {.epoch = e, .role = r, .phase = p};
}
inline fence primary(epoch e, phase p) { return make_fence(role::primary, e, p); }
inline fence draining(epoch e, phase p) { return make_fence(role::draining, e, p); }
inline fence handed_over(epoch e, phase p) { return make_fence(role::handed_over, e, p); }
inline fence secondary(epoch e) { return make_fence(role::secondary, e); }

// What GoogleTest prints where an expectation fails.
inline void PrintTo(const fence& f, std::ostream* out) {
    *out << static_cast<char>(f.role) << '@' << f.epoch << " in " << to_string(f.phase);
}
inline void PrintTo(const fence_pair& pair, std::ostream* out) {
    for (const auto& f : {pair.source, pair.target}) {
        *out << '[';
        if (f) PrintTo(*f, out);
        *out << ']';
    }
}

} // namespace tandem
