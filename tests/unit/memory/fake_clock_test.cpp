// SPDX-License-Identifier: BSL-1.0
#include "tandem/memory/fake_clock.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace tandem_test {

using namespace std::chrono_literals;
using tandem::testing::fake_clock;

TEST(fake_clock, stands_still_until_advanced) {
    fake_clock clock;
    const auto before = clock.now();
    EXPECT_EQ(clock.now(), before);
    clock.advance(5ms);
    EXPECT_EQ(clock.now(), before + 5ms);
}

TEST(fake_clock, does_not_wait_for_a_time_that_has_come) {
    fake_clock clock;
    clock.sleep_until(clock.now());
    clock.sleep_until(clock.now() - 1h);
    EXPECT_EQ(clock.now(), fake_clock::start);
}

TEST(fake_clock, wakes_a_sleeper_when_its_time_has_come_and_not_before) {
    fake_clock clock;
    std::thread sleeper([&] { clock.sleep_until(fake_clock::start + 2s); });
    clock.wait_for_sleepers(1);
    clock.advance(1s);
    EXPECT_EQ(clock.sleepers(), 1);
    clock.advance(1s);
    sleeper.join();
    EXPECT_EQ(clock.sleepers(), 0);
}

TEST(fake_clock, jumps_to_the_time_slept_for_when_it_advances_by_itself) {
    fake_clock clock({.auto_advance = true});
    clock.sleep_until(clock.now() + 3h);
    EXPECT_EQ(clock.now(), fake_clock::start + 3h);
    clock.sleep_until(fake_clock::start + 1h);
    EXPECT_EQ(clock.now(), fake_clock::start + 3h);
}

TEST(fake_clock, wakes_other_sleepers_when_it_advances_by_itself) {
    fake_clock clock({.auto_advance = true});
    std::thread other([&] { clock.sleep_until(fake_clock::start + 1h); });
    clock.sleep_until(fake_clock::start + 2h);
    other.join();
    EXPECT_EQ(clock.now(), fake_clock::start + 2h);
}

TEST(fake_clock, released_ends_every_sleep_at_once) {
    fake_clock clock;
    std::thread sleeper([&] { clock.sleep_until(clock.now() + 1h); });
    clock.wait_for_sleepers(1);
    clock.release();
    sleeper.join();
    clock.sleep_until(clock.now() + 1h);
    EXPECT_EQ(clock.now(), fake_clock::start);
}

} // namespace tandem_test
