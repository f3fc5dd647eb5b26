// SPDX-License-Identifier: BSL-1.0

#include "tandem/engine/routing.hpp"

#include <algorithm>
#include <utility>

namespace tandem {
namespace {

// A switch with nothing owed takes a few milliseconds, so the first looks come quickly; a long
// drain is asked about every few milliseconds by each waiting call.
constexpr milliseconds first_pause{1};
constexpr milliseconds longest_pause{5};

template <class... F>
struct overloaded : F... {
    using F::operator()...;
};
template <class... F>
overloaded(F...) -> overloaded<F...>;

} // namespace

routing_machine::action routing_machine::resume(const event& what) {
    return std::visit(overloaded{
                          [&](const begin&) { return action::attempt; },
                          [&](const accepted&) { return action::done; },
                          [&](const refused&) { return action::read_fences; },
                          [&](const failed& f) {
                              failure_ = f.why;
                              return action::done;
                          },
                          [&](const fences_read& f) { return weigh(f); },
                          [&](const enable_tried&) { return action::read_fences; },
                          [&](const waited& w) {
                              // After a pause everything may be tried once more.
                              tried_epoch_ = never;
                              tried_enable_ = false;
                              if (!w.deadline_passed) return action::read_fences;
                              failure_ = why_;
                              return action::done;
                          },
                      },
                      what);
}

routing_machine::action routing_machine::weigh(const fences_read& seen) {
    const authority now = find_authority(seen.fences);
    switch (now.what) {
    case verdict::writable:
        belief_ = now.belief;
        learnt_ = true;
        return attempt_at(now, errc::fenced);
    case verdict::draining: {
        error why(errc::draining, "a switch of the migration is waiting for owed changes; see its "
                                  "status, or abort the switch");
        return needs_ == needs::readable ? attempt_at(now, std::move(why)) : rest(std::move(why));
    }
    case verdict::heir:
        heir_ = now;
        if (std::exchange(tried_enable_, true)) {
            return rest(error(errc::draining,
                              "a switch is decided, but the new primary could not be enabled"));
        }
        return action::enable;
    case verdict::unsettled:
        // No waiting brings back what was uninstalled.
        if ((!seen.fences.source || !seen.fences.target) && seen.why == errc::not_installed) {
            failure_ = seen.why;
            return action::done;
        }
        return rest(!seen.fences.source || !seen.fences.target ? seen.why : error(errc::fenced));
    case verdict::closed:
        // Two reads some steps apart can look like this too, so it is an answer only at the
        // deadline.
        return rest(error(errc::fenced, "neither side of the migration is open: both fences are "
                                        "secondaries, as after a restore"));
    }
    return action::done;
}

routing_machine::action routing_machine::attempt_at(const authority& now, error why) {
    // Refused there a moment ago: the fence changed there and back, or the store is slow to show
    // it. Attempt again, but not in a tight loop.
    const bool refused_there = at_ == now.at && tried_epoch_ == now.belief.epoch;
    at_ = now.at;
    tried_epoch_ = now.belief.epoch;
    return refused_there ? rest(std::move(why)) : action::attempt;
}

routing_machine::action routing_machine::rest(error why) {
    why_ = std::move(why);
    pause_ = std::clamp(pause_ * 2, first_pause, longest_pause);
    return action::wait;
}

} // namespace tandem
