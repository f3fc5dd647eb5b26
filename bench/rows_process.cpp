// SPDX-License-Identifier: BSL-1.0
//
// Costs inside the process: the routing decision, and the plain DAO of idle and retired.

#include "tandem/core/key.hpp"
#include "tandem/engine/routing.hpp"
#include "tandem/factory.hpp"

#include "report.hpp"
#include "rivals.hpp"
#include "rows.hpp"
#include "world.hpp"

#include <benchmark/benchmark.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <new>

namespace {

std::atomic<std::int64_t> allocations{0};

} // namespace

// Counted, so that "no allocation" is a figure.
void* operator new(std::size_t size) {
    allocations.fetch_add(1, std::memory_order_relaxed);
    if (void* p = std::malloc(size)) return p;
    throw std::bad_alloc();
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }

namespace bench {

void measure_routing(world&, const effort& e) {
    constexpr std::int64_t times = 2'000'000;
    tandem::route_table table(1);
    table.learn(0, {3, tandem::phase::dual_old_primary});
    const std::string encoded("\0\0\0\1"
                              "7",
                              5);
    // What a call does before and after it talks to the store: bucket, belief, machine, outcome.
    const auto decide = [&] {
        for (std::int64_t i = 0; i < times; ++i) {
            tandem::routing_machine machine(table.find(tandem::bucket_of(encoded, 1)),
                                            tandem::routing_machine::needs::writable);
            auto action = machine.resume(tandem::routing_machine::begin{});
            benchmark::DoNotOptimize(action);
            action = machine.resume(tandem::routing_machine::accepted{});
            benchmark::DoNotOptimize(action);
            benchmark::DoNotOptimize(machine.at());
        }
    };
    // What it is held against: one load of a shared, swapped configuration.
    std::atomic<std::shared_ptr<int>> shared(std::make_shared<int>(1));
    const auto load = [&] {
        for (std::int64_t i = 0; i < times; ++i)
            benchmark::DoNotOptimize(shared.load());
    };
    const auto r = interleave(
        e.rounds, [&] { return run_times(times, decide); }, [&] { return run_times(times, load); });
    std::vector<double> ns;
    for (const auto& c : r.tandem)
        ns.push_back(1e9 / c.rate());
    print({.what = "routing decision (rival: one atomic<shared_ptr> load)",
           .tandem = time_text(1e6 / r.rates(true).median),
           .rival = time_text(1e6 / r.rates(false).median),
           .figure = spread_of(ns),
           .against = {bar::side::at_most, 25},
           .unit = " ns"});
    const std::int64_t before = allocations.load();
    decide();
    const double counted = static_cast<double>(allocations.load() - before);
    print({.what = "routing decision: allocations",
           .tandem = "",
           .rival = "",
           .figure = {counted, counted, counted},
           .against = {bar::side::at_most, 0},
           .unit = ""});
}

void measure_idle(world& w, const effort& e) {
    w.make_table("idle_users");
    const auto plain = std::make_unique<plain_dao>(w.source(), "idle_users", 1);
    const auto make = [&] {
        return std::unique_ptr<plain_dao>(new plain_dao(w.source(), "idle_users", 1));
    };
    const auto never = [] { return std::unique_ptr<plain_dao>(); };
    const auto chosen = tandem::make_dao<plain_dao>(tandem::lifecycle::idle, make, never, never);
    keys a(1), b(1);
    const auto r = interleave(
        e.rounds,
        [&] {
            return run_for(e.cell, 1, [&](int t, std::int64_t n) {
                return chosen->upsert(t, make_user(a.next(), n));
            });
        },
        [&] {
            return run_for(e.cell, 1, [&](int t, std::int64_t n) {
                return plain->upsert(t, make_user(b.next(), n));
            });
        });
    print({.what = "idle: the factory's plain DAO, upsert, 1 thread",
           .tandem = rate_text(r.rates(true).median),
           .rival = rate_text(r.rates(false).median),
           .figure = r.rate_ratio(),
           .against = {bar::side::at_least, 0.99}});
}

} // namespace bench
