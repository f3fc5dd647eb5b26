// SPDX-License-Identifier: BSL-1.0
//
// The check of the kill test finds what it is there to find.
#include "journal.hpp"

#include <gtest/gtest.h>

namespace tandem_test {

namespace {

constexpr std::int64_t once = first_once;

class kill_journal : public ::testing::Test {
protected:
    journal j;
    std::map<std::int64_t, item> items;
    std::map<std::int64_t, std::int64_t> versions;

    void SetUp() override {
        for (std::int64_t c = 0; c < counters; ++c)
            hold({first_counter + c, "counter", 0}, 1);
    }
    void say(std::initializer_list<const char*> lines) {
        for (const char* line : lines)
            j.add(line);
    }
    void hold(const item& i, std::int64_t version) {
        items[i.id] = i;
        versions[i.id] = version;
    }
    std::size_t problems() { return j.contradictions(items, versions).size(); }
};

TEST_F(kill_journal, an_acknowledged_write_that_is_there_is_right) {
    say({"A u 1 7", "K 7 100"});
    hold({1, "op 7", 7}, 100);
    EXPECT_EQ(problems(), 0u);
}

TEST_F(kill_journal, an_acknowledged_write_that_is_absent_is_lost) {
    say({"A o 1000 7", "K 7 100"});
    EXPECT_EQ(problems(), 1u);
}

TEST_F(kill_journal, a_write_of_a_lower_version_than_an_acknowledged_one_is_a_loss) {
    say({"A u 1 7", "K 7 100", "A u 1 8", "K 8 101"});
    hold({1, "op 7", 7}, 100);
    EXPECT_EQ(problems(), 1u);
}

TEST_F(kill_journal, a_write_without_an_answer_may_be_there_or_not) {
    say({"A u 1 7", "K 7 100", "A u 1 8"});
    hold({1, "op 7", 7}, 100);
    EXPECT_EQ(problems(), 0u);
    hold({1, "op 8", 8}, 101);
    EXPECT_EQ(problems(), 0u);
}

TEST_F(kill_journal, a_deleted_key_must_stay_away) {
    say({"A o 1000 7", "K 7 100", "A d 1000 8", "K 8 101"});
    EXPECT_EQ(problems(), 0u);
    hold({once, "op 7", 7}, 100);
    EXPECT_EQ(problems(), 1u);
}

TEST_F(kill_journal, a_failed_write_must_not_be_there) {
    say({"A u 1 7", "F 7"});
    EXPECT_EQ(problems(), 0u);
    hold({1, "op 7", 7}, 100);
    EXPECT_EQ(problems(), 1u);
}

TEST_F(kill_journal, increments_lie_between_acknowledged_and_attempted) {
    say({"A i 100 7", "K 7 2", "A i 100 8", "A i 100 9", "F 9"});
    EXPECT_EQ(problems(), 1u); // 0 of at least 1
    hold({100, "counter", 1}, 2);
    EXPECT_EQ(problems(), 0u);
    hold({100, "counter", 2}, 3);
    EXPECT_EQ(problems(), 0u);
    hold({100, "counter", 3}, 4);
    EXPECT_EQ(problems(), 1u);
}

TEST_F(kill_journal, a_row_that_nobody_wrote_is_found) {
    hold({5, "op 5", 5}, 1);
    EXPECT_EQ(problems(), 1u);
}

} // namespace

} // namespace tandem_test
