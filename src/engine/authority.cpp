// SPDX-License-Identifier: BSL-1.0

#include "tandem/engine/authority.hpp"

namespace tandem {
namespace {

bool serves(const std::optional<fence>& f) noexcept { return f && is_authority(f->role); }

/// Rule 1: is `a` newer than `b`, both P or D?
bool newer(const fence& a, const fence& b) noexcept {
    if (a.epoch != b.epoch) return a.epoch > b.epoch;
    return a.role == role::primary && b.role == role::draining;
}

authority serving(side at, const fence& f) noexcept {
    return {f.role == role::primary ? verdict::writable : verdict::draining,
            at,
            {f.epoch, f.phase},
            f.floor};
}

} // namespace

authority find_authority(const fence_pair& seen) noexcept {
    const auto& [source, target] = seen;
    if (serves(source) && (!serves(target) || newer(*source, *target))) {
        return serving(side::source, *source);
    }
    if (serves(target)) return serving(side::target, *target);

    // Rule 2. A missing fence may be the one that serves, or the heir that is already enabled: the
    // step itself compares epochs, so it is safe to try, but it needs the heir's store.
    const auto handed_over = [](const std::optional<fence>& f) {
        return f && f->role == role::handed_over;
    };
    if (source && target) {
        const side giver =
            handed_over(source) && (!handed_over(target) || source->epoch > target->epoch)
                ? side::source
                : side::target;
        const fence& from = *seen.at(giver);
        const fence& to = *seen.at(other(giver));
        if (from.role == role::handed_over) {
            if (to.epoch < from.epoch) {
                return {verdict::heir, other(giver), {from.epoch, from.phase}, from.floor};
            }
            return {verdict::unsettled, giver, {}, {}};
        }
        return {verdict::closed, side::source, {}, {}};
    }
    return {verdict::unsettled, side::source, {}, {}};
}

} // namespace tandem
