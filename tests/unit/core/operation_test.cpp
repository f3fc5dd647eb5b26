// SPDX-License-Identifier: BSL-1.0
#include "tandem/core/operation.hpp"

#include <gtest/gtest.h>

#include <set>

namespace tandem {
namespace {

constexpr std::int64_t now = 1'800'000'000'000;
constexpr milliseconds week{7 * 86'400'000LL};

operation_id id_at(std::int64_t ms) { return make_operation_id(ms, 1, 2); }

TEST(operation_id, has_the_layout_of_a_uuid_of_version_7) {
    const auto id = make_operation_id(0x0123'4567'89ab, ~std::uint64_t{0}, 0);
    EXPECT_EQ(to_text(id), "01234567-89ab-7fff-8000-000000000000");
    EXPECT_EQ(to_text(make_operation_id(0, 0, ~std::uint64_t{0})),
              "00000000-0000-7000-bfff-ffffffffffff");
}

TEST(operation_id, gives_back_its_date) {
    EXPECT_EQ(id_at(now).unix_ms(), now);
    EXPECT_EQ(id_at(-5).unix_ms(), 0);
    EXPECT_EQ(id_at(std::int64_t{1} << 50).unix_ms(), (std::int64_t{1} << 48) - 1);
}

TEST(operation_id, survives_text_and_bytes) {
    const auto id = new_operation_id();
    EXPECT_EQ(operation_id::parse(to_text(id)).value(), id);
    EXPECT_EQ(operation_id::from_bytes(id.bytes()).value(), id);
    EXPECT_EQ(id.view().size(), 16u);
}

TEST(operation_id, of_another_uuid_version_is_refused) {
    const auto random = operation_id::parse("a77e36c7-2d2f-4f5e-9a43-2f6a9d3c9b11");
    ASSERT_FALSE(random);
    EXPECT_EQ(random.error(), errc::invalid_options);
    EXPECT_FALSE(operation_id::parse("01234567-89ab-7fff-c000-000000000000")) << "variant";
    EXPECT_EQ(operation_id::parse("no uuid").error(), errc::out_of_range);
}

TEST(operation_id, is_new_each_time) {
    std::set<operation_id> all;
    for (int i = 0; i < 1000; ++i)
        all.insert(new_operation_id());
    EXPECT_EQ(all.size(), 1000u);
}

TEST(operation_id, is_ordered_by_its_date) {
    EXPECT_LT(make_operation_id(now, 99, 99), make_operation_id(now + 1, 0, 0));
}

TEST(admit_operation, a_new_id_goes_on) {
    const auto said = admit_operation({id_at(now), {}, week}, {}, now);
    ASSERT_TRUE(said);
    EXPECT_FALSE(said.value());
}

TEST(admit_operation, a_repeat_hears_what_the_first_one_did_however_old_it_is) {
    const operation_record done{id_at(now), {1}, true, {version{7}, 2}};
    const auto said = admit_operation({done.id, {1}, week}, done, now + 9 * week.count());
    ASSERT_TRUE(said && said.value());
    EXPECT_EQ(said.value()->version, version{7});
    EXPECT_EQ(said.value()->writes, 2);
}

TEST(admit_operation, ids_that_cannot_be_taken_are_told_apart) {
    const auto refusal = [](const operation_id& id, std::optional<operation_record> found) {
        return admit_operation({id, {1}, week}, found, now).error().value();
    };
    const auto id = id_at(now);
    EXPECT_EQ(refusal(id, operation_record{id, {2}, true, {}}), errc::id_reused);
    EXPECT_EQ(refusal(id, operation_record{id, {}, false, {}}), errc::operation_abandoned);
    EXPECT_EQ(refusal(id_at(now - week.count() - 1), {}), errc::operation_expired);
    EXPECT_EQ(refusal(id_at(now + week.count() + 1), {}), errc::invalid_options);
}

TEST(admit_operation, the_retention_is_exact) {
    EXPECT_TRUE(admit_operation({id_at(now - week.count()), {}, week}, {}, now));
    EXPECT_TRUE(admit_operation({id_at(now + week.count()), {}, week}, {}, now));
}

TEST(outcome_of, says_what_the_record_says_and_nothing_without_one) {
    const auto id = id_at(now);
    const operation_record done{id, {}, true, {version{7}, 1}};
    EXPECT_EQ(outcome_of(id, done, week, now)->status, operation_status::committed);
    EXPECT_EQ(outcome_of(id, done, week, now)->version, version{7});
    const operation_record abandoned{id, {}, false, {}};
    EXPECT_EQ(outcome_of(id, abandoned, week, now)->status, operation_status::not_committed);
    EXPECT_FALSE(outcome_of(id, {}, week, now));
    EXPECT_EQ(outcome_of(id, {}, week, now + week.count() + 1)->status, operation_status::expired);
}

TEST(purge_limit, spares_every_id_that_is_still_taken_elsewhere) {
    const auto limit = purge_limit(week, now);
    EXPECT_LT(limit, id_at(now - week.count() - operation_margin.count()));
    EXPECT_GT(limit, id_at(now - week.count() - operation_margin.count() - 1));
}

} // namespace
} // namespace tandem
