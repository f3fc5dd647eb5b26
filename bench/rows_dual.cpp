// SPDX-License-Identifier: BSL-1.0
//
// Dual writes as the caller feels them, batches of applies, and the stall of a switch.

#include "tandem/worker.hpp"

#include "report.hpp"
#include "rivals.hpp"
#include "rows.hpp"
#include "world.hpp"

#include <atomic>
#include <mutex>
#include <thread>

namespace bench {
namespace {

/// A worker on a thread of its own.
class running_worker {
public:
    explicit running_worker(tandem::migration& m)
        : worker_(m), thread_([this] { worker_.run(); }) {}
    running_worker(const running_worker&) = delete;
    running_worker& operator=(const running_worker&) = delete;
    ~running_worker() {
        worker_.stop();
        thread_.join();
    }

private:
    tandem::worker worker_;
    std::thread thread_;
};

std::vector<keys> streams_of(int threads) {
    std::vector<keys> out;
    for (int t = 0; t < threads; ++t)
        out.emplace_back(t);
    return out;
}

cell through_tandem(const users_router& users, int threads, seconds length) {
    auto streams = streams_of(threads);
    return run_for(length, threads, [&](int t, std::int64_t n) {
        return users.upsert(make_user(streams[static_cast<std::size_t>(t)].next(), n)).has_value();
    });
}

/// The secondary has what the primary committed.
void drain(tandem::migration& m) {
    while (must(m.status()).source.owed.owed > 0)
        std::this_thread::yield();
}

line latency_line(std::string what, const rounds& r, double most) {
    std::vector<double> mine, theirs;
    for (const auto& c : r.tandem)
        mine.push_back(c.percentile_us(0.5));
    for (const auto& c : r.rival)
        theirs.push_back(c.percentile_us(0.5));
    return {.what = std::move(what),
            .tandem = time_text(spread_of(mine).median),
            .rival = time_text(spread_of(theirs).median),
            .figure = r.p50_ratio(),
            .against = {bar::side::at_most, most}};
}

} // namespace

void measure_async(world& w, const effort& e) {
    for (const int threads : {1, 8}) {
        const std::string table = "async" + std::to_string(threads);
        w.make_table(table);
        w.make_table(table + "_plain", true);
        moving m = w.start({.table = table});
        m.go_to(tandem::phase::dual_old_primary);
        plain_dao old(w.source(), table + "_plain", threads);
        const std::string tail =
            ", " + std::to_string(threads) + (threads == 1 ? " thread" : " threads");
        const auto dual = [&] {
            cell c;
            {
                const running_worker relaying(*m.migration);
                c = through_tandem(*m.users, threads, e.cell);
                drain(*m.migration);
            }
            return c;
        };
        print(latency_line("dual write, async: p50 against old-only" + tail,
                           interleave(e.rounds, dual,
                                      [&] {
                                          auto s = streams_of(threads);
                                          return run_for(
                                              e.cell, threads, [&](int t, std::int64_t n) {
                                                  auto& k = s[static_cast<std::size_t>(t)];
                                                  return old.upsert(t, make_user(k.next(), n));
                                              });
                                      }),
                           threads == 1 ? 1.10 : 1.15));
        plain_dao a(w.source(), table + "_plain", threads);
        plain_dao b(w.target(), table + "_plain", threads);
        print(latency_line("dual write, async: p50 against A-then-B" + tail,
                           interleave(e.rounds, dual,
                                      [&] {
                                          auto s = streams_of(threads);
                                          return run_for(
                                              e.cell, threads, [&](int t, std::int64_t n) {
                                                  auto& k = s[static_cast<std::size_t>(t)];
                                                  const user u = make_user(k.next(), n);
                                                  return a.upsert(t, u) && b.upsert(t, u);
                                              });
                                      }),
                           1.0));
    }
}

void measure_sync(world& w, const effort& e) {
    for (const int threads : {1, 8}) {
        const std::string table = "sync" + std::to_string(threads);
        w.make_table(table);
        w.make_table(table + "_plain", true);
        moving m = w.start({.table = table, .mode = tandem::secondary_mode::sync});
        m.go_to(tandem::phase::dual_old_primary);
        plain_dao a(w.source(), table + "_plain", threads);
        plain_dao b(w.target(), table + "_plain", threads);
        const auto r = interleave(
            e.rounds,
            [&] {
                const cell c = through_tandem(*m.users, threads, e.cell);
                must(m.migration->housekeeping());
                w.at_source("truncate tandem_outbox");
                return c;
            },
            [&] {
                auto s = streams_of(threads);
                return run_for(e.cell, threads, [&](int t, std::int64_t n) {
                    const user u = make_user(s[static_cast<std::size_t>(t)].next(), n);
                    return a.upsert(t, u) && b.upsert(t, u);
                });
            });
        print(latency_line("dual write, sync: p50 against A-then-B, " + std::to_string(threads) +
                               (threads == 1 ? " thread" : " threads"),
                           r, 1.10));
    }
}

void measure_apply(world& w, const effort& e) {
    w.make_table("applied");
    w.make_table("applied_plain", true);
    moving m = w.start({.table = "applied"});
    m.go_to(tandem::phase::dual_old_primary);
    const auto epoch = must(m.migration->status()).source.fence.epoch;
    const auto codec = tandem::codec_for(mapping("applied"));
    plain_dao blocking(w.target(), "applied_plain", 1, true);
    std::int64_t utime = 0;
    tandem::version next{(epoch << tandem::epoch_shift) + 1};
    struct batch_bar {
        int rows;
        double ratio;
    };
    for (const batch_bar wanted : {batch_bar{100, 13}, batch_bar{1000, 17}}) {
        const int batch = wanted.rows;
        keys k(batch);
        const auto apply_batch = [&] {
            std::vector<tandem::change> changes;
            const std::int64_t first = k.next() % (table_rows - batch);
            for (int i = 0; i < batch; ++i) {
                tandem::change c;
                c.image = must(codec.to_row(make_user(first + i + 1, utime)));
                c.key = must(codec.to_key(first + i + 1)).encoded;
                c.version = next;
                c.epoch = epoch;
                changes.push_back(std::move(c));
            }
            ++next.value;
            return m.target->apply(changes, {}).has_value();
        };
        const auto r = interleave(
            e.rounds,
            [&] {
                cell c = run_for(e.cell, 1, [&](int, std::int64_t) { return apply_batch(); });
                c.operations *= batch;
                return c;
            },
            [&] {
                return run_for(e.cell, 1, [&](int t, std::int64_t) {
                    return blocking.upsert(t, make_user(k.next(), ++utime));
                });
            });
        print({.what =
                   "guarded applies, batches of " + std::to_string(batch) + " (rival: one by one)",
               .tandem = rate_text(r.rates(true).median),
               .rival = rate_text(r.rates(false).median),
               .figure = r.rate_ratio(),
               .against = {bar::side::at_least, wanted.ratio}});
    }
}

void measure_switch(world& w, const effort& e) {
    for (const int buckets : {1, 1024}) {
        const std::string table = "switched" + std::to_string(buckets);
        w.make_table(table);
        moving m = w.start({.table = table, .buckets = buckets});
        m.go_to(tandem::phase::dual_old_primary);
        const running_worker relaying(*m.migration);
        std::atomic<bool> stop{false};
        std::atomic<std::int64_t> failures{0};
        // The longest write of each switch: what a caller feels of it.
        std::atomic<std::uint32_t> longest{0};
        std::vector<std::thread> writers;
        for (int t = 0; t < 8; ++t) {
            writers.emplace_back([&, t] {
                keys k(t);
                for (std::int64_t n = 0; !stop; ++n) {
                    const auto before = std::chrono::steady_clock::now();
                    if (!m.users->upsert(make_user(k.next(), n))) ++failures;
                    const auto took = static_cast<std::uint32_t>(
                        std::chrono::duration_cast<std::chrono::microseconds>(
                            std::chrono::steady_clock::now() - before)
                            .count());
                    auto seen = longest.load();
                    while (seen < took && !longest.compare_exchange_weak(seen, took)) {
                    }
                }
            });
        }
        std::vector<double> stalls_ms, calm_ms;
        const int switches = e.rounds * 4;
        for (int i = 0; i < switches; ++i) {
            longest = 0;
            std::this_thread::sleep_for(std::chrono::milliseconds(60));
            calm_ms.push_back(longest.exchange(0) / 1000.0);
            const tandem::switch_options now{.owed_max = 1'000'000};
            (void)must(i % 2 == 0 ? m.migration->forward(now) : m.migration->backward(now));
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
            stalls_ms.push_back(longest.load() / 1000.0);
        }
        stop = true;
        for (auto& t : writers)
            t.join();
        const spread stall = spread_of(stalls_ms);
        char calm[48];
        std::snprintf(calm, sizeof calm, "calm %.1f ms", spread_of(calm_ms).median);
        print({.what = "switch under 8 writers, " + std::to_string(buckets) +
                       (buckets == 1 ? " bucket" : " buckets") + ": longest write",
               .tandem = std::to_string(switches) + " switches",
               .rival = calm,
               .figure = {stall.high, stall.low, stall.high},
               .against = {bar::side::at_most, 20},
               .unit = " ms"});
        const auto failed = static_cast<double>(failures.load());
        print({.what = "switch under 8 writers: failed requests",
               .tandem = "",
               .rival = "",
               .figure = {failed, failed, failed},
               .against = {bar::side::at_most, 0},
               .unit = ""});
    }
}

} // namespace bench
