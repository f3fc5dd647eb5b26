// SPDX-License-Identifier: BSL-1.0
//
// One pass of the relay, run again and again with each of its actions failing in turn.
#include "fake_stores.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tandem {
namespace {

using action = relay_machine::action;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr relay_options options{.batch_rows = 3, .attempts_max = 3};

/// Two batches with everything in them: a hot key, a poisoned row, and a row of an era that ended.
fake_stores script() {
    fake_stores s;
    for (const auto* key : {"hot", "a", "hot", "b", "bad", "hot", "c"})
        s.owe(key, 20);
    s.poison("bad");
    s.forget(s.owe("old", 5, 0));
    s.close_below(1);
    return s;
}

int actions_of_script() {
    fake_stores s = script();
    s.pass(options);
    return static_cast<int>(s.actions().size());
}

/// What a clean pass makes of whatever the failed one left: the bad row alone is owed.
void expect_all_but_the_bad_row_delivered(fake_stores& s) {
    const relay_report r = s.pass(options);
    EXPECT_FALSE(r.trouble);
    for (const auto* key : {"hot", "a", "b", "c"})
        EXPECT_TRUE(s.holds(key, 20)) << key;
    EXPECT_FALSE(s.holds("old", 5));
    EXPECT_THAT(s.owed(), ElementsAre(5));
}

TEST(relay_failure, script_uses_every_action) {
    fake_stores s = script();
    s.pass(options);
    for (const action a : {action::load, action::apply, action::settle, action::note_failure,
                           action::check_closed}) {
        EXPECT_THAT(s.actions(), testing::Contains(a));
    }
    expect_all_but_the_bad_row_delivered(s);
}

TEST(relay_failure, of_a_store_at_any_action_ends_the_pass_and_loses_nothing) {
    for (const errc code : {errc::unavailable, errc::permission_denied, errc::not_installed}) {
        for (int n = 0; n < actions_of_script(); ++n) {
            fake_stores s = script();
            s.fail_action(n, error(code, "why"));
            const relay_report r = s.pass(options);
            ASSERT_TRUE(r.trouble);
            EXPECT_EQ(*r.trouble, code);
            EXPECT_EQ(r.trouble->detail(), "why");
            EXPECT_EQ(static_cast<int>(s.actions().size()), n + 1);
            expect_all_but_the_bad_row_delivered(s);
        }
    }
}

TEST(relay_failure, with_an_open_outcome_at_any_action_settles_nothing_unknown) {
    for (const bool applied : {false, true}) {
        for (int n = 0; n < actions_of_script(); ++n) {
            fake_stores s = script();
            s.fail_action(n, errc::outcome_unknown, applied);
            EXPECT_TRUE(s.pass(options).trouble);
            EXPECT_EQ(static_cast<int>(s.actions().size()), n + 1);
            expect_all_but_the_bad_row_delivered(s);
        }
    }
}

TEST(relay_failure, of_one_row_at_any_apply_is_repeated_in_halves) {
    for (int n = 0; n < actions_of_script(); ++n) {
        fake_stores s = script();
        s.fail_action(n, errc::constraint);
        const relay_report r = s.pass(options);
        const bool was_apply = s.actions().at(static_cast<std::size_t>(n)) == action::apply;
        EXPECT_EQ(!r.trouble, was_apply);
        EXPECT_THAT(s.dead(), IsEmpty());
        expect_all_but_the_bad_row_delivered(s);
    }
}

TEST(relay_failure, at_any_action_of_every_pass_still_ends_in_a_dead_letter) {
    for (int n = 0; n < actions_of_script(); ++n) {
        fake_stores s = script();
        for (int pass = 0; pass < 10; ++pass) {
            if (pass % 2 == 0) s.fail_action(n, errc::busy);
            s.pass(options);
        }
        EXPECT_THAT(s.dead(), ElementsAre(5)) << n;
        EXPECT_THAT(s.owed(), ElementsAre(5)) << n;
    }
}

} // namespace
} // namespace tandem
