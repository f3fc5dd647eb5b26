// SPDX-License-Identifier: BSL-1.0
#include "limited_log.hpp"

#include "tandem/memory/fake_clock.hpp"

#include "support/recording_logger.hpp"

#include <gtest/gtest.h>

namespace tandem_test {
namespace {

using namespace tandem;

class limited : public ::testing::Test {
protected:
    tandem::testing::fake_clock time;
    clock_ref<tandem::testing::fake_clock> clock{time};
    recording_logger sink;
    detail::limited_log log{sink, clock};

    void say(std::string_view message, int times = 1) {
        for (int i = 0; i < times; ++i)
            log.log(log_level::error, message, std::initializer_list<log_field>{{"n", "1"}});
    }
};

TEST_F(limited, passes_ten_of_a_message) {
    say("the relay paused", 25);
    EXPECT_EQ(sink.lines(), std::vector<std::string>(10, "error the relay paused n=1"));
}

TEST_F(limited, counts_each_message_alone) {
    say("the relay paused", 25);
    say("the breaker opened");
    EXPECT_EQ(sink.lines().back(), "error the breaker opened n=1");
}

TEST_F(limited, says_how_many_were_left_out_when_it_goes_on) {
    say("the relay paused", 25);
    time.advance(std::chrono::seconds(10));
    say("the relay paused", 2);
    ASSERT_EQ(sink.lines().size(), 12u);
    EXPECT_EQ(sink.lines()[10], "error the relay paused n=1 suppressed=15");
    EXPECT_EQ(sink.lines()[11], "error the relay paused n=1");
}

TEST_F(limited, begins_no_new_window_too_early) {
    say("the relay paused", 10);
    time.advance(milliseconds(9'999));
    say("the relay paused");
    EXPECT_EQ(sink.lines().size(), 10u);
}

TEST_F(limited, tells_what_was_left_out_of_a_message_that_does_not_come_again) {
    say("the relay paused", 13);
    log.tell_suppressed();
    EXPECT_EQ(sink.lines().size(), 10u);
    time.advance(std::chrono::seconds(10));
    log.tell_suppressed();
    log.tell_suppressed();
    ASSERT_EQ(sink.lines().size(), 11u);
    EXPECT_EQ(sink.lines()[10],
              "warning messages were left out message=the relay paused suppressed=3");
}

} // namespace
} // namespace tandem_test
