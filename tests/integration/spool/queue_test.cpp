// SPDX-License-Identifier: BSL-1.0
//
// The spool as a queue: what is added is owed until it is settled, also after opening it again.
#include "fixture.hpp"

#include <sys/stat.h>

#include <atomic>
#include <thread>

namespace tandem_test {
namespace {

TEST(spool, an_added_intent_is_owed_with_its_content) {
    const spool_directory where;
    auto s = where.open();
    const intent_record what{9, std::string("a\0b", 3), "body"};
    const auto id = value_of(s.add(what, in_time()));
    const auto owed = value_of(s.owed(0, 10, in_time()));
    ASSERT_EQ(owed.size(), 1u);
    EXPECT_EQ(owed[0].id, id);
    EXPECT_EQ(owed[0].what, what);
    EXPECT_EQ(owed[0].outcome, write_outcome::in_flight);
}

TEST(spool, outcomes_are_those_that_were_noted) {
    const spool_directory where;
    auto s = where.open();
    const auto known = value_of(s.add(intent("a"), in_time()));
    const auto unknown = value_of(s.add(intent("b"), in_time()));
    const auto when = monotonic_now();
    s.note(known, write_outcome::known, when);
    s.note(unknown, write_outcome::unknown, when);
    const auto owed = value_of(s.owed(0, 10, in_time()));
    EXPECT_EQ(owed[0].outcome, write_outcome::known);
    EXPECT_EQ(owed[1].outcome, write_outcome::unknown);
    EXPECT_EQ(owed[1].since, when);
}

TEST(spool, after_opening_again_every_outcome_is_unknown_since_before) {
    const spool_directory where;
    {
        auto s = where.open();
        s.note(value_of(s.add(intent("a"), in_time())), write_outcome::known, {});
    }
    auto s = where.open();
    const auto later = value_of(s.add(intent("b"), in_time()));
    s.note(later, write_outcome::known, {});
    const auto owed = value_of(s.owed(0, 10, in_time()));
    ASSERT_EQ(owed.size(), 2u);
    EXPECT_EQ(owed[0].outcome, write_outcome::unknown);
    EXPECT_EQ(owed[0].since, monotonic_time::min());
    EXPECT_EQ(owed[1].outcome, write_outcome::known);
}

TEST(spool, settled_intents_are_gone_and_ids_are_never_used_again) {
    const spool_directory where;
    std::int64_t last = 0;
    {
        auto s = where.open();
        (void)fill(s, 2);
        last = value_of(s.add(intent("x"), in_time()));
        const std::int64_t ids[] = {last, 1, 77};
        value_of(s.settle(ids, in_time()));
        EXPECT_EQ(keys_of(s), (std::multiset<std::string>{"key-1"}));
        EXPECT_EQ(s.stats().owed, 1);
    }
    auto s = where.open();
    EXPECT_EQ(keys_of(s), (std::multiset<std::string>{"key-1"}));
    EXPECT_GT(value_of(s.add(intent("y"), in_time())), last);
    EXPECT_FALSE(s.damage());
}

TEST(spool, pages_follow_the_last_id) {
    const spool_directory where;
    auto s = where.open();
    (void)fill(s, 5);
    const auto first = value_of(s.owed(0, 2, in_time()));
    const auto second = value_of(s.owed(first.back().id, 2, in_time()));
    EXPECT_EQ(second.front().what.key, "key-2");
    EXPECT_TRUE(value_of(s.owed(5, 2, in_time())).empty());
}

TEST(spool, the_identity_stays_and_another_spool_has_another) {
    const spool_directory where;
    const spool_directory elsewhere;
    std::string identity;
    {
        const auto s = where.open();
        identity = s.identity();
    }
    EXPECT_EQ(identity.size(), 32u);
    EXPECT_EQ(where.open().identity(), identity);
    EXPECT_NE(elsewhere.open().identity(), identity);
}

TEST(spool, figures_follow_what_is_added_settled_and_found) {
    const spool_directory where;
    queue_stats seen;
    {
        auto s = where.open();
        (void)fill(s, 10);
        EXPECT_EQ(s.stats().owed, 10);
        const std::int64_t ids[] = {1, 2, 3};
        value_of(s.settle(ids, in_time()));
        seen = s.stats();
        EXPECT_EQ(seen.owed, 7);
    }
    const auto s = where.open();
    EXPECT_EQ(s.stats().owed, 7);
    EXPECT_EQ(s.stats().bytes, seen.bytes);
}

TEST(spool, at_its_bound_of_records_it_refuses_until_there_is_room) {
    const spool_directory where;
    auto wanted = where.options();
    wanted.records_max = 2;
    auto s = value_of(spool::spool::open(wanted));
    (void)fill(s, 2);
    const auto refused = s.add(intent("c"), in_time());
    EXPECT_EQ(refused.error(), errc::resources);
    const std::int64_t ids[] = {1};
    value_of(s.settle(ids, in_time()));
    EXPECT_TRUE(s.add(intent("c"), in_time()));
}

TEST(spool, at_its_bound_of_bytes_it_refuses) {
    const spool_directory where;
    auto wanted = where.options();
    wanted.record_bytes_max = 100;
    wanted.bytes_max = 150;
    auto s = value_of(spool::spool::open(wanted));
    EXPECT_EQ(s.add(intent(std::string(75, 'k')), in_time()).error(), errc::row_too_large);
    EXPECT_TRUE(s.add(intent(std::string(74, 'k')), in_time()));
    EXPECT_EQ(s.add(intent(std::string(74, 'k')), in_time()).error(), errc::resources);
    EXPECT_EQ(s.stats().owed, 1);
}

TEST(spool, a_blocked_add_goes_on_when_there_is_room) {
    const spool_directory where;
    auto wanted = where.options();
    wanted.records_max = 1;
    wanted.full = spool::when_full::block;
    auto s = value_of(spool::spool::open(wanted));
    (void)fill(s, 1);
    EXPECT_EQ(s.add(intent("c"), within(milliseconds(5))).error(), errc::resources);
    std::thread blocked([&] { EXPECT_TRUE(s.add(intent("c"), in_time())); });
    const std::int64_t ids[] = {1};
    value_of(s.settle(ids, in_time()));
    blocked.join();
    EXPECT_EQ(keys_of(s), (std::multiset<std::string>{"c"}));
}

TEST(spool, concurrent_callers_lose_and_mix_nothing) {
    const spool_directory where;
    auto s = where.open();
    constexpr int callers = 8;
    constexpr int each = 50;
    std::vector<std::thread> threads;
    std::atomic<int> wrong{0};
    for (int t = 0; t < callers; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < each; ++i) {
                const auto id =
                    s.add(intent(std::to_string(t) + "-" + std::to_string(i)), in_time());
                if (!id) {
                    ++wrong;
                } else if (i % 2 == 1) {
                    const std::int64_t ids[] = {id.value()};
                    if (!s.settle(ids, in_time())) ++wrong;
                }
            }
        });
    }
    for (auto& t : threads)
        t.join();
    EXPECT_EQ(wrong, 0);
    const auto keys = keys_of(s);
    EXPECT_EQ(keys.size(), callers * each / 2u);
    for (int t = 0; t < callers; ++t)
        EXPECT_EQ(keys.count(std::to_string(t) + "-48"), 1u);
}

TEST(spool, a_deadline_that_has_passed_is_a_timeout) {
    const spool_directory where;
    auto s = where.open();
    EXPECT_EQ(s.owed(0, 1, within(milliseconds(-1))).error(), errc::timeout);
    EXPECT_EQ(spool::spool::open(where.options(), within(milliseconds(-1))).error(), errc::timeout);
}

TEST(spool, its_files_are_closed_to_others_whatever_the_umask) {
    const auto before = ::umask(0);
    const spool_directory where;
    auto s = where.open();
    (void)fill(s, 3);
    ::umask(before);
    int files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(where.path())) {
        struct stat seen {};
        ASSERT_EQ(::stat(entry.path().c_str(), &seen), 0);
        EXPECT_EQ(seen.st_mode & 0777u, 0600u) << entry.path();
        ++files;
    }
    EXPECT_EQ(files, 4); // database, log, lock, mark
}

} // namespace
} // namespace tandem_test
