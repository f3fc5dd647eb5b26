// SPDX-License-Identifier: BSL-1.0
//
// Two processes write with several threads while a third walks the phases forth and back; what they
// were told is compared with what the authority holds, and with the other side.
#include "tandem/worker.hpp"

#include "integration/pairs/world.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <set>
#include <thread>

namespace tandem_test {

namespace {

constexpr int writers = 4;
constexpr std::int64_t hot = 4; ///< items 1 to 4: counters that everybody increments

/// What one thread was told. Constant once it has ended.
struct told {
    std::array<std::int64_t, hot> at_least{}; ///< increments acknowledged
    std::array<std::int64_t, hot> at_most{};  ///< and those of unknown outcome
    std::set<std::int64_t> there;             ///< written once and acknowledged
    std::set<std::int64_t> gone;              ///< deleted for ever and acknowledged
    std::set<std::int64_t> unknown;
    std::int64_t refused = 0; ///< retryable errors: nothing happened
};

class traffic {
public:
    traffic(process& p, int thread) : p_(p), thread_(thread) {}

    void run(const std::atomic<bool>& stop) {
        for (std::int64_t n = 0; !stop; ++n) {
            increment(n % hot);
            const std::int64_t key = 1000 + n * writers + thread_;
            const auto written = p_.items.insert({key, "once", key});
            note(written, key, heard_.there);
            if (!written || n % 3 != 0) continue;
            const auto erased = p_.items.erase(key);
            if (erased || erased.error() == errc_condition::outcome_unknown)
                heard_.there.erase(key);
            note(erased, key, heard_.gone);
        }
    }
    const told& heard() const { return heard_; }

private:
    template <class T>
    void note(const result<T>& r, std::int64_t key, std::set<std::int64_t>& into) {
        if (r) {
            into.insert(key);
        } else if (r.error() == errc_condition::outcome_unknown) {
            heard_.unknown.insert(key);
        } else {
            EXPECT_EQ(r.error(), errc_condition::retryable) << r.error().full_message();
            ++heard_.refused;
        }
    }
    void increment(std::int64_t which) {
        const auto r = tandem_test::increment(p_, which + 1);
        const bool unknown = !r && r.error() == errc_condition::outcome_unknown;
        const auto at = static_cast<std::size_t>(which);
        heard_.at_least[at] += r ? 1 : 0;
        heard_.at_most[at] += r || unknown ? 1 : 0;
        if (!r && !unknown) {
            EXPECT_EQ(r.error(), errc_condition::retryable) << r.error().full_message();
            ++heard_.refused;
        }
    }

    process& p_;
    int thread_;
    told heard_;
};

class traffic_over_stores : public ::testing::TestWithParam<kinds_of_pair> {
protected:
    world w{GetParam().source, GetParam().target};
    std::vector<std::unique_ptr<traffic>> all;
    process* watcher = nullptr;

    void expect_what_was_told() {
        const auto held = w.items_at(primary_of(w.phase_now()));
        std::array<std::int64_t, hot> least{};
        std::array<std::int64_t, hot> most{};
        for (const auto& t : all) {
            for (std::size_t i = 0; i < hot; ++i) {
                least[i] += t->heard().at_least[i];
                most[i] += t->heard().at_most[i];
            }
            for (const auto key : t->heard().there)
                EXPECT_TRUE(held.contains(key)) << "item " << key << " is lost";
            for (const auto key : t->heard().gone)
                EXPECT_FALSE(held.contains(key)) << "item " << key << " came back";
        }
        for (std::size_t i = 0; i < hot; ++i) {
            const auto amount = held.at(static_cast<std::int64_t>(i) + 1).amount;
            EXPECT_GE(amount, least[i]);
            EXPECT_LE(amount, most[i]);
        }
    }
    /// Every thread has written something since.
    void let_them_write() {
        const auto total = [&] {
            std::int64_t sum = 0;
            for (std::int64_t n = 1; n <= hot; ++n)
                sum += must(watcher->items.get(n)).value().amount;
            return sum;
        };
        const auto before = total();
        wait_until([&] { return total() >= before + 3 * writers; });
    }
};

TEST_P(traffic_over_stores, two_processes_lose_nothing_while_the_phases_change) {
    auto& operator_ = w.start();
    watcher = &operator_;
    for (std::int64_t n = 1; n <= hot; ++n)
        must(operator_.items.insert({n, "counter", 0}));
    auto& one = w.start();
    auto& two = w.start(secondary_mode::sync);
    tandem::worker relay(one.migration,
                         {.idle_pause = milliseconds(1), .purge_every = milliseconds(20)});
    std::atomic<bool> stop{false};
    std::vector<std::jthread> threads;
    for (int t = 0; t < writers; ++t) {
        all.push_back(std::make_unique<traffic>(t % 2 == 0 ? one : two, t));
        threads.emplace_back([mine = all.back().get(), &stop] { mine->run(stop); });
    }
    threads.emplace_back([&] { relay.run(); });

    const auto walk = [&](auto move) {
        let_them_write();
        const auto reached = move();
        EXPECT_TRUE(reached) << reached.error().full_message();
    };
    auto& m = operator_.migration;
    const switch_options patient{.owed_max = 100'000};
    walk([&] { return m.forward(); });
    walk([&] { return m.backfill({.chunk_rows = 20}); });
    walk([&] { return m.forward(patient); });
    walk([&] { return m.backward(patient); });
    walk([&] { return m.forward(patient); });
    walk([&] { return m.forward(); });
    walk([&] { return m.backward(); });
    walk([&] { return m.backfill({.chunk_rows = 20}); });
    walk([&] { return m.backward(patient); });
    let_them_write();
    stop = true;
    for (int t = 0; t < writers; ++t)
        threads[static_cast<std::size_t>(t)].join();
    relay.stop();
    threads.back().join();

    expect_what_was_told();
    must(operator_.migration.housekeeping());
    deliver_all(operator_);
    w.expect_equal_sides();
    EXPECT_EQ(w.owed_at(side::source), 0);
    EXPECT_EQ(w.owed_at(side::target), 0);
    EXPECT_EQ(w.phase_now(), phase::dual_old_primary);
}

INSTANTIATE_TEST_SUITE_P(pairs, traffic_over_stores, ::testing::ValuesIn(real_pairs()),
                         pair_name<::testing::TestParamInfo<kinds_of_pair>>);
INSTANTIATE_TEST_SUITE_P(behind_a_pooler, traffic_over_stores, ::testing::ValuesIn(pooled_pairs()),
                         pair_name<::testing::TestParamInfo<kinds_of_pair>>);

} // namespace

} // namespace tandem_test
