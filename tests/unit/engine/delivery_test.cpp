// SPDX-License-Identifier: BSL-1.0
#include "tandem/engine/delivery.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace tandem {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

owed_change owed(std::int64_t id, std::string key, std::int64_t v, epoch e, int attempts = 0) {
    return {.id = id,
            .change = {.key = std::move(key),
                       .version = {v},
                       .epoch = e,
                       .image = row{std::int64_t{v}}},
            .attempts = attempts};
}

TEST(coalesce, of_nothing_is_nothing) { EXPECT_THAT(coalesce({}), IsEmpty()); }

TEST(coalesce, keeps_one_delivery_a_key_with_the_highest_version) {
    const std::vector in{owed(1, "k", 10, 3), owed(2, "k", 12, 3), owed(3, "k", 11, 3)};
    const auto out = coalesce(in);
    ASSERT_EQ(out.size(), 1U);
    EXPECT_EQ(out[0].change.version, version{12});
    EXPECT_EQ(std::get<std::int64_t>(out[0].change.image->at(0)), 12);
}

TEST(coalesce, is_accepted_with_the_highest_epoch_whichever_version_has_it) {
    // The relay reads the row of its own time: an old intent may carry a newer version.
    const auto newest_first = coalesce(std::vector{owed(1, "k", 12, 3), owed(2, "k", 11, 4)});
    const auto newest_last = coalesce(std::vector{owed(1, "k", 11, 4), owed(2, "k", 12, 3)});
    for (const auto& out : {newest_first, newest_last}) {
        EXPECT_EQ(out.at(0).change.version, version{12});
        EXPECT_EQ(out.at(0).change.epoch, 4);
    }
}

TEST(coalesce, settles_every_intent_of_the_key_ascending) {
    const auto out =
        coalesce(std::vector{owed(5, "k", 3, 1), owed(9, "k", 1, 1), owed(2, "k", 2, 1)});
    EXPECT_THAT(out.at(0).intents, ElementsAre(2, 5, 9));
}

TEST(coalesce, counts_the_most_failed_intent) {
    const auto out =
        coalesce(std::vector{owed(1, "k", 1, 1, 2), owed(2, "k", 2, 1, 4), owed(3, "k", 3, 1, 1)});
    EXPECT_EQ(out.at(0).attempts, 4);
}

TEST(coalesce, keeps_a_tombstone_with_its_own_epoch) {
    owed_change gone = owed(2, "k", 9, 5);
    gone.change.image.reset();
    gone.change.tombstone_epoch = 2;
    const auto out = coalesce(std::vector{owed(1, "k", 8, 6), gone});
    EXPECT_FALSE(out.at(0).change.image);
    EXPECT_EQ(out.at(0).change.tombstone_epoch, 2);
    EXPECT_EQ(out.at(0).change.epoch, 6);
}

TEST(coalesce, sorts_by_table_and_then_by_key_as_bytes) {
    std::vector in{owed(1, "b", 1, 1), owed(2, "\xff", 1, 1), owed(3, "a", 1, 1),
                   owed(4, "a", 1, 1)};
    in[2].change.table = 1;
    std::vector<std::pair<table_id, key_bytes>> order;
    for (const auto& d : coalesce(in))
        order.emplace_back(d.change.table, d.change.key);
    using entry = std::pair<table_id, key_bytes>;
    EXPECT_THAT(order, ElementsAre(entry{0, "a"}, entry{0, "b"}, entry{0, "\xff"}, entry{1, "a"}));
}

// Codes that one row can be the cause of. Every other code stands for the store.
const std::set<errc> codes_of_one_row{
    errc::already_exists, errc::not_found,     errc::constraint,      errc::duplicate_key,
    errc::empty_key,      errc::key_too_large, errc::row_too_large,   errc::batch_too_large,
    errc::invalid_text,   errc::out_of_range,  errc::unexpected_null, errc::type_mismatch,
    errc::store_error};

TEST(blame, of_every_code_is_the_row_only_where_a_row_can_be_the_cause) {
    int codes = 0;
    for (int n = 1; n <= static_cast<int>(errc::invariant); ++n, ++codes) {
        const auto code = static_cast<errc>(n);
        const auto wanted = codes_of_one_row.contains(code) ? blame::one_row : blame::secondary;
        EXPECT_EQ(blame_for(error(code)), wanted) << error(code).message();
    }
    EXPECT_EQ(codes, 49);
}

TEST(blame, of_an_unknown_outcome_is_the_secondary) {
    // Halving on a broken connection would send a batch over and over.
    EXPECT_EQ(blame_for(errc::outcome_unknown), blame::secondary);
}

} // namespace
} // namespace tandem
