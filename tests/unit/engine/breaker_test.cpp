// SPDX-License-Identifier: BSL-1.0
#include "tandem/engine/breaker.hpp"

#include <gtest/gtest.h>

namespace tandem {
namespace {

using answer = breaker::answer;
using asker = breaker::asker;
using outcome = breaker::outcome;

class breakers : public ::testing::Test {
protected:
    monotonic_time now{std::chrono::hours(1)};
    breaker_options options;
    breaker under_test{options, 1, now};

    void wait(milliseconds length) { now += length; }
    void make(std::uint64_t seed) { under_test = breaker(options, seed, now); }
    answer ask(asker who = asker::background) { return under_test.admit(now, who); }
    /// Calls that are let through.
    void call(outcome what, int times = 1) {
        for (int i = 0; i < times; ++i)
            under_test.report(now, answer::call, what);
    }
    breaker_state state() const { return under_test.state(now); }
    void open() {
        call(outcome::timed_out, options.timeouts_in_a_row);
        ASSERT_EQ(state(), breaker_state::open);
    }
    void wait_for_probe() { now = under_test.probe_at(); }
    /// How long the next probe is waited for.
    milliseconds pause() const {
        return std::chrono::duration_cast<milliseconds>(under_test.probe_at() - now);
    }
};

TEST_F(breakers, are_closed_at_first_and_let_everybody_through) {
    EXPECT_EQ(state(), breaker_state::closed);
    EXPECT_EQ(ask(), answer::call);
    EXPECT_EQ(ask(asker::caller), answer::call);
    EXPECT_EQ(under_test.since(), now);
}

TEST_F(breakers, open_at_half_failures_of_twenty_calls) {
    call(outcome::good, 10);
    call(outcome::failed, 9);
    EXPECT_EQ(state(), breaker_state::closed);
    call(outcome::failed);
    EXPECT_EQ(state(), breaker_state::open);
    EXPECT_EQ(ask(), answer::refused);
}

TEST_F(breakers, stay_closed_below_half) {
    for (int i = 0; i < 50; ++i) {
        call(outcome::good, 2);
        call(outcome::failed);
    }
    EXPECT_EQ(state(), breaker_state::closed);
}

TEST_F(breakers, stay_closed_for_fewer_than_twenty_calls) {
    call(outcome::failed, 19);
    EXPECT_EQ(state(), breaker_state::closed);
}

TEST_F(breakers, forget_calls_that_are_older_than_the_window) {
    call(outcome::failed, 19);
    wait(options.window + milliseconds(1));
    call(outcome::failed);
    EXPECT_EQ(state(), breaker_state::closed);
}

TEST_F(breakers, count_calls_all_over_the_window) {
    for (int i = 0; i < 20; ++i) {
        call(outcome::failed);
        wait(options.window / 25);
    }
    EXPECT_EQ(state(), breaker_state::open);
}

TEST_F(breakers, open_at_five_timeouts_in_a_row_however_far_apart) {
    for (int i = 0; i < 4; ++i) {
        call(outcome::timed_out);
        wait(std::chrono::seconds(15));
    }
    EXPECT_EQ(state(), breaker_state::closed);
    call(outcome::timed_out);
    EXPECT_EQ(state(), breaker_state::open);
}

TEST_F(breakers, count_timeouts_anew_after_any_answer) {
    for (const outcome answered : {outcome::good, outcome::failed}) {
        call(outcome::timed_out, 4);
        call(answered);
        wait(options.window * 2);
        EXPECT_EQ(state(), breaker_state::closed);
    }
}

TEST_F(breakers, let_one_probe_through_after_their_pause) {
    open();
    wait(options.pause_min - milliseconds(1));
    EXPECT_EQ(ask(), answer::refused);
    wait_for_probe();
    EXPECT_EQ(state(), breaker_state::half_open);
    EXPECT_TRUE(under_test.admits(now, asker::background));
    EXPECT_EQ(ask(), answer::probe);
    EXPECT_FALSE(under_test.admits(now, asker::background));
    EXPECT_EQ(ask(), answer::refused);
    EXPECT_EQ(state(), breaker_state::half_open);
}

TEST_F(breakers, close_when_the_probe_is_good_and_begin_anew) {
    open();
    wait_for_probe();
    ASSERT_EQ(ask(), answer::probe);
    under_test.report(now, answer::probe, outcome::good);
    EXPECT_EQ(state(), breaker_state::closed);
    EXPECT_EQ(under_test.since(), now);
    call(outcome::timed_out, 4);
    call(outcome::failed, 14);
    EXPECT_EQ(state(), breaker_state::closed);
}

TEST_F(breakers, stay_open_since_the_first_failure_when_the_probe_fails) {
    const auto opened = now;
    open();
    wait_for_probe();
    ASSERT_EQ(ask(), answer::probe);
    under_test.report(now, answer::probe, outcome::failed);
    EXPECT_EQ(state(), breaker_state::open);
    EXPECT_EQ(under_test.since(), opened);
}

TEST_F(breakers, double_their_pause_up_to_its_bound_and_begin_anew_when_closed) {
    for (std::uint64_t seed = 1; seed < 50; ++seed) {
        make(seed);
        open();
        for (const int s : {5, 10, 20, 40, 60, 60}) {
            EXPECT_GE(pause(), std::chrono::seconds(s));
            EXPECT_LE(pause(), milliseconds(s * 1'250));
            wait_for_probe();
            ASSERT_EQ(ask(), answer::probe);
            under_test.report(now, answer::probe, outcome::timed_out);
        }
        wait_for_probe();
        ASSERT_EQ(ask(), answer::probe);
        under_test.report(now, answer::probe, outcome::good);
        open();
        EXPECT_LE(pause(), options.pause_min * 5 / 4);
    }
}

TEST_F(breakers, of_several_processes_do_not_probe_all_at_once) {
    make(1);
    open();
    const auto one = pause();
    make(2);
    open();
    EXPECT_NE(pause(), one);
}

TEST_F(breakers, leave_the_probe_to_the_background_for_a_while) {
    open();
    wait_for_probe();
    EXPECT_EQ(ask(asker::caller), answer::refused);
    wait(options.pause_min);
    EXPECT_EQ(ask(asker::caller), answer::probe);
}

TEST_F(breakers, ignore_what_was_under_way_when_they_opened) {
    open();
    const auto probe_at = under_test.probe_at();
    call(outcome::timed_out, 10);
    EXPECT_EQ(under_test.probe_at(), probe_at);
    call(outcome::good, 10);
    EXPECT_EQ(state(), breaker_state::open);
}

TEST_F(breakers, are_closed_by_a_call_that_was_made_in_spite_of_them_and_is_good) {
    open();
    ASSERT_EQ(ask(), answer::refused);
    under_test.report(now, answer::refused, outcome::failed);
    EXPECT_EQ(state(), breaker_state::open);
    under_test.report(now, answer::refused, outcome::good);
    EXPECT_EQ(state(), breaker_state::closed);
}

TEST(breaker_states, have_names) {
    EXPECT_EQ(to_string(breaker_state::closed), "closed");
    EXPECT_EQ(to_string(breaker_state::open), "open");
    EXPECT_EQ(to_string(breaker_state::half_open), "half open");
}

TEST(breaker_timeouts, are_what_leaves_a_caller_waiting) {
    for (const errc code : {errc::timeout, errc::pool_exhausted, errc::outcome_unknown})
        EXPECT_TRUE(is_timeout(code));
    for (const errc code : {errc::unavailable, errc::connection_lost, errc::busy})
        EXPECT_FALSE(is_timeout(code));
}

} // namespace
} // namespace tandem
