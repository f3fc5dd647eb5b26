// SPDX-License-Identifier: BSL-1.0
#include "tandem/engine/relay.hpp"

#include "fake_stores.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tandem {
namespace {

using action = relay_machine::action;
using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Le;

/// Keys k0, k1, ... with one intent each.
fake_stores with_keys(int keys) {
    fake_stores s;
    for (int i = 0; i < keys; ++i)
        s.owe("k" + std::to_string(i), 10 + i);
    return s;
}

TEST(relay, of_an_empty_outbox_only_looks) {
    fake_stores s;
    const relay_report r = s.pass();
    EXPECT_THAT(s.actions(), ElementsAre(action::load));
    EXPECT_EQ(r.loaded, 0);
    EXPECT_FALSE(r.trouble);
}

TEST(relay, applies_before_it_settles) {
    fake_stores s = with_keys(3);
    const relay_report r = s.pass();
    EXPECT_THAT(s.actions(), ElementsAre(action::load, action::apply, action::settle));
    EXPECT_THAT(s.owed(), IsEmpty());
    EXPECT_TRUE(s.all_delivered());
    EXPECT_EQ(r.loaded, 3);
    EXPECT_EQ(r.applied, 3);
    EXPECT_EQ(r.settled, 3);
}

TEST(relay, settles_what_the_secondary_already_has) {
    fake_stores s = with_keys(2);
    s.fail_action(2, errc::busy);
    EXPECT_TRUE(s.pass().trouble);
    EXPECT_EQ(s.actions().back(), action::settle);
    const relay_report r = s.pass();
    EXPECT_EQ(r.applied, 0);
    EXPECT_EQ(r.superseded, 2);
    EXPECT_THAT(s.owed(), IsEmpty());
}

TEST(relay, sends_one_change_for_many_intents_of_a_key) {
    fake_stores s;
    for (int i = 1; i <= 4; ++i)
        s.owe("k", i);
    const relay_report r = s.pass();
    EXPECT_THAT(s.batches(), ElementsAre(1U));
    EXPECT_EQ(r.applied, 1);
    EXPECT_EQ(r.settled, 4);
}

TEST(relay, goes_on_in_batches_until_one_is_not_full) {
    fake_stores s = with_keys(7);
    const relay_report r = s.pass({.batch_rows = 3});
    EXPECT_THAT(s.batches(), ElementsAre(3U, 3U, 1U));
    EXPECT_EQ(r.settled, 7);
}

TEST(relay, ends_a_pass_at_its_bound) {
    fake_stores s = with_keys(10);
    const relay_report r = s.pass({.batch_rows = 2, .pass_rows_max = 5});
    EXPECT_EQ(r.loaded, 6);
    EXPECT_EQ(s.owed().size(), 4U);
    EXPECT_EQ(s.pass({.batch_rows = 2, .pass_rows_max = 5}).settled, 4);
}

// --- a row that poisons its batch ------------------------------------------------------------

TEST(relay, halves_a_poisoned_batch_until_the_row_is_alone) {
    fake_stores s = with_keys(8);
    s.poison("k5");
    const relay_report r = s.pass();
    EXPECT_THAT(s.batches(), ElementsAre(8U, 4U, 4U, 2U, 1U, 1U, 2U));
    EXPECT_THAT(s.owed(), ElementsAre(6));
    EXPECT_EQ(r.applied, 7);
    EXPECT_EQ(r.failed, 1);
    EXPECT_EQ(r.dead, 0);
    EXPECT_FALSE(r.trouble);
}

TEST(relay, delivers_all_others_wherever_the_poison_is) {
    for (int keys = 1; keys <= 9; ++keys) {
        for (int bad = 0; bad < keys; ++bad) {
            fake_stores s = with_keys(keys);
            s.poison("k" + std::to_string(bad));
            const relay_report r = s.pass({.batch_rows = 4});
            EXPECT_EQ(r.settled, keys - 1);
            EXPECT_EQ(r.failed, 1);
            EXPECT_THAT(s.owed(), ElementsAre(bad + 1));
        }
    }
}

TEST(relay, delivers_nothing_of_a_batch_of_poison_and_ends) {
    fake_stores s = with_keys(5);
    for (int i = 0; i < 5; ++i)
        s.poison("k" + std::to_string(i), errc::store_error);
    EXPECT_EQ(s.pass().failed, 5);
    EXPECT_EQ(s.owed().size(), 5U);
}

TEST(relay, makes_a_dead_letter_of_a_row_after_its_attempts) {
    fake_stores s = with_keys(3);
    s.poison("k1");
    for (int attempt = 1; attempt <= 3; ++attempt) {
        const relay_report r = s.pass({.attempts_max = 3});
        EXPECT_EQ(r.dead, attempt == 3 ? 1 : 0);
        EXPECT_EQ(s.attempts(2), attempt);
    }
    EXPECT_THAT(s.dead(), ElementsAre(2));
    EXPECT_THAT(s.owed(), ElementsAre(2));
    EXPECT_EQ(s.pass().loaded, 0);
}

TEST(relay, makes_all_intents_of_a_dead_row_dead) {
    fake_stores s;
    s.owe("bad", 1);
    s.owe("bad", 2);
    s.poison("bad");
    EXPECT_EQ(s.pass({.attempts_max = 1}).dead, 1);
    EXPECT_THAT(s.dead(), ElementsAre(1, 2));
}

TEST(relay, delivers_a_row_whose_cause_was_mended_before_it_was_dead) {
    fake_stores s = with_keys(3);
    s.poison("k0");
    s.pass();
    s.heal();
    EXPECT_EQ(s.pass().applied, 1);
    EXPECT_TRUE(s.all_delivered());
}

TEST(relay, does_not_blame_a_row_for_the_store) {
    for (const errc code : {errc::unavailable, errc::permission_denied, errc::read_only,
                            errc::outcome_unknown, errc::serialization, errc::invalid_mapping}) {
        fake_stores s = with_keys(4);
        s.poison("k2", code);
        const relay_report r = s.pass({.attempts_max = 1});
        ASSERT_TRUE(r.trouble);
        EXPECT_EQ(*r.trouble, code);
        EXPECT_THAT(s.batches(), ElementsAre(4U));
        EXPECT_THAT(s.dead(), IsEmpty());
        EXPECT_EQ(r.failed, 0);
    }
}

// --- closed ----------------------------------------------------------------------------------

TEST(relay, of_a_closed_change_that_is_gone_goes_on) {
    fake_stores s;
    s.forget(s.owe("old", 1, 1));
    s.owe("new", 2, 2);
    s.close_below(2);
    const relay_report r = s.pass();
    EXPECT_FALSE(r.trouble);
    EXPECT_EQ(r.applied, 1);
    EXPECT_EQ(r.settled, 1);
    EXPECT_TRUE(s.holds("new", 2));
    EXPECT_FALSE(s.holds("old", 1));
    EXPECT_THAT(s.owed(), IsEmpty());
}

TEST(relay, settles_nothing_of_a_batch_that_is_closed_throughout) {
    fake_stores s;
    s.forget(s.owe("old", 1, 1));
    s.close_below(2);
    EXPECT_EQ(s.pass().settled, 0);
    EXPECT_THAT(s.actions(), ElementsAre(action::load, action::apply, action::check_closed));
}

TEST(relay, looks_at_every_intent_of_a_closed_key) {
    fake_stores s;
    s.owe("old", 1);
    s.forget(s.owe("old", 2));
    s.close_below(2);
    const relay_report r = s.pass();
    ASSERT_TRUE(r.trouble);
    EXPECT_EQ(*r.trouble, errc::invariant);
    EXPECT_THAT(s.owed(), ElementsAre(1));
}

TEST(relay, of_a_closed_change_that_is_still_owed_stops_and_keeps_it) {
    fake_stores s;
    s.owe("old", 1, 1);
    s.owe("new", 2, 2);
    s.close_below(2);
    const relay_report r = s.pass();
    ASSERT_TRUE(r.trouble);
    EXPECT_EQ(*r.trouble, errc::invariant);
    EXPECT_THAT(s.owed(), ElementsAre(1));
}

TEST(relay, accepts_a_key_by_its_newest_intent) {
    fake_stores s;
    s.owe("k", 1, 1);
    s.owe("k", 2, 2);
    s.close_below(2);
    EXPECT_EQ(s.pass().settled, 2);
    EXPECT_THAT(s.owed(), IsEmpty());
}

} // namespace
} // namespace tandem
