// SPDX-License-Identifier: BSL-1.0
//
// The proof is worth something only if it can fail: each rule meets a made-up journal and a store
// that breaks it, beside one that does not.
#include "demo/checker.hpp"

#include <gtest/gtest.h>

namespace {

using demo::action;
using demo::finding_kind;
using demo::stored;
using demo::table_image;

class checker : public ::testing::Test {
protected:
    void put(const std::string& key, std::int64_t version, std::uint64_t content,
             std::int64_t change = 0) {
        writes.acknowledged(writes.begin(key, action::put), {version, content, change});
    }
    void erase(const std::string& key, std::int64_t version = 0) {
        writes.acknowledged(writes.begin(key, action::erase), {.version = version});
    }
    void unknown_put(const std::string& key, std::uint64_t content, std::int64_t change = 0) {
        writes.unknown(writes.begin(key, action::put), {.content = content, .change = change});
    }
    void unknown_erase(const std::string& key) {
        writes.unknown(writes.begin(key, action::erase), {});
    }
    /// The kinds that the authority's table shows.
    [[nodiscard]] std::vector<finding_kind> authority(const table_image& rows) const {
        std::vector<finding_kind> kinds;
        for (const auto& f : demo::check_authority(writes, rows))
            kinds.push_back(f.kind);
        return kinds;
    }

    demo::journal writes;
    const std::vector<finding_kind> nothing{};
    const std::vector<finding_kind> lost{finding_kind::lost};
    const std::vector<finding_kind> resurrected{finding_kind::resurrected};
    const std::vector<finding_kind> phantom{finding_kind::phantom};
    const std::vector<finding_kind> different{finding_kind::different};
};

TEST_F(checker, store_that_holds_what_was_acknowledged_is_right) {
    put("a", 5, 50);
    put("b", 6, 60);
    erase("b", 7);
    EXPECT_EQ(authority({{"a", {5, 50, 0}}}), nothing);
}

TEST_F(checker, acknowledged_row_that_is_missing_is_lost) {
    put("a", 5, 50);
    EXPECT_EQ(authority({}), lost);
}

TEST_F(checker, loaded_row_that_is_missing_is_lost) {
    writes.loaded("a", 1, 0);
    EXPECT_EQ(authority({}), lost);
}

TEST_F(checker, row_that_is_older_than_acknowledged_is_lost) {
    put("a", 5, 50);
    put("a", 6, 60);
    EXPECT_EQ(authority({{"a", {5, 50, 0}}}), lost);
}

TEST_F(checker, deleted_row_that_is_there_is_resurrected) {
    put("a", 5, 50);
    erase("a");
    EXPECT_EQ(authority({{"a", {5, 50, 0}}}), resurrected);
}

TEST_F(checker, loaded_row_that_is_there_after_its_delete_is_resurrected) {
    writes.loaded("a", 1, 0);
    erase("a");
    EXPECT_EQ(authority({{"a", {0, 1, 0}}}), resurrected);
}

TEST_F(checker, row_older_than_its_delete_is_not_right) {
    put("a", 5, 50);
    erase("a", 6);
    EXPECT_EQ(authority({{"a", {5, 50, 0}}}), lost);
}

TEST_F(checker, other_content_at_the_acknowledged_version_is_different) {
    put("a", 5, 50);
    EXPECT_EQ(authority({{"a", {5, 51, 0}}}), different);
}

TEST_F(checker, newer_row_that_nobody_wrote_is_a_phantom) {
    put("a", 5, 50);
    EXPECT_EQ(authority({{"a", {6, 60, 0}}}), phantom);
}

TEST_F(checker, row_of_a_key_that_nobody_wrote_is_a_phantom) {
    EXPECT_EQ(authority({{"x", {6, 60, 0}}}), phantom);
}

TEST_F(checker, row_of_a_write_that_did_not_happen_is_a_phantom) {
    writes.nothing_happened(writes.begin("a", action::put));
    EXPECT_EQ(authority({{"a", {6, 60, 0}}}), phantom);
}

TEST_F(checker, unknown_put_may_or_may_not_be_there) {
    put("a", 5, 50);
    unknown_put("a", 60);
    EXPECT_EQ(authority({{"a", {5, 50, 0}}}), nothing);
    EXPECT_EQ(authority({{"a", {6, 60, 0}}}), nothing);
}

TEST_F(checker, unknown_put_does_not_excuse_another_content) {
    put("a", 5, 50);
    unknown_put("a", 60);
    EXPECT_EQ(authority({{"a", {6, 61, 0}}}), phantom);
}

TEST_F(checker, unknown_put_does_not_excuse_a_missing_row) {
    put("a", 5, 50);
    unknown_put("a", 60);
    EXPECT_EQ(authority({}), lost);
}

TEST_F(checker, unknown_erase_excuses_a_missing_row_alone) {
    put("a", 5, 50);
    unknown_erase("a");
    EXPECT_EQ(authority({}), nothing);
    EXPECT_EQ(authority({{"a", {4, 40, 0}}}), lost);
}

TEST_F(checker, unknown_insert_of_a_new_key_may_or_may_not_be_there) {
    unknown_put("a", 60);
    EXPECT_EQ(authority({}), nothing);
    EXPECT_EQ(authority({{"a", {6, 60, 0}}}), nothing);
}

TEST_F(checker, version_that_went_back_is_reported) {
    put("a", 5, 50);
    put("a", 4, 40);
    EXPECT_EQ(authority({{"a", {5, 50, 0}}}), std::vector{finding_kind::inexact});
}

TEST_F(checker, read_that_misses_an_acknowledged_write_is_stale) {
    put("a", 5, 50);
    const auto before = writes.of("a");
    const auto wrong = demo::judge_read("a", before, writes.of("a"), stored{4, 40, 0});
    ASSERT_TRUE(wrong.has_value());
    EXPECT_EQ(wrong->kind, finding_kind::lost);
}

TEST_F(checker, read_may_see_a_write_that_ends_meanwhile) {
    put("a", 5, 50);
    const auto before = writes.of("a");
    put("a", 6, 60);
    EXPECT_FALSE(demo::judge_read("a", before, writes.of("a"), stored{6, 60, 0}));
    EXPECT_FALSE(demo::judge_read("a", before, writes.of("a"), stored{5, 50, 0}));
}

TEST_F(checker, read_may_see_a_write_that_began_before_it) {
    put("a", 5, 50);
    const auto open = writes.begin("a", action::put);
    const auto before = writes.of("a");
    EXPECT_FALSE(demo::judge_read("a", before, writes.of("a"), stored{6, 60, 0}));
    writes.nothing_happened(open);
}

TEST_F(checker, read_may_miss_a_row_while_it_is_deleted_and_not_otherwise) {
    put("a", 5, 50);
    const auto before = writes.of("a");
    EXPECT_TRUE(demo::judge_read("a", before, writes.of("a"), std::nullopt));
    erase("a", 6);
    EXPECT_FALSE(demo::judge_read("a", before, writes.of("a"), std::nullopt));
}

TEST_F(checker, read_after_a_delete_must_not_find_the_row) {
    put("a", 5, 50);
    erase("a");
    const auto before = writes.of("a");
    EXPECT_TRUE(demo::judge_read("a", before, before, stored{5, 50, 0}));
    EXPECT_FALSE(demo::judge_read("a", before, before, std::nullopt));
}

class balances : public checker {
protected:
    const std::vector<std::string> keys{"a", "b"};
    void SetUp() override {
        writes.loaded("a", 1, 100);
        writes.loaded("b", 1, 100);
        put("a", 5, 50, -30);
        put("b", 5, 50, 30);
    }
    [[nodiscard]] std::size_t wrong(std::int64_t a, std::int64_t b) const {
        return demo::check_balances(writes, {{"a", {5, 50, a}}, {"b", {5, 50, b}}}, keys).size();
    }
};

TEST_F(balances, exact_ones_are_right) { EXPECT_EQ(wrong(70, 130), 0U); }

TEST_F(balances, lost_increment_is_inexact) {
    EXPECT_EQ(wrong(70, 100), 1U);
    EXPECT_EQ(wrong(71, 129), 2U);
}

TEST_F(balances, unknown_change_widens_to_an_interval) {
    unknown_put("a", 60, -5);
    EXPECT_EQ(wrong(70, 130), 0U);
    EXPECT_EQ(wrong(65, 130), 0U);
    EXPECT_EQ(wrong(64, 130), 1U);
    EXPECT_EQ(wrong(75, 130), 1U);
}

TEST_F(balances, missing_row_is_lost) {
    const auto found = demo::check_balances(writes, {{"a", {5, 50, 70}}}, keys);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].kind, finding_kind::lost);
}

TEST_F(balances, half_a_transfer_changes_the_sum) {
    EXPECT_TRUE(demo::check_sum({{"a", {5, 50, 70}}, {"b", {5, 50, 130}}}, keys, 200).empty());
    EXPECT_EQ(demo::check_sum({{"a", {5, 50, 65}}, {"b", {5, 50, 130}}}, keys, 200).size(), 1U);
}

TEST(check_equal, same_rows_are_equal) {
    const table_image rows{{"a", {5, 50, 0}}, {"b", {6, 60, 0}}};
    EXPECT_TRUE(demo::check_equal(rows, rows).empty());
}

TEST(check_equal, every_kind_of_difference_is_found) {
    const table_image rows{{"a", {5, 50, 0}}};
    EXPECT_EQ(demo::check_equal(rows, {}).size(), 1U);
    EXPECT_EQ(demo::check_equal({}, rows).size(), 1U);
    EXPECT_EQ(demo::check_equal(rows, {{"a", {6, 50, 0}}}).size(), 1U);
    EXPECT_EQ(demo::check_equal(rows, {{"a", {5, 51, 0}}}).size(), 1U);
    EXPECT_EQ(demo::check_equal(rows, {{"b", {5, 50, 0}}}).size(), 2U);
}

} // namespace
