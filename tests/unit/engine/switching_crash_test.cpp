// SPDX-License-Identifier: BSL-1.0
//
// Every walk, ended or failed at every one of its actions, and taken over by every other walk.
#include "fences.hpp"
#include "walker.hpp"

#include <gtest/gtest.h>

namespace tandem {
namespace {

constexpr std::array all_directions{direction::forward, direction::backward, direction::abort};
constexpr std::array both_ways{direction::forward, direction::backward};
constexpr int turns_max = 16; // more than the longest walk has

switch_options options() { return {.allow_truncate = true}; }

/// Calls f(world, direction) for every walk, those that are refused from the ends included.
template <class F>
void for_every_walk(F f) {
    for (const phase p : all_phases) {
        for (const direction where : both_ways) {
            world w = world_in(p);
            w.write(primary_of(p));
            f(w, where);
        }
    }
}

std::string what(const world& w) {
    return w.broken().empty() ? testing::PrintToString(w.fences()) : w.broken();
}

/// Anybody may end what was left: complete what is decided, abort the rest.
void expect_recoverable(world w) {
    walker(direction::abort, options()).run(w);
    EXPECT_TRUE(w.is_stable()) << what(w);
    EXPECT_EQ(w.broken(), "");
    EXPECT_TRUE(w.write());
    EXPECT_EQ(w.broken(), "");
}

TEST(switching_crash, at_every_action_leaves_what_every_walk_can_take_over) {
    int crashes = 0;
    for_every_walk([&](const world& start, direction where) {
        for (int turns = 0; turns < turns_max; ++turns) {
            world crashed = start;
            walker dead(where, options());
            for (int i = 0; i < turns && !dead.done(); ++i)
                dead.turn(crashed);
            for (const direction next : all_directions) {
                world w = crashed;
                EXPECT_TRUE(walker(next, options()).run(w).done());
                EXPECT_EQ(w.broken(), "");
                expect_recoverable(w);
            }
            ++crashes;
        }
    });
    EXPECT_EQ(crashes, 4 * 2 * turns_max);
}

TEST(switching_crash, is_resumed_to_the_same_goal_by_the_same_direction) {
    for_every_walk([&](const world& start, direction where) {
        world undisturbed = start;
        walker whole(where, options());
        if (whole.run(undisturbed).failure()) return; // refused from the ends
        const phase goal = whole.machine().phase();
        walker dead(where, options());
        for (world crashed = start; !dead.done(); dead.turn(crashed)) {
            // Where the goal was reached without being seen, the next walk would go on.
            const auto now = find_authority(crashed.fences());
            if (now.what == verdict::writable && now.belief.phase == goal) break;
            world w = crashed;
            EXPECT_TRUE(walker(where, options()).run(w).reached(goal)) << what(w);
        }
    });
}

TEST(switching_crash, of_two_walks_in_a_row_leaves_what_can_be_taken_over) {
    for_every_walk([&](const world& start, direction where) {
        walker one(where, options());
        for (world w1 = start; !one.done(); one.turn(w1)) {
            for (const direction next : all_directions) {
                world w2 = w1;
                for (walker two(next, options()); !two.done(); two.turn(w2)) {
                    expect_recoverable(w2);
                }
            }
        }
    });
}

TEST(switching_failure, of_every_action_breaks_nothing) {
    for (const fault f : all_faults) {
        for_every_walk([&](const world& start, direction where) {
            for (int failing = 0; failing < turns_max; ++failing) {
                world w = start;
                walker wk(where, options());
                for (int i = 0; i < failing && !wk.done(); ++i)
                    wk.turn(w);
                if (wk.done()) return;
                wk.turn(w, f);
                wk.run(w);
                EXPECT_EQ(w.broken(), "");
                expect_recoverable(w);
            }
        });
    }
}

TEST(switching_failure, that_leaves_the_outcome_open_does_not_keep_a_walk_from_its_goal) {
    for (const fault f : {fault::unknown_applied, fault::unknown_lost}) {
        for_every_walk([&](const world& start, direction where) {
            world undisturbed = start;
            walker whole(where, options());
            if (whole.run(undisturbed).failure()) return;
            walker wk(where, options());
            for (world at = start; !wk.done(); wk.turn(at)) {
                if (wk.next() != switch_machine::action::step) continue;
                world w = at;
                walker failing = wk;
                failing.turn(w, f);
                EXPECT_TRUE(failing.run(w).reached(whole.machine().phase())) << what(w);
            }
        });
    }
}

TEST(switching_failure, never_leaves_a_drain_behind_where_the_primary_can_be_reached) {
    // Once a walk has begun to drain, one failure of anything ends in an abort or in the goal.
    for (const fault f : all_faults) {
        for_every_walk([&](const world& start, direction where) {
            walker wk(where, options());
            for (world at = start; !wk.done(); wk.turn(at)) {
                if (!wk.machine().draining()) continue;
                world w = at;
                walker failing = wk;
                failing.turn(w, f);
                failing.run(w);
                EXPECT_TRUE(w.is_stable()) << what(w);
            }
        });
    }
}

TEST(switching_failure, of_a_late_enable_from_any_two_moments_breaks_nothing) {
    // Fences read at two moments, however far apart, and acted upon at any later one.
    std::vector<world> moments{world()};
    for (const direction where : {direction::forward, direction::forward, direction::backward,
                                  direction::forward, direction::forward, direction::backward}) {
        world w = moments.back();
        for (walker wk(where, options()); !wk.done(); moments.push_back(w))
            wk.turn(w);
        w.backfill();
        moments.push_back(w);
    }
    int enabled = 0;
    for (std::size_t s = 0; s < moments.size(); ++s) {
        for (std::size_t t = 0; t < moments.size(); ++t) {
            const authority seen = find_authority(
                {moments[s].fence_at(side::source), moments[t].fence_at(side::target)});
            if (seen.what != verdict::heir) continue;
            for (std::size_t now = std::max(s, t); now < moments.size(); ++now) {
                world w = moments[now];
                enabled += w.step(seen.at, {.kind = step_kind::enable,
                                            .expected = seen.belief.epoch,
                                            .phase = seen.belief.phase,
                                            .floor = seen.floor});
                EXPECT_EQ(w.broken(), "");
            }
        }
    }
    EXPECT_GT(enabled, 0);
}

} // namespace
} // namespace tandem
