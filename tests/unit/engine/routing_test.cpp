// SPDX-License-Identifier: BSL-1.0
#include "tandem/engine/routing.hpp"

#include "fences.hpp"

#include <gtest/gtest.h>

namespace tandem {
namespace {

using machine = routing_machine;
using action = machine::action;

constexpr route belief_in_source{3, phase::dual_old_primary};
const fence source_serves = primary(3, phase::dual_old_primary);
const fence source_drains = draining(4, phase::dual_old_primary);
const fence source_gave_up = handed_over(4, phase::dual_new_primary);
const fence target_follows = secondary(2);
const fence target_serves = primary(4, phase::dual_new_primary);

machine::fences_read look(std::optional<fence> source, std::optional<fence> target) {
    return {{source, target}, errc::connection_lost};
}

/// A call that was refused where it believed the authority to be, and looks at the fences now.
machine refused_call(machine::needs what = machine::needs::writable) {
    machine m(belief_in_source, what);
    EXPECT_EQ(m.resume(machine::begin{}), action::attempt);
    EXPECT_EQ(m.resume(machine::refused{}), action::read_fences);
    return m;
}
machine refused_read() { return refused_call(machine::needs::readable); }

TEST(routing, attempts_first_where_it_believes) {
    machine m({9, phase::new_only}, machine::needs::writable);
    EXPECT_EQ(m.resume(machine::begin{}), action::attempt);
    EXPECT_EQ(m.at(), side::target);
    EXPECT_EQ(m.belief(), (route{9, phase::new_only}));
    EXPECT_FALSE(m.learnt());
}

TEST(routing, accepted_at_once_is_done) {
    machine m(belief_in_source, machine::needs::writable);
    (void)m.resume(machine::begin{});
    EXPECT_EQ(m.resume(machine::accepted{}), action::done);
    EXPECT_FALSE(m.failure());
    EXPECT_FALSE(m.learnt());
}

TEST(routing, refused_goes_where_the_fences_say_and_learns) {
    machine m = refused_call();
    EXPECT_EQ(m.resume(look(source_gave_up, target_serves)), action::attempt);
    EXPECT_EQ(m.at(), side::target);
    EXPECT_EQ(m.belief(), (route{4, phase::dual_new_primary}));
    EXPECT_TRUE(m.learnt());
    EXPECT_EQ(m.resume(machine::accepted{}), action::done);
    EXPECT_FALSE(m.failure());
}

TEST(routing, does_not_wait_for_a_migration_that_left) {
    machine m = refused_call();
    EXPECT_EQ(m.resume(machine::fences_read{{}, errc::not_installed}), action::done);
    ASSERT_TRUE(m.failure());
    EXPECT_EQ(*m.failure(), errc::not_installed);
    machine half = refused_call();
    EXPECT_EQ(half.resume(machine::fences_read{{source_gave_up, {}}, errc::not_installed}),
              action::done);
    machine open = refused_call();
    EXPECT_EQ(open.resume(machine::fences_read{{{}, target_serves}, errc::not_installed}),
              action::attempt);
}

TEST(routing, passes_a_failure_of_the_attempt_on_unchanged) {
    machine m(belief_in_source, machine::needs::writable);
    (void)m.resume(machine::begin{});
    EXPECT_EQ(m.resume(machine::failed{error(errc::outcome_unknown, "ours", "theirs")}),
              action::done);
    ASSERT_TRUE(m.failure());
    EXPECT_EQ(*m.failure(), errc::outcome_unknown);
    EXPECT_EQ(m.failure()->detail(), "ours");
    EXPECT_EQ(m.failure()->server_text(), "theirs");
}

// --- a drain ---------------------------------------------------------------------------------

TEST(routing, write_waits_for_a_drain_and_goes_on_at_the_new_primary) {
    machine m = refused_call();
    for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(m.resume(look(source_drains, target_follows)), action::wait);
        EXPECT_EQ(m.resume(machine::waited{}), action::read_fences);
    }
    EXPECT_EQ(m.resume(look(source_gave_up, target_serves)), action::attempt);
    EXPECT_EQ(m.at(), side::target);
}

TEST(routing, write_waits_for_a_drain_and_goes_on_at_the_old_primary_after_an_abort) {
    machine m = refused_call();
    EXPECT_EQ(m.resume(look(source_drains, target_follows)), action::wait);
    EXPECT_EQ(m.resume(machine::waited{}), action::read_fences);
    EXPECT_EQ(m.resume(look(primary(5, phase::dual_old_primary), target_follows)), action::attempt);
    EXPECT_EQ(m.at(), side::source);
}

TEST(routing, read_does_not_wait_for_a_drain) {
    machine m = refused_read();
    EXPECT_EQ(m.resume(look(source_drains, target_follows)), action::attempt);
    EXPECT_EQ(m.at(), side::source);
    EXPECT_FALSE(m.learnt());
}

TEST(routing, read_that_waited_before_does_not_wait_for_a_drain) {
    machine m = refused_read();
    EXPECT_EQ(m.resume(look(std::nullopt, target_follows)), action::wait);
    EXPECT_EQ(m.resume(machine::waited{}), action::read_fences);
    EXPECT_EQ(m.resume(look(source_drains, target_follows)), action::attempt);
}

TEST(routing, deadline_in_a_drain_is_the_error_draining) {
    machine m = refused_call();
    (void)m.resume(look(source_drains, target_follows));
    EXPECT_EQ(m.resume(machine::waited{true}), action::done);
    EXPECT_EQ(*m.failure(), errc::draining);
    EXPECT_EQ(*m.failure(), errc_condition::retryable);
}

// --- a decided switch ------------------------------------------------------------------------

TEST(routing, decided_switch_is_enabled_and_then_attempted) {
    for (machine m : {refused_call(), refused_read()}) {
        EXPECT_EQ(m.resume(look(source_gave_up, target_follows)), action::enable);
        EXPECT_EQ(m.heir().at, side::target);
        EXPECT_EQ(m.heir().belief, (route{4, phase::dual_new_primary}));
        EXPECT_EQ(m.resume(machine::enable_tried{}), action::read_fences);
        EXPECT_EQ(m.resume(look(source_gave_up, target_serves)), action::attempt);
        EXPECT_EQ(m.at(), side::target);
    }
}

TEST(routing, decided_switch_is_enabled_at_once_after_a_long_drain) {
    machine m = refused_call();
    for (int i = 0; i < 10; ++i) {
        (void)m.resume(look(source_drains, target_follows));
        (void)m.resume(machine::waited{});
    }
    EXPECT_EQ(m.resume(look(source_gave_up, target_follows)), action::enable);
}

TEST(routing, heir_that_cannot_be_enabled_is_tried_again_after_each_pause) {
    machine m = refused_call();
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(m.resume(look(source_gave_up, target_follows)), action::enable);
        EXPECT_EQ(m.resume(machine::enable_tried{}), action::read_fences);
        EXPECT_EQ(m.resume(look(source_gave_up, target_follows)), action::wait);
        EXPECT_EQ(m.resume(machine::waited{i == 4}), i == 4 ? action::done : action::read_fences);
    }
    EXPECT_EQ(*m.failure(), errc::draining);
}

// --- sides out of reach ----------------------------------------------------------------------

TEST(routing, known_primary_is_enough) {
    machine m = refused_call();
    EXPECT_EQ(m.resume(look(std::nullopt, target_serves)), action::attempt);
    EXPECT_EQ(m.at(), side::target);
}

TEST(routing, deadline_without_any_fence_is_the_error_of_reading_them) {
    machine m = refused_call();
    EXPECT_EQ(m.resume(look(std::nullopt, std::nullopt)), action::wait);
    EXPECT_EQ(m.resume(machine::waited{true}), action::done);
    EXPECT_EQ(*m.failure(), errc::connection_lost);
}

TEST(routing, deadline_with_the_possible_heir_out_of_reach_is_the_error_of_reading_it) {
    machine m = refused_call();
    EXPECT_EQ(m.resume(look(source_gave_up, std::nullopt)), action::wait);
    EXPECT_EQ(m.resume(machine::waited{true}), action::done);
    EXPECT_EQ(*m.failure(), errc::connection_lost);
}

TEST(routing, deadline_with_both_sides_closed_is_the_error_fenced) {
    machine m = refused_call();
    EXPECT_EQ(m.resume(look(secondary(3), target_follows)), action::wait);
    EXPECT_EQ(m.resume(machine::waited{true}), action::done);
    EXPECT_EQ(*m.failure(), errc::fenced);
    EXPECT_NE(m.failure()->detail(), "");
}

// --- refused although the fences did not change ----------------------------------------------

TEST(routing, refused_twice_under_one_fence_pauses_and_then_attempts_again) {
    machine m = refused_call();
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(m.resume(look(source_serves, target_follows)), action::attempt);
        EXPECT_EQ(m.resume(machine::refused{}), action::read_fences);
        EXPECT_EQ(m.resume(look(source_serves, target_follows)), action::wait);
        EXPECT_EQ(m.resume(machine::waited{}), action::read_fences);
    }
    EXPECT_EQ(m.resume(look(source_serves, target_follows)), action::attempt);
    EXPECT_EQ(m.resume(machine::accepted{}), action::done);
    EXPECT_FALSE(m.failure());
}

TEST(routing, read_refused_twice_in_one_drain_pauses_and_then_attempts_again) {
    machine m = refused_read();
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(m.resume(look(source_drains, target_follows)), action::attempt);
        EXPECT_EQ(m.resume(machine::refused{}), action::read_fences);
        EXPECT_EQ(m.resume(look(source_drains, target_follows)), action::wait);
        EXPECT_EQ(m.resume(machine::waited{}), action::read_fences);
    }
}

TEST(routing, deadline_after_refusals_under_one_fence_is_the_error_fenced) {
    machine m = refused_call();
    (void)m.resume(look(source_serves, target_follows));
    (void)m.resume(machine::refused{});
    (void)m.resume(look(source_serves, target_follows));
    EXPECT_EQ(m.resume(machine::waited{true}), action::done);
    EXPECT_EQ(*m.failure(), errc::fenced);
}

// --- every script ----------------------------------------------------------------------------

const std::array<machine::fences_read, 7> looks{{
    look(source_serves, target_follows),
    look(source_drains, target_follows),
    look(source_gave_up, target_follows),
    look(source_gave_up, target_serves),
    look(source_gave_up, secondary(4)),
    look(secondary(3), target_follows),
    look(std::nullopt, target_follows),
}};

/// Follows every script of up to `left` looks; every attempt is refused, every enabling in vain.
void follow(machine m, action asked, int left, bool looked, int& attempts) {
    switch (asked) {
    case action::attempt:
        EXPECT_TRUE(looked) << "attempted twice without a look at the fences";
        ++attempts;
        return follow(m, m.resume(machine::refused{}), left, false, attempts);
    case action::read_fences:
        if (left == 0) return;
        for (const auto& seen : looks) {
            machine next = m;
            const action a = next.resume(seen);
            follow(next, a, left - 1, true, attempts);
        }
        return;
    case action::enable: return follow(m, m.resume(machine::enable_tried{}), left, false, attempts);
    case action::wait: {
        EXPECT_GE(m.pause(), milliseconds(1));
        EXPECT_LE(m.pause(), milliseconds(5));
        machine late = m;
        EXPECT_EQ(late.resume(machine::waited{true}), action::done);
        EXPECT_TRUE(late.failure());
        return follow(m, m.resume(machine::waited{}), left, false, attempts);
    }
    case action::done: ADD_FAILURE() << "done without an answer";
    }
}

TEST(routing, of_every_script_looks_between_attempts_and_pauses_within_bounds) {
    for (const auto what : {machine::needs::writable, machine::needs::readable}) {
        machine m(belief_in_source, what);
        int attempts = 0;
        const action first = m.resume(machine::begin{});
        follow(m, first, 5, true, attempts);
        EXPECT_GT(attempts, 1000);
    }
}

TEST(routing, under_fences_that_stay_never_spins_and_never_gives_up_trying) {
    for (const auto what : {machine::needs::writable, machine::needs::readable}) {
        for (const auto& seen : looks) {
            machine m(belief_in_source, what);
            action a = m.resume(machine::begin{});
            int in_a_row = 0;
            for (int i = 0; i < 200; ++i) {
                in_a_row = a == action::wait ? 0 : in_a_row + 1;
                EXPECT_LE(in_a_row, 6);
                switch (a) {
                case action::attempt: a = m.resume(machine::refused{}); break;
                case action::read_fences: a = m.resume(seen); break;
                case action::enable: a = m.resume(machine::enable_tried{}); break;
                case action::wait: a = m.resume(machine::waited{}); break;
                case action::done: FAIL() << "done without an answer";
                }
            }
        }
    }
}

} // namespace
} // namespace tandem
