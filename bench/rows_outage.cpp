// SPDX-License-Identifier: BSL-1.0
//
// The secondary's server hangs: what the writers feel of it, and how fast what they left is
// delivered when it goes on.

#include "tandem/core/log.hpp"
#include "tandem/worker.hpp"

#include "report.hpp"
#include "rows.hpp"
#include "world.hpp"

#include <atomic>
#include <thread>

namespace bench {
namespace {

constexpr int writers = 8;

class listener final : public tandem::logger {
public:
    void log(tandem::log_level, std::string_view message,
             std::span<const tandem::log_field>) noexcept override {
        if (message.find("breaker of the secondary opened") != message.npos) open = true;
        if (message.find("breaker of the secondary closed") != message.npos) open = false;
    }
    void wait_until(bool is_open) const {
        while (open != is_open)
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    std::atomic<bool> open{false};
};

/// A worker that notices soon, so that the rounds stay short.
class impatient_worker {
public:
    explicit impatient_worker(tandem::migration& m)
        : worker_(m, {.relay = {.batch_timeout = tandem::milliseconds(1'000)},
                      .trouble_pause_min = tandem::milliseconds(10),
                      .trouble_pause_max = tandem::milliseconds(20)}),
          thread_([this] { worker_.run(); }) {}
    impatient_worker(const impatient_worker&) = delete;
    impatient_worker& operator=(const impatient_worker&) = delete;
    ~impatient_worker() {
        worker_.stop();
        thread_.join();
    }

private:
    tandem::worker worker_;
    std::thread thread_;
};

cell write_for(const users_router& users, seconds length) {
    std::vector<keys> streams;
    for (int t = 0; t < writers; ++t)
        streams.emplace_back(t);
    return run_for(length, writers, [&](int t, std::int64_t n) {
        return users.upsert(make_user(streams[static_cast<std::size_t>(t)].next(), n)).has_value();
    });
}

std::int64_t owed(tandem::migration& m) { return must(m.status()).source.owed.owed; }

void drain(tandem::migration& m) {
    while (owed(m) > 0)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

/// One outage: writes before it, writes in it, and the delivery of what it left.
struct outage {
    cell before, during;
    double drained_per_second = 0;
};

outage one_outage(world& w, moving& m, const listener& heard, const effort& e) {
    outage out;
    {
        const impatient_worker background(*m.migration);
        out.before = write_for(*m.users, e.cell);
        drain(*m.migration);
        w.pause_target();
        while (!heard.open)
            (void)write_for(*m.users, seconds(0.05));
        out.during = write_for(*m.users, e.cell);
        w.resume_target();
        heard.wait_until(false);
        drain(*m.migration);
    }
    // The drain alone: nobody delivers while the writers write.
    const cell left = write_for(*m.users, e.cell);
    const std::int64_t changes = owed(*m.migration);
    const cell drained = run_times(changes, [&] {
        const impatient_worker background(*m.migration);
        drain(*m.migration);
    });
    out.drained_per_second = drained.rate() / left.rate();
    return out;
}

} // namespace

void measure_outage(world& w, const effort& e) {
    w.make_table("outage");
    listener heard;
    moving m = w.start({.table = "outage",
                        .breaker = {.timeouts_in_a_row = 1,
                                    .pause_min = tandem::milliseconds(100),
                                    .pause_max = tandem::milliseconds(500)},
                        .log = &heard});
    m.go_to(tandem::phase::dual_old_primary);
    std::vector<double> slower, before_us, during_us, drains;
    std::int64_t failures = 0;
    for (int i = 0; i < e.rounds + 1; ++i) {
        const outage one = one_outage(w, m, heard, e);
        failures += one.before.failures + one.during.failures;
        if (i == 0) continue; // warm-up
        before_us.push_back(one.before.percentile_us(0.99));
        during_us.push_back(one.during.percentile_us(0.99));
        slower.push_back(during_us.back() / before_us.back());
        drains.push_back(one.drained_per_second);
    }
    print({.what = "async write, secondary hangs: p99 against before, 8 threads",
           .tandem = time_text(spread_of(during_us).median),
           .rival = time_text(spread_of(before_us).median),
           .figure = spread_of(slower),
           .against = {bar::side::at_most, 1.20}});
    print({.what = "delivery of what an outage left, against its arrival",
           .tandem = "",
           .rival = "",
           .figure = spread_of(drains),
           .against = {bar::side::at_least, 3}});
    const auto failed = static_cast<double>(failures);
    print({.what = "writes before and in an outage: failed",
           .tandem = "",
           .rival = "",
           .figure = {failed, failed, failed},
           .against = {bar::side::at_most, 0},
           .unit = ""});
}

} // namespace bench
