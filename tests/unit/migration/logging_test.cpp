// SPDX-License-Identifier: BSL-1.0
//
// What is logged holds nothing of a user's row, whatever goes wrong, and no message floods.
#include "tandem/worker.hpp"

#include "support/recording_logger.hpp"
#include "world.hpp"

#include <gmock/gmock.h>

namespace tandem_test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* key_canary = "canary-key-51b9";
constexpr const char* value_canary = "canary-value-c04e";

class logging : public walk {
protected:
    recording_logger log;
    tandem::testing::fake_clock time{{.auto_advance = true}};
    bool dead = false;

    logging() {
        options.log = &log;
        options.seed = 1;
        options.clock = std::make_shared<clock_ref<tandem::testing::fake_clock>>(time);
        options.on_dead_letter = [this](const dead_letter&) { dead = true; };
    }
    static void relay(service& s, int passes) {
        for (int pass = 0; pass < passes; ++pass)
            ASSERT_TRUE(s.migration.relay_once({.retry_pause_min = {}, .retry_pause_max = {}}));
    }
    static void write_canaries(service& s) {
        ASSERT_TRUE(s.accounts.upsert({.id = 1, .owner = value_canary, .note = value_canary}));
        ASSERT_TRUE(s.entries.upsert({.account = 1, .label = key_canary, .amount = 2}));
    }
};

TEST_F(logging, says_nothing_of_a_row_that_is_refused_dropped_or_owed) {
    options.mode = secondary_mode::sync;
    auto& s = start_service();
    enter_dual(s);
    s.target_faults.poison([](const change&) { return true; });
    write_canaries(s);
    relay(s, 5);
    ASSERT_TRUE(dead);
    ASSERT_TRUE(s.migration.drop_dead_letters(s.migration.dead_letters().value(), value_canary));
    s.target_faults.clear();
    s.target_faults.fail({operation::any, 0, -1}, errc::timeout);
    for (int i = 0; i < 6; ++i)
        write_canaries(s);
    relay(s, 1);
    EXPECT_FALSE(s.migration.forward());
    (void)s.migration.housekeeping();
    EXPECT_THAT(log.text(), HasSubstr("dead letter"));
    EXPECT_THAT(log.text(), HasSubstr("dropped"));
    EXPECT_THAT(log.text(), HasSubstr("breaker of the secondary opened"));
    EXPECT_THAT(log.text(), Not(HasSubstr("canary")));
}

TEST_F(logging, tells_ten_of_a_flood_of_dead_letters_and_how_many_more) {
    auto& s = start_service();
    enter_dual(s);
    s.target_faults.poison([](const change&) { return true; });
    for (std::int64_t id = 1; id <= 50; ++id)
        ASSERT_TRUE(s.accounts.upsert({.id = id}));
    while (s.migration.status().value().source.owed.dead < 50)
        relay(s, 1);
    EXPECT_EQ(log.lines().size(), 10u);
    time.advance(std::chrono::seconds(10));
    ASSERT_TRUE(s.migration.housekeeping());
    ASSERT_EQ(log.lines().size(), 11u);
    EXPECT_THAT(log.lines()[10], HasSubstr("message=a change became a dead letter suppressed=40"));
}

} // namespace
} // namespace tandem_test
