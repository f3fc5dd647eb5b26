// SPDX-License-Identifier: BSL-1.0
//
// A target with unique constraints that are not the key: what the writers did at the source in an
// order of theirs arrives, whatever stands in its way at the target at the moment.
#include "tandem/core/random_source.hpp"

#include "people_world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tandem_test {

namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class unique_constraint : public people_world {
protected:
    unique_constraint() {
        at_source.run("CREATE UNIQUE INDEX ON people(email)");
        at_target.run("CREATE UNIQUE INDEX people_mail ON people(mail)");
    }
    service& with_people(int count) {
        service& s = start();
        for (int id = 1; id <= count; ++id)
            put(s, id, std::string(1, static_cast<char>('a' + id - 1)));
        must(s.migration.forward());
        must(s.migration.backfill());
        return s;
    }
    /// Only the newest change of each person is owed, and each alone.
    static void deliver_one_by_one(service& s) {
        for (int pass = 0; pass < 100; ++pass) {
            const auto report = must(s.migration.relay_once({.batch_rows = 1}));
            ASSERT_FALSE(report.trouble) << report.trouble->full_message();
            ASSERT_EQ(report.failed, 0);
            if (report.loaded == 0) return;
        }
    }
};

TEST_F(unique_constraint, two_people_who_swap_their_values_arrive_together) {
    service& s = with_people(2);
    put(s, 1, "parked");
    put(s, 2, "a");
    put(s, 1, "b");
    deliver(s);
    EXPECT_EQ(target_emails(), "1:b 2:a");
    expect_clean(s);
}

TEST_F(unique_constraint, a_swap_arrives_where_each_change_is_delivered_alone) {
    service& s = with_people(2);
    put(s, 1, "parked");
    put(s, 2, "a");
    put(s, 1, "b");
    deliver_one_by_one(s);
    EXPECT_EQ(target_emails(), "1:b 2:a");
}

TEST_F(unique_constraint, a_ring_of_three_arrives) {
    service& s = with_people(3);
    put(s, 1, "parked");
    put(s, 3, "a");
    put(s, 2, "c");
    put(s, 1, "b");
    deliver_one_by_one(s);
    EXPECT_EQ(target_emails(), "1:b 2:c 3:a");
}

TEST_F(unique_constraint, a_chain_of_values_that_move_up_arrives) {
    service& s = with_people(20);
    for (int id = 20; id > 0; --id)
        put(s, id, std::string(1, static_cast<char>('a' + id)));
    deliver_one_by_one(s);
    EXPECT_EQ(at_target.run("SELECT count(*) FROM people WHERE mail=chr(97 + id::int)"), "20");
    expect_clean(s);
}

TEST_F(unique_constraint, a_value_is_used_again_after_a_delete) {
    service& s = with_people(2);
    drop(s, 1);
    put(s, 7, "a");
    drop(s, 2);
    put(s, 1, "b");
    deliver(s);
    EXPECT_EQ(target_emails(), "1:b 7:a");
    expect_clean(s);
}

TEST_F(unique_constraint, a_younger_change_that_comes_first_takes_the_older_delete_along) {
    service& s = with_people(2);
    drop(s, 1);
    put(s, 7, "a");
    // The delete failed once: it comes behind what is fresh.
    const auto owed = must(s.source->owed(0, 10, owed_scope::all, soon()));
    ASSERT_EQ(owed.size(), 2u);
    const std::int64_t id = owed[0].id;
    must(s.source->note_failure({&id, 1}, {.text = "for the test"}, soon()));
    deliver_one_by_one(s);
    EXPECT_EQ(target_emails(), "2:b 7:a");
    EXPECT_EQ(at_target.run("SELECT count(*) FROM tandem_tombstone"), "1");
}

TEST_F(unique_constraint, sync_delivery_brings_a_swap_at_once) {
    options.mode = secondary_mode::sync;
    service& s = with_people(2);
    const auto a = s.people.key(1), b = s.people.key(2);
    must(s.migration.transaction({a, b}, [&](transaction& t) -> result<void> {
        TANDEM_TRY(t.upsert(s.people, {1, "parked", {}}));
        TANDEM_TRY(t.upsert(s.people, {2, "a", {}}));
        TANDEM_TRY(t.upsert(s.people, {1, "b", {}}));
        return success();
    }));
    EXPECT_EQ(target_emails(), "1:b 2:a");
}

TEST_F(unique_constraint, columns_that_tandem_does_not_know_keep_their_values) {
    service& s = with_people(2);
    at_target.run("UPDATE people SET own='mine' WHERE id=1");
    put(s, 1, "parked");
    put(s, 2, "a");
    put(s, 1, "b");
    deliver_one_by_one(s);
    EXPECT_EQ(at_target.run("SELECT string_agg(own, ' ' ORDER BY id) FROM people"), "mine none");
}

TEST_F(unique_constraint, partial_and_expression_indexes_are_looked_through) {
    at_source.run("DROP INDEX people_email_idx; CREATE UNIQUE INDEX ON people(lower(email)) "
                  "WHERE nick IS NULL");
    at_target.run("DROP INDEX people_mail; CREATE UNIQUE INDEX ON people(lower(mail)) "
                  "WHERE nick IS NULL");
    service& s = with_people(3);
    put(s, 1, "parked");
    put(s, 2, "A");
    put(s, 1, "B");
    must(s.people.upsert({3, "a", "not in the index"}));
    deliver_one_by_one(s);
    EXPECT_EQ(target_emails(), "1:B 2:A 3:a");
}

TEST_F(unique_constraint, a_backfill_into_kept_rows_moves_what_is_in_its_way) {
    service& s = with_people(3);
    must(s.migration.forward());
    must(s.migration.forward());
    put(s, 1, "parked");
    put(s, 3, "a");
    put(s, 1, "c");
    drop(s, 2);
    put(s, 9, "b");
    must(s.migration.backward());
    must(s.migration.backfill({.chunk_rows = 1}));
    EXPECT_EQ(at_source.run("SELECT string_agg(id || ':' || email, ' ' ORDER BY id) FROM people"),
              "1:c 3:a 9:b");
    expect_clean(s);
}

TEST_F(unique_constraint, that_the_primary_lacks_makes_a_dead_letter_that_names_it) {
    at_source.run("DROP INDEX people_email_idx");
    service& s = with_people(2);
    put(s, 2, "a");
    put(s, 3, "c");
    const relay_options patient{.attempts_max = 1};
    must(s.migration.relay_once(patient));
    const auto dead = must(s.migration.dead_letters());
    ASSERT_EQ(dead.size(), 1u);
    EXPECT_THAT(dead[0].last_error,
                AllOf(HasSubstr("people_mail (mail) of table people"),
                      HasSubstr("the primary has the same two rows"), Not(HasSubstr("=(a)"))));
    EXPECT_EQ(target_emails(), "1:a 2:b 3:c");
    // The primary gives up the conflict: what was dead goes.
    put(s, 1, "other");
    must(s.migration.retry_dead_letters());
    deliver(s);
    EXPECT_EQ(target_emails(), "1:other 2:a 3:c");
}

TEST_F(unique_constraint, a_row_that_the_primary_never_had_is_not_removed) {
    service& s = with_people(1);
    at_target.run("INSERT INTO people(id, mail) VALUES (99, 'taken')");
    put(s, 2, "taken");
    must(s.migration.relay_once({.attempts_max = 1}));
    const auto dead = must(s.migration.dead_letters());
    ASSERT_EQ(dead.size(), 1u);
    EXPECT_THAT(dead[0].last_error, HasSubstr("is not at the primary"));
    EXPECT_EQ(target_emails(), "1:a 99:taken");
}

TEST_F(unique_constraint, many_random_swaps_arrive_whatever_relays_run) {
    service& s = with_people(8);
    service& other = start();
    jitter dice(7);
    std::vector<std::string> email{"a", "b", "c", "d", "e", "f", "g", "h"};
    for (int round = 0; round < 60; ++round) {
        const std::size_t x = dice.next() % 8, y = dice.next() % 8;
        if (x == y) continue;
        put(s, static_cast<std::int64_t>(x + 1), "parked");
        put(s, static_cast<std::int64_t>(y + 1), email[x]);
        put(s, static_cast<std::int64_t>(x + 1), email[y]);
        std::swap(email[x], email[y]);
        if (dice.next() % 3 == 0)
            must(other.migration.relay_once({.batch_rows = 1 + dice.next() % 3}));
    }
    deliver_one_by_one(s);
    deliver(s);
    expect_clean(s);
    EXPECT_EQ(must(s.migration.dead_letters()).size(), 0u);
}

} // namespace

} // namespace tandem_test
