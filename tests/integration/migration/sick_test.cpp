// SPDX-License-Identifier: BSL-1.0
//
// The secondary's server hangs, or refuses a row, while writers run: the primary's calls go on,
// everything else is delivered, and what could not be is in the way of a switch. Nothing here looks
// at how long anything took; what a hang costs is measured in bench/.
#include "tandem/core/log.hpp"
#include "tandem/worker.hpp"

#include "integration/pairs/world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace tandem_test {

namespace {

using ::testing::HasSubstr;

constexpr int writers = 4;
constexpr std::int64_t hot = 8; ///< items 1 to 8, which everybody writes

/// Hears whether the breaker is open.
class listener final : public logger {
public:
    void log(log_level, std::string_view message, std::span<const log_field>) noexcept override {
        if (message.find("breaker of the secondary opened") != message.npos) open = true;
        if (message.find("breaker of the secondary closed") != message.npos) open = false;
    }
    std::atomic<bool> open{false};
};

/// Threads that write hot keys and many others for as long as the object lives. Every call
/// has to succeed.
class running_writers {
public:
    explicit running_writers(process& p) {
        for (int t = 0; t < writers; ++t) {
            threads_.emplace_back([&p, t, this] {
                for (std::int64_t n = 0; !stop_; ++n) {
                    const auto changed = p.items.upsert({n % hot + 1, "hot", n % 1000});
                    EXPECT_TRUE(changed) << changed.error().full_message();
                    const std::int64_t cool = 1000 + (n * writers + t) % 400;
                    const auto added = p.items.upsert({cool, "cool", n % 100});
                    EXPECT_TRUE(added) << added.error().full_message();
                    written_ += 2;
                }
            });
        }
    }
    running_writers(const running_writers&) = delete;
    running_writers& operator=(const running_writers&) = delete;
    ~running_writers() {
        stop_ = true;
        for (auto& t : threads_)
            t.join();
    }
    /// Waits until so many more writes have succeeded.
    void wait_for(std::int64_t more) {
        const std::int64_t until = written_ + more;
        wait_until([&] { return written_ >= until; });
    }

private:
    std::atomic<bool> stop_{false};
    std::atomic<std::int64_t> written_{0};
    std::vector<std::thread> threads_;
};

class running_worker {
public:
    explicit running_worker(process& p, relay_options relay)
        : worker_(p.migration, {.relay = relay,
                                .idle_pause = milliseconds(1),
                                .trouble_pause_min = milliseconds(1),
                                .trouble_pause_max = milliseconds(20)}),
          thread_([this] { worker_.run(); }) {}
    running_worker(const running_worker&) = delete;
    running_worker& operator=(const running_worker&) = delete;
    ~running_worker() {
        worker_.stop();
        thread_.join();
    }

private:
    worker worker_;
    std::thread thread_;
};

class sick_server : public ::testing::Test {
protected:
    world w{kind::postgres, kind::postgres, true};
    listener heard;
    std::atomic<int> told{0};
    relay_options relay{.attempts_max = 3,
                        .retry_pause_min = milliseconds(1),
                        .retry_pause_max = milliseconds(5),
                        .batch_timeout = milliseconds(300)};

    sick_server() {
        w.options.log = &heard;
        w.options.sync_timeout = milliseconds(300);
        w.options.breaker.timeouts_in_a_row = 3;
        w.options.breaker.pause_min = milliseconds(20);
        w.options.breaker.pause_max = milliseconds(100);
        w.options.on_dead_letter = [this](const dead_letter&) { ++told; };
    }

    process& start_dual(secondary_mode mode = secondary_mode::async) {
        auto& p = w.start(mode);
        must(p.migration.forward());
        must(p.migration.backfill());
        return p;
    }
    static owed_stats owed(process& p) { return must(p.migration.status()).source.owed; }
    static void wait_until_delivered(process& p) {
        wait_until([&] { return owed(p).owed == 0; });
    }
    void hang_and_recover(secondary_mode mode) {
        auto& p = start_dual(mode);
        const running_worker background(p, relay);
        {
            running_writers traffic(p);
            traffic.wait_for(100);
            {
                const auto frozen = w.at(side::target).freeze();
                wait_until([&] { return heard.open.load(); });
                traffic.wait_for(400);
                EXPECT_TRUE(heard.open);
            }
            traffic.wait_for(100);
        }
        wait_until_delivered(p);
        EXPECT_FALSE(heard.open);
        w.expect_equal_sides();
        EXPECT_EQ(told, 0);
        EXPECT_TRUE(must(p.migration.verify()).is_clean());
        EXPECT_EQ(must(p.migration.forward()), phase::dual_new_primary);
    }
    /// The target takes no amount from 1000 on.
    void refuse_large_amounts() {
        w.at(side::target).execute("ALTER TABLE things ADD CONSTRAINT small CHECK (amount < 1000)");
    }
    void accept_large_amounts() {
        w.at(side::target).execute("ALTER TABLE things DROP CONSTRAINT small");
    }
    /// Item 500 is refused by the target and has become a dead letter, all others are delivered.
    process& start_with_dead_letter() {
        auto& p = start_dual();
        refuse_large_amounts();
        must(p.items.upsert({500, "poison", 5'000}));
        must(p.items.upsert({501, "fine", 5}));
        while (owed(p).dead == 0)
            must(p.migration.relay_once(relay));
        EXPECT_EQ(w.items_at(side::target).size(), 1u);
        return p;
    }
};

TEST_F(sick_server, that_hangs_costs_writers_nothing_and_gets_everything_when_it_goes_on) {
    hang_and_recover(secondary_mode::async);
}

TEST_F(sick_server, that_hangs_costs_sync_writers_nothing_and_gets_everything_when_it_goes_on) {
    hang_and_recover(secondary_mode::sync);
}

TEST_F(sick_server, that_refuses_one_row_gets_all_others_and_no_switch) {
    auto& p = start_dual();
    refuse_large_amounts();
    {
        const running_worker background(p, relay);
        running_writers traffic(p);
        must(p.items.upsert({500, "poison", 5'000}));
        wait_until([&] { return told > 0; });
        traffic.wait_for(200);
    }
    const running_worker background(p, relay);
    wait_until([&] { return owed(p).owed == 1; });
    EXPECT_EQ(owed(p).dead, 1);
    EXPECT_EQ(w.items_at(side::target).size() + 1, w.items_at(side::source).size());
    const auto refused = p.migration.forward();
    EXPECT_EQ(refused.error(), errc::dead_letters);
    EXPECT_THAT(std::string(refused.error().detail()), HasSubstr("1 changes"));
}

TEST_F(sick_server, whose_dead_letter_is_in_the_way_is_switched_to_when_it_was_retried) {
    auto& p = start_with_dead_letter();
    EXPECT_EQ(owed(p).owed, 1);
    const auto refused = p.migration.forward();
    EXPECT_EQ(refused.error(), errc::dead_letters);
    EXPECT_THAT(std::string(refused.error().detail()), HasSubstr("1 changes"));
    const auto letters = must(p.migration.dead_letters());
    ASSERT_EQ(letters.size(), 1u);
    EXPECT_EQ(letters[0].key, id_of(500).encoded);
    EXPECT_EQ(letters[0].attempts, 3);
    EXPECT_EQ(told, 1);

    EXPECT_EQ(must(p.migration.retry_dead_letters(letters)), 1);
    while (owed(p).dead == 0)
        must(p.migration.relay_once(relay));
    accept_large_amounts();
    EXPECT_EQ(must(p.migration.retry_dead_letters()), 1);
    EXPECT_EQ(must(p.migration.forward()), phase::dual_new_primary);
    w.expect_equal_sides();
}

TEST_F(sick_server, whose_dead_letter_was_dropped_is_switched_to_after_a_clean_verify) {
    auto& p = start_with_dead_letter();
    EXPECT_EQ(must(p.migration.drop_dead_letters(must(p.migration.dead_letters()), "given up")), 1);
    EXPECT_EQ(owed(p).owed, 0);
    EXPECT_EQ(p.migration.forward().error(), errc::dirty);
    const auto found = must(p.migration.verify());
    EXPECT_EQ(found.missing, 1);
    EXPECT_EQ(found.named.at(0).key, id_of(500).encoded);
    EXPECT_EQ(p.migration.forward().error(), errc::dirty);

    accept_large_amounts();
    must(p.migration.backfill());
    EXPECT_EQ(must(p.migration.verify()).cleared, 1);
    EXPECT_EQ(must(p.migration.forward()), phase::dual_new_primary);
    w.expect_equal_sides();
}

TEST_F(sick_server, that_took_a_newer_version_of_the_row_ends_its_dead_letter) {
    auto& p = start_with_dead_letter();
    must(p.items.upsert({500, "cured", 7}));
    while (owed(p).owed > 0)
        must(p.migration.relay_once(relay));
    EXPECT_TRUE(must(p.migration.dead_letters()).empty());
    EXPECT_EQ(must(p.migration.forward()), phase::dual_new_primary);
    w.expect_equal_sides();
}

TEST_F(sick_server, compared_beside_writers_shows_no_difference_that_is_none) {
    auto& p = start_dual();
    const running_worker background(p, relay);
    running_writers traffic(p);
    traffic.wait_for(400);
    for (int i = 0; i < 3; ++i) {
        const auto report = must(p.migration.verify({.chunk_rows = 50}));
        EXPECT_TRUE(report.is_clean()) << report.missing << ' ' << report.extra << ' '
                                       << report.mismatched << ' ' << report.unsettled;
        EXPECT_GT(report.rows, 100);
    }
}

TEST_F(sick_server, that_lost_a_row_past_tandem_is_found_beside_writers) {
    auto& p = start_dual();
    must(p.items.upsert({500, "lost", 1}));
    deliver_all(p);
    w.at(side::target).execute("DELETE FROM things WHERE thing_id = 500");
    w.at(side::target).execute("INSERT INTO things(thing_id, label, amount) VALUES(501, 'x', 1)");
    const running_worker background(p, relay);
    running_writers traffic(p);
    traffic.wait_for(100);
    const auto report = must(p.migration.verify({.chunk_rows = 50}));
    EXPECT_EQ(report.missing, 1);
    EXPECT_EQ(report.extra, 1);
    EXPECT_EQ(report.mismatched, 0);
}

} // namespace

} // namespace tandem_test
