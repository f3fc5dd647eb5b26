// SPDX-License-Identifier: BSL-1.0
//
// What this process believes about the phase, and how it learns better.

#include "coordinator.hpp"

#include <algorithm>

namespace tandem::detail {
namespace {

std::optional<fence> fence_of(const std::optional<fences>& all, int bucket) {
    if (!all || static_cast<std::size_t>(bucket) >= all->size()) return std::nullopt;
    return (*all)[static_cast<std::size_t>(bucket)];
}

/// The fence of a bucket, with the highest floor of all of them: a handover passes it on to every
/// bucket, and a floor that is too high only makes versions rise.
std::optional<fence> with_highest_floor(const std::optional<fences>& all, int bucket) {
    auto out = fence_of(all, bucket);
    if (!out) return out;
    for (const fence& f : *all)
        out->floor = std::max(out->floor, f.floor);
    return out;
}

} // namespace

void coordinator::learn(const std::optional<fences>& source, const std::optional<fences>& target) {
    for (int b = 0; b < options_.buckets; ++b) {
        const authority now = find_authority({fence_of(source, b), fence_of(target, b)});
        if (now.what == verdict::writable) routes_.learn(b, now.belief);
    }
}

routing_machine::fences_read coordinator::read_fences_of(int at_bucket, const call_context& call,
                                                         look how) {
    // All buckets at once: after a switch of 1,024 buckets one look teaches all of them.
    std::optional<fences> seen[2];
    routing_machine::fences_read answer;
    bool failed = false;
    // The believed primary first; half of the time is kept for the other side, which may be the one
    // that answers.
    const side first = joint() ? side::source : routes_.find(at_bucket).primary();
    for (const side s : {first, other(first)}) {
        if (joint() && s != side::source) continue;
        const auto now = clock_->now();
        const bool bounded = s == first && call.deadline != monotonic_time::max();
        const call_context part{bounded ? now + (call.deadline - now) / 2 : call.deadline};
        auto here = store_at(s).read_fences(part);
        if (!here) {
            // Of two reasons the one that may pass counts.
            if (!failed || here.error() != errc::not_installed) answer.why = here.error();
            failed = true;
            continue;
        }
        seen[index(s)] = std::move(here.value());
        const auto f = fence_of(seen[index(s)], at_bucket);
        if (how == look::for_primary && f && f->role == role::primary) break;
    }
    learn(seen[0], seen[1]);
    answer.fences = {with_highest_floor(seen[0], at_bucket),
                     with_highest_floor(seen[1], at_bucket)};
    return answer;
}

void coordinator::enable(const authority& heir, const call_context& call) {
    switch_step step{.kind = step_kind::enable,
                     .expected = heir.belief.epoch,
                     .phase = heir.belief.phase,
                     .floor = heir.floor,
                     .by = "tandem",
                     .reason = "completing a decided switch"};
    if (auto values = store_at(other(heir.at)).sequences(call)) {
        step.sequences = std::move(values.value());
    } else {
        return; // without them generated keys could collide; the fences will be looked at again
    }
    if (auto changed = store_at(heir.at).step(step, call); !changed) {
        log().log(log_level::warning, "a decided switch could not be completed yet",
                  std::initializer_list<log_field>{{"migration", options_.name},
                                                   {"error", changed.error().message()}});
    }
}

} // namespace tandem::detail
