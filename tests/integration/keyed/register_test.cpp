// SPDX-License-Identifier: BSL-1.0
//
// The register of spools: what a drain waits for, how one is lost, and comes back.
#include "tandem/keyed_worker.hpp"

#include "world.hpp"

#include <gmock/gmock.h>

namespace tandem_test {
namespace {

using ::testing::HasSubstr;

const call_options briefly{.timeout = milliseconds(60)};

class keyed_register : public keyed_fixture {
protected:
    void go_quiet() {
        go_dual();
        p->relay();
    }
    /// The second process ends without closing, and nobody hears of it again.
    void lose_the_other() {
        other().target.end_leases(true);
        must(other().migration.housekeeping());
        second.reset();
    }
    std::vector<spool_entry> spools() { return must(p->migration.spools()); }
    /// A copy of the directory, of which its process knows nothing.
    static void copy(const spool_place& from, const spool_place& to) {
        for (const auto& file : std::filesystem::directory_iterator(from.path()))
            std::filesystem::copy(file, to.path());
    }
};
INSTANTIATE_TEST_SUITE_P(targets, keyed_register, ::testing::ValuesIn(kinds()),
                         [](const auto& param) { return to_string(param.param); });

TEST_P(keyed_register, a_drain_proves_that_both_sides_are_the_same) {
    go_dual();
    must(p->items.put({1, "one", 1}));
    must(p->migration.drain());
    expect_same();
}

TEST_P(keyed_register, a_drain_waits_for_what_another_process_owes_and_names_it) {
    go_quiet();
    must(other().items.put({7, "elsewhere", 7}));
    must(other().migration.housekeeping());
    const auto refused = p->migration.drain(briefly);
    EXPECT_EQ(refused.error(), errc::changes_owed);
    EXPECT_THAT(refused.error().message(), HasSubstr(other().intents.identity()));
    EXPECT_THAT(refused.error().message(), HasSubstr("owed 1 changes"));
    other().relay();
    must(other().migration.housekeeping());
    EXPECT_EQ(p->migration.drain(briefly).error(), errc::changes_owed); // of an older epoch again
    p->target.after(op::step, [&] { must(other().migration.housekeeping()); });
    must(p->migration.drain());
    expect_same();
}

TEST_P(keyed_register, a_count_of_before_the_drain_proves_nothing) {
    go_quiet();
    must(other().migration.housekeeping()); // it owes nothing
    must(other().items.put({7, "elsewhere", 7}));
    EXPECT_EQ(p->migration.drain(briefly).error(), errc::changes_owed);
}

TEST_P(keyed_register, a_drain_needs_an_era_that_is_filled) {
    EXPECT_EQ(p->migration.drain().error(), errc::wrong_phase);
    must(p->migration.forward());
    EXPECT_EQ(p->migration.drain().error(), errc::not_synced);
}

TEST_P(keyed_register, a_drain_waits_for_an_unknown_outcome) {
    go_quiet();
    world.source.fail_next(write_fault::late);
    EXPECT_FALSE(p->items.put({0, "late", 9}));
    EXPECT_EQ(p->migration.drain(briefly).error(), errc::changes_owed);
    world.source.land_late();
    world.clock->advance(late_limit);
    must(p->migration.drain());
    expect_same();
}

TEST_P(keyed_register, a_process_that_closes_is_not_waited_for) {
    go_quiet();
    must(other().items.put({7, "elsewhere", 7}));
    EXPECT_EQ(spools().size(), 2u);
    must(other().migration.close());
    EXPECT_EQ(spools().size(), 1u);
    EXPECT_EQ(other().items.put({8, "x", 8}).error(), errc::stopped);
    must(other().migration.close());
    must(p->migration.drain());
    expect_same();
}

TEST_P(keyed_register, a_process_that_closes_while_it_owes_stays_registered) {
    go_quiet();
    world.source.fail_next(write_fault::late);
    EXPECT_FALSE(other().items.put({7, "late", 7}));
    EXPECT_EQ(other().migration.close(briefly).error(), errc::changes_owed);
    EXPECT_EQ(spools().size(), 2u);
    EXPECT_EQ(p->migration.drain(briefly).error(), errc::changes_owed);
    // Started again, it delivers them and may close.
    second.reset();
    world.source.land_late();
    other();
    world.clock->advance(late_limit);
    must(other().migration.close());
    must(p->migration.drain());
    expect_same();
}

TEST_P(keyed_register, a_spool_whose_lease_is_over_is_lost_until_a_backfill) {
    go_quiet();
    must(other().items.put({7, "elsewhere", 7}));
    lose_the_other();
    EXPECT_TRUE(must(p->migration.status()).synced);
    must(p->migration.housekeeping());
    EXPECT_FALSE(must(p->migration.status()).synced);
    const auto refused = p->migration.drain();
    EXPECT_EQ(refused.error(), errc::dirty);
    must(p->migration.backfill());
    EXPECT_EQ(spools().size(), 1u);
    must(p->migration.drain());
    expect_same();
    EXPECT_EQ(world.at_target(*p).at(7).name, "elsewhere");
}

TEST_P(keyed_register, a_drain_finds_a_lost_spool_by_itself) {
    go_quiet();
    must(other().items.put({7, "elsewhere", 7}));
    lose_the_other();
    EXPECT_EQ(p->migration.drain().error(), errc::dirty);
    EXPECT_FALSE(must(p->migration.status()).synced);
}

TEST_P(keyed_register, a_backfill_that_began_before_a_loss_does_not_repair_it) {
    go_quiet();
    must(other().items.put({7, "elsewhere", 7}));
    lose_the_other();
    p->target.before(op::step, [&] {
        const spool_place third_place;
        const auto third = world.start(third_place);
        must(third->migration.housekeeping());
        must(third->migration.close());
    });
    EXPECT_EQ(p->migration.backfill().error(), errc::wrong_phase);
    EXPECT_FALSE(must(p->migration.status()).synced);
}

TEST_P(keyed_register, a_loss_waits_for_the_pulls_under_way) {
    if (GetParam() != kind::postgres) GTEST_SKIP() << "others have one writer at a time";
    go_quiet();
    must(other().items.put({7, "elsewhere", 7}));
    lose_the_other();
    // A pull that has read and not written yet.
    const spool_place third_place;
    auto third = world.start(third_place);
    must(third->items.put({0, "changed", 1}));
    third->target.before(op::commit, [&] {
        must(p->migration.housekeeping());
        EXPECT_TRUE(must(p->migration.status()).synced);
    });
    third->relay();
    must(p->migration.housekeeping());
    EXPECT_FALSE(must(p->migration.status()).synced);
}

TEST_P(keyed_register, a_lost_spool_that_comes_back_delivers_and_its_mark_stays) {
    go_quiet();
    world.source.fail_next(write_fault::unanswered);
    EXPECT_FALSE(other().items.put({7, "elsewhere", 7}));
    lose_the_other();
    must(p->migration.housekeeping());
    other(); // starts again
    EXPECT_FALSE(spools().at(0).lost || spools().at(1).lost);
    world.clock->advance(late_limit);
    other().relay();
    EXPECT_TRUE(world.at_target(*p).contains(7));
    EXPECT_FALSE(must(p->migration.status()).synced);
    EXPECT_EQ(p->migration.drain().error(), errc::not_synced);
    must(p->migration.backfill());
    must(other().migration.close());
    must(p->migration.drain());
    expect_same();
}

TEST_P(keyed_register, a_spool_lost_without_an_era_takes_nothing_back) {
    must(other().items.put({7, "elsewhere", 7}));
    lose_the_other();
    must(p->migration.housekeeping());
    EXPECT_EQ(must(p->migration.status()).phase, phase::old_only);
    go_quiet();
    EXPECT_EQ(spools().size(), 1u);
    must(p->migration.drain());
    expect_same();
}

TEST_P(keyed_register, a_process_takes_its_own_spool_over_at_once) {
    go_quiet();
    const auto before = spools().at(0);
    restart();
    const auto now = spools();
    ASSERT_EQ(now.size(), 1u);
    EXPECT_EQ(now[0].owner, before.owner);
    EXPECT_NE(now[0].holder, before.holder);
}

TEST_P(keyed_register, a_copy_of_a_spool_in_use_is_refused) {
    const spool_place copied;
    copy(place, copied);
    auto intents = must(spool::spool::open({.directory = copied.path()}));
    EXPECT_EQ(intents.identity(), p->intents.identity());
    hooked_store target(world.target().open());
    keyed_migration m({.name = "m"}, world.source, intents, target);
    auto items = m.add(items_old, items_new);
    const auto refused = m.start();
    EXPECT_EQ(refused.error(), errc::busy);
    EXPECT_THAT(refused.error().message(), HasSubstr("is a copy"));
    EXPECT_EQ(items.put({1, "x", 1}).error(), errc::not_started);
    must(p->items.put({1, "one", 1}));
}

TEST_P(keyed_register, a_process_whose_spool_somebody_else_reports_writes_no_more) {
    const spool_place copied;
    p->relay();
    p->target.end_leases(true);
    must(p->migration.housekeeping());
    copy(place, copied);
    second = world.start(copied); // its lease is over, so nobody objects
    EXPECT_EQ(p->migration.housekeeping().error(), errc::busy);
    EXPECT_EQ(p->items.put({1, "one", 1}).error(), errc::busy);
    must(second->items.put({1, "one", 1}));
    must(second->migration.close());
    must(p->migration.housekeeping()); // it is alone again
    must(p->items.put({2, "two", 2}));
}

TEST_P(keyed_register, damage_that_was_not_seen_to_counts_as_owed) {
    go_quiet();
    must(other().items.put({7, "elsewhere", 7}));
    second.reset();
    std::filesystem::resize_file(elsewhere.path() + "/spool.db", 0);
    other();
    const auto all = spools();
    EXPECT_TRUE(std::any_of(all.begin(), all.end(), [&](const spool_entry& e) {
        return e.owner == other().intents.identity() && e.owed > 0;
    }));
    EXPECT_EQ(other().migration.close(briefly).error(), errc::changes_owed);
}

TEST_P(keyed_register, without_its_lease_a_process_writes_unless_told_otherwise) {
    world.clock->advance(std::chrono::hours(1));
    must(p->items.put({1, "one", 1}));
    world.write_without_lease = false;
    restart();
    must(p->items.put({2, "two", 2}));
    world.clock->advance(std::chrono::hours(1));
    EXPECT_EQ(p->items.put({3, "three", 3}).error(), errc::unavailable);
    EXPECT_EQ(world.at_source(*p).count(3), 0u);
    must(p->migration.housekeeping());
    must(p->items.put({3, "three", 3}));
}

TEST_P(keyed_register, a_relay_reports_where_a_third_of_the_lease_has_passed) {
    go_quiet();
    must(p->items.put({1, "one", 1}));
    world.source.fail_next(write_fault::late);
    EXPECT_FALSE(p->items.put({2, "two", 2}));
    p->relay();
    EXPECT_EQ(spools().at(0).owed, 0); // as it was when it started
    must(p->items.put({3, "three", 3}));
    world.clock->advance(milliseconds(10'000));
    p->relay();
    EXPECT_EQ(spools().at(0).owed, 2);
    p->relay();
    EXPECT_EQ(spools().at(0).owed, 2); // not yet again
    EXPECT_EQ(p->owed(), 1);
}

} // namespace
} // namespace tandem_test
