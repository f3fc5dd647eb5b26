// SPDX-License-Identifier: BSL-1.0
//
// A source that can only get, put and erase: the rules of protocol section 13, each where its
// absence would show.
#include "world.hpp"

#include <gmock/gmock.h>

namespace tandem_test {
namespace {

using ::testing::HasSubstr;

class keyed_source : public keyed_fixture {};
INSTANTIATE_TEST_SUITE_P(targets, keyed_source, ::testing::ValuesIn(kinds()),
                         [](const auto& param) { return to_string(param.param); });

TEST_P(keyed_source, without_an_era_intents_are_dropped_and_the_target_stays_empty) {
    EXPECT_EQ(p->owed(), 1);
    p->relay();
    EXPECT_EQ(p->owed(), 0);
    EXPECT_TRUE(world.at_target(*p).empty());
    EXPECT_EQ(must(p->migration.status()).phase, phase::old_only);
}

TEST_P(keyed_source, a_backfill_fills_the_target_and_marks_the_era) {
    for (int i = 1; i < 50; ++i)
        must(p->items.put({i, "row", i}));
    must(p->migration.forward());
    EXPECT_FALSE(must(p->migration.status()).synced);
    EXPECT_EQ(must(p->migration.backfill({.chunk_rows = 7})), 50);
    p->relay();
    expect_same();
}

TEST_P(keyed_source, writes_of_an_era_reach_the_target) {
    go_dual();
    must(p->items.put({1, "one", 1}));
    must(p->items.put({0, "changed", 2}));
    p->relay();
    expect_same();
    must(p->items.erase(1));
    p->relay();
    expect_same();
    EXPECT_EQ(world.at_target(*p).size(), 1u);
}

TEST_P(keyed_source, a_process_that_knows_of_no_era_owes_its_writes_all_the_same) {
    other(); // it never looked at the fence since
    go_dual();
    must(other().items.put({7, "from elsewhere", 7}));
    EXPECT_FALSE(world.at_target(*p).contains(7));
    other().relay();
    p->relay();
    expect_same();
}

TEST_P(keyed_source, a_late_write_is_owed_until_it_cannot_land_any_more) {
    go_dual();
    world.source.fail_next(write_fault::late);
    EXPECT_EQ(p->items.put({0, "late", 9}).error(), errc::outcome_unknown);
    p->relay();
    EXPECT_EQ(p->owed(), 1);
    world.source.land_late();
    world.clock->advance(late_limit);
    p->relay();
    expect_same();
    EXPECT_EQ(world.at_target(*p).at(0).name, "late");
}

TEST_P(keyed_source, a_write_that_was_late_across_the_beginning_of_an_era_is_not_forgotten) {
    world.source.fail_next(write_fault::late);
    EXPECT_EQ(p->items.put({0, "late", 9}).error(), errc::outcome_unknown);
    p->relay(); // no era: only what is known is dropped
    go_dual();
    world.source.land_late();
    world.clock->advance(late_limit);
    p->relay();
    expect_same();
}

TEST_P(keyed_source, after_a_restart_every_intent_waits_for_the_limit_again) {
    go_dual();
    world.source.fail_next(write_fault::late);
    EXPECT_FALSE(p->items.put({0, "late", 9}));
    world.clock->advance(late_limit);
    restart();
    p->relay();
    EXPECT_EQ(p->owed(), 2); // this one, and the one of the constructor: both are unknown now
    world.source.land_late();
    world.clock->advance(late_limit);
    p->relay();
    expect_same();
}

TEST_P(keyed_source, unanswered_lost_and_refused_writes_end_as_the_source_has_them) {
    go_dual();
    for (const auto fault : {write_fault::unanswered, write_fault::lost, write_fault::refused}) {
        world.source.fail_next(fault);
        EXPECT_FALSE(p->items.put({static_cast<std::int64_t>(fault) + 10, "x", 0}));
    }
    p->relay();
    EXPECT_EQ(p->owed(), 2); // the refused one is known
    world.clock->advance(late_limit);
    p->relay();
    expect_same();
    EXPECT_EQ(world.at_target(*p).size(), 2u);
}

TEST_P(keyed_source, an_intent_whose_write_ends_during_its_pull_stays_for_the_next_one) {
    go_dual();
    p->relay();
    // The pull reads the source; then a write of the same key is sent, done, and its intent is
    // there. The pass that is under way must not remove it.
    must(p->items.put({0, "before", 1}));
    world.source.after_get([&](const row_key&) {
        world.source.after_get(nullptr);
        must(p->items.put({0, "during", 2}));
    });
    must(p->migration.relay_once({.batch_rows = 1, .pass_rows_max = 1}));
    EXPECT_EQ(p->owed(), 1);
    p->relay();
    expect_same();
    EXPECT_EQ(world.at_target(*p).at(0).name, "during");
}

TEST_P(keyed_source, a_pull_reads_the_source_again_after_it_has_the_lock) {
    go_dual();
    p->relay();
    must(p->items.put({0, "when the intent was read", 1}));
    // Between the intent and the lock: another writer, and its process brings its row first.
    p->target.before(op::begin, [&] {
        must(other().items.put({0, "when the lock was taken", 2}));
        other().relay();
    });
    p->relay();
    expect_same();
    EXPECT_EQ(world.at_target(*p).at(0).name, "when the lock was taken");
}

TEST_P(keyed_source, a_target_that_fails_keeps_everything_owed) {
    go_dual();
    p->relay();
    must(p->items.put({1, "one", 1}));
    p->target.set_down(true);
    EXPECT_EQ(must(p->migration.relay_once()).trouble->value(), errc::unavailable);
    EXPECT_EQ(p->items.put({2, "two", 2}).has_value(), true); // the source is not held up
    p->target.set_down(false);
    EXPECT_EQ(p->owed(), 2);
    p->relay();
    expect_same();
}

TEST_P(keyed_source, a_pull_whose_commit_fails_keeps_its_intent) {
    go_dual();
    p->relay();
    must(p->items.put({1, "one", 1}));
    p->target.before(op::begin, [&] { world.source.break_reads(true); });
    EXPECT_EQ(must(p->migration.relay_once()).trouble->value(), errc::unavailable);
    world.source.break_reads(false);
    EXPECT_EQ(p->owed(), 1);
    p->relay();
    expect_same();
}

TEST_P(keyed_source, a_row_erased_between_two_eras_goes_from_a_target_that_was_kept) {
    must(p->items.put({1, "one", 1}));
    go_dual();
    p->relay();
    must(p->migration.backward());
    EXPECT_EQ(must(p->migration.status()).phase, phase::old_only);
    must(p->items.erase(1));
    p->relay();
    EXPECT_EQ(world.at_target(*p).size(), 2u); // no era: the target is left alone
    must(p->migration.forward({.mode = era_mode::keep}));
    must(p->migration.backfill());
    expect_same();
    EXPECT_EQ(world.at_target(*p).size(), 1u);
}

TEST_P(keyed_source, an_era_does_not_empty_a_filled_target_unasked) {
    go_dual();
    must(p->migration.backward());
    EXPECT_EQ(p->migration.forward().error(), errc::truncate_refused);
    must(p->migration.forward({.allow_truncate = true}));
    EXPECT_TRUE(world.at_target(*p).empty());
}

TEST_P(keyed_source, there_is_no_phase_beyond_the_second_one) {
    go_dual();
    const auto refused = p->migration.forward();
    EXPECT_EQ(refused.error(), errc::unsupported);
    EXPECT_THAT(refused.error().message(), HasSubstr("no process can be kept from writing to it"));
    must(p->migration.backward());
    EXPECT_EQ(p->migration.backward().error(), errc::wrong_phase);
    EXPECT_EQ(p->migration.backfill().error(), errc::wrong_phase);
}

TEST_P(keyed_source, a_backfill_of_an_ended_era_marks_nothing) {
    must(p->migration.forward());
    p->target.before(op::step, [&] {
        must(other().migration.backward());
        must(other().migration.forward({.allow_truncate = true}));
    });
    const auto filled = p->migration.backfill();
    EXPECT_EQ(filled.error(), errc::wrong_phase);
    EXPECT_FALSE(must(p->migration.status()).synced);
    must(p->migration.backfill());
    p->relay();
    expect_same();
}

TEST_P(keyed_source, lost_intents_take_the_mark_back_when_nothing_can_land_any_more) {
    go_dual();
    p->relay();
    world.source.fail_next(write_fault::late);
    EXPECT_FALSE(p->items.put({0, "late", 9}));
    p.reset();
    std::filesystem::resize_file(place.path() + "/spool.db", 0);
    p = world.start(place);
    EXPECT_FALSE(must(p->migration.status()).synced);
    p->relay();
    must(p->migration.backfill()); // too early: the write has not landed
    EXPECT_FALSE(must(p->migration.status()).synced);
    world.source.land_late();
    world.clock->advance(late_limit);
    p->relay();
    EXPECT_FALSE(must(p->migration.status()).synced);
    must(p->migration.backfill());
    p->relay();
    expect_same();
}

TEST_P(keyed_source, a_row_that_the_target_refuses_holds_up_no_other) {
    go_dual();
    p->relay();
    tandem::row bad{std::int64_t{5}, tandem::null(), std::int64_t{0}};
    // Past the router, which would refuse it: NULL in a column that is not nullable.
    must(p->items.put({5, "x", 0}));
    must(p->source.put(0, id_of(5), bad, soon()));
    must(p->items.put({6, "good", 6}));
    for (int i = 0; i < 5; ++i) {
        p->relay();
        p->relay(); // before the pause is over: not tried
        world.clock->advance(milliseconds(5'000));
    }
    EXPECT_EQ(must(p->migration.status()).dead, 1);
    EXPECT_EQ(p->owed(), 1);
    EXPECT_TRUE(world.at_target(*p).contains(6));
    must(p->source.put(0, id_of(5), image_of({5, "mended", 5}), soon()));
    EXPECT_EQ(must(p->migration.revive_dead_letters()), 1);
    p->relay();
    expect_same();
}

TEST_P(keyed_source, a_spool_of_another_migration_is_refused_and_kept) {
    go_dual();
    p->relay();
    const auto foreign = must(p->intents.add({0, id_of(7).encoded, "of another one"}, soon()));
    must(p->items.put({1, "x", 0}));
    p->intents.note(foreign, write_outcome::known, world.clock->now());
    const auto report = must(p->migration.relay_once());
    ASSERT_TRUE(report.trouble);
    EXPECT_EQ(*report.trouble, errc::invalid_options);
    EXPECT_EQ(p->owed(), 2);
}

TEST_P(keyed_source, intents_that_have_to_wait_keep_no_pass_from_those_behind_them) {
    go_dual();
    must(p->items.put({1, "x", 0}));
    auto waiting = must(p->intents.owed(0, 1, soon())).front().what;
    p->relay();
    for (std::int64_t n = 2; n <= 40; ++n) {
        waiting.key = id_of(n).encoded;
        must(p->intents.add(waiting, soon())); // in flight for ever
    }
    must(p->items.put({50, "x", 0}));
    for (int pass = 0; pass < 5; ++pass)
        must(p->migration.relay_once({.batch_rows = 2, .pass_rows_max = 1}));
    EXPECT_TRUE(world.at_target(*p).contains(50));
}

TEST_P(keyed_source, a_full_spool_refuses_the_write_before_it_is_sent) {
    const spool_place small;
    auto intents = must(spool::spool::open({.directory = small.path(), .records_max = 1}));
    hooked_store target(world.target().open());
    keyed_migration m({.name = "m"}, world.source, intents, target);
    auto items = m.add(items_old, items_new);
    must(m.start());
    must(items.put({1, "one", 1}));
    EXPECT_EQ(items.put({2, "two", 2}).error(), errc::resources);
    EXPECT_EQ(world.at_source(*p).count(2), 0u);
}

TEST_P(keyed_source, calls_before_start_and_after_stop_are_refused) {
    const spool_place fresh;
    auto intents = must(spool::spool::open({.directory = fresh.path()}));
    hooked_store target(world.target().open());
    keyed_migration m({.name = "m"}, world.source, intents, target);
    const auto items = m.add(items_old, items_new);
    EXPECT_EQ(items.get(0).error(), errc::not_started);
    must(m.start());
    EXPECT_TRUE(must(items.get(0)));
    m.stop();
    EXPECT_EQ(items.put({1, "x", 0}).error(), errc::stopped);
    EXPECT_EQ(m.relay_once().error(), errc::stopped);
}

} // namespace
} // namespace tandem_test
