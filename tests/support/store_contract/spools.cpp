// SPDX-License-Identifier: BSL-1.0
//
// The register of spools: who may have one, how it is renewed, lost and closed.
#include "support/store_contract.hpp"

namespace tandem_test {

namespace {

constexpr milliseconds hour = std::chrono::hours(1);
constexpr milliseconds over{0}; // a lease that is over at once

} // namespace

spool_entry contract_spools::report(std::string owner, std::string holder, milliseconds lease,
                                    std::string place, bool first) {
    return must(target_->report_spool({.owner = std::move(owner),
                                       .place = std::move(place),
                                       .holder = std::move(holder),
                                       .lease = lease,
                                       .owed = 3,
                                       .epoch = 7,
                                       .first = first},
                                      soon()));
}

TEST_P(contract_spools, are_registered_with_what_they_report) {
    EXPECT_TRUE(must(target_->spools(soon())).empty());
    report("b", "h2", hour);
    report("a", "h1", hour);
    const auto all = must(target_->spools(soon()));
    ASSERT_EQ(all.size(), 2u);
    EXPECT_EQ(all[0].owner, "a");
    EXPECT_EQ(all[0].place, "here");
    EXPECT_EQ(all[0].holder, "h1");
    EXPECT_EQ(all[0].owed, 3);
    EXPECT_EQ(all[0].epoch, 7);
    EXPECT_FALSE(all[0].lost);
    EXPECT_GT(all[0].left, hour / 2);
    EXPECT_LE(all[0].left, hour);
    EXPECT_EQ(all[1].owner, "b");
    EXPECT_TRUE(must(source_->spools(soon())).empty());
}

TEST_P(contract_spools, are_renewed_by_their_holder) {
    report("a", "h1", over);
    EXPECT_LE(must(target_->spools(soon())).at(0).left.count(), 0);
    EXPECT_GT(report("a", "h1", hour, "here", false).left, hour / 2);
    EXPECT_EQ(must(target_->spools(soon())).size(), 1u);
}

TEST_P(contract_spools, are_not_given_to_another_place_while_their_lease_runs) {
    report("a", "h1", hour);
    const auto held = report("a", "h2", hour, "elsewhere");
    EXPECT_EQ(held.holder, "h1");
    EXPECT_GT(held.left, hour / 2);
    EXPECT_EQ(must(target_->spools(soon())).at(0).place, "here");
}

TEST_P(contract_spools, are_taken_over_at_the_same_place_at_once) {
    report("a", "h1", hour);
    EXPECT_EQ(report("a", "h2", hour).holder, "h2");
}

TEST_P(contract_spools, are_taken_over_from_a_lease_that_is_over) {
    report("a", "h1", over);
    EXPECT_EQ(report("a", "h2", hour, "elsewhere").holder, "h2");
}

TEST_P(contract_spools, are_never_taken_over_by_a_report_that_is_not_the_first) {
    report("a", "h1", over);
    EXPECT_EQ(report("a", "h2", hour, "here", false).holder, "h1");
}

TEST_P(contract_spools, are_lost_only_where_their_lease_is_over) {
    const auto alive = report("a", "h1", hour);
    EXPECT_FALSE(must(target_->lose_spool(alive, soon())));
    const auto silent = report("b", "h1", over);
    EXPECT_TRUE(must(target_->lose_spool(silent, soon())));
    const auto all = must(target_->spools(soon()));
    EXPECT_FALSE(all.at(0).lost);
    EXPECT_TRUE(all.at(1).lost);
    EXPECT_EQ(all.at(1).owed, 3);
}

TEST_P(contract_spools, are_not_lost_after_somebody_took_them_over) {
    const auto seen = report("a", "h1", over);
    report("a", "h2", over);
    EXPECT_FALSE(must(target_->lose_spool(seen, soon())));
}

TEST_P(contract_spools, that_were_lost_are_not_when_they_report_again) {
    must(target_->lose_spool(report("a", "h1", over), soon()));
    EXPECT_FALSE(report("a", "h1", hour, "here", false).lost);
    EXPECT_FALSE(must(target_->spools(soon())).at(0).lost);
}

TEST_P(contract_spools, are_closed_by_their_holder_alone) {
    auto seen = report("a", "h1", hour);
    auto stranger = seen;
    stranger.holder = "h2";
    EXPECT_FALSE(must(target_->close_spool(stranger, soon())));
    auto lost = seen;
    lost.lost = true;
    EXPECT_FALSE(must(target_->close_spool(lost, soon())));
    EXPECT_TRUE(must(target_->close_spool(seen, soon())));
    EXPECT_FALSE(must(target_->close_spool(seen, soon())));
    EXPECT_TRUE(must(target_->spools(soon())).empty());
}

TEST_P(contract_spools, go_when_their_side_leaves) {
    report("a", "h1", hour);
    ASSERT_TRUE(must(target_->uninstall({.role = role::secondary, .epoch = 1}, soon())));
    EXPECT_FALSE(target_->report_spool({.owner = "a", .holder = "h1"}, soon()).has_value());
    must(target_->install(soon()));
    EXPECT_TRUE(must(target_->spools(soon())).empty());
}

} // namespace tandem_test
