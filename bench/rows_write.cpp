// SPDX-License-Identifier: BSL-1.0
//
// Single writes and reads at the primary, against the bare statement.

#include "report.hpp"
#include "rivals.hpp"
#include "rows.hpp"
#include "world.hpp"

namespace bench {
namespace {

struct case_of {
    const char* what;
    const char* table;
    bool deletes;
    int threads;
    double bar;
};

cell upserts(const users_router& users, int threads, seconds length) {
    std::vector<keys> streams;
    for (int t = 0; t < threads; ++t)
        streams.emplace_back(t);
    return run_for(length, threads, [&](int t, std::int64_t n) {
        return users.upsert(make_user(streams[static_cast<std::size_t>(t)].next(), n)).has_value();
    });
}

cell upserts(plain_dao& dao, int threads, seconds length) {
    std::vector<keys> streams;
    for (int t = 0; t < threads; ++t)
        streams.emplace_back(t);
    return run_for(length, threads, [&](int t, std::int64_t n) {
        return dao.upsert(t, make_user(streams[static_cast<std::size_t>(t)].next(), n));
    });
}

void measure(world& w, const effort& e, const case_of& c, tandem::phase where) {
    const std::string plain = std::string(c.table) + "_plain";
    w.make_table(c.table);
    w.make_table(plain);
    moving m = w.start({.table = c.table, .deletes = c.deletes});
    m.go_to(where);
    plain_dao dao(w.source(), plain, c.threads);
    const bool dual = tandem::is_dual(where);
    const auto r = interleave(
        e.rounds,
        [&] {
            // Nobody relays here: what is measured is the write alone.
            if (dual) w.at_source("truncate tandem_outbox");
            return upserts(*m.users, c.threads, e.cell);
        },
        [&] { return upserts(dao, c.threads, e.cell); });
    print({.what = c.what,
           .tandem = rate_text(r.rates(true).median),
           .rival = rate_text(r.rates(false).median),
           .figure = r.rate_ratio(),
           .against = {bar::side::at_least, c.bar}});
}

} // namespace

void measure_fenced_writes(world& w, const effort& e) {
    using tandem::phase;
    measure(w, e, {"old_only upsert, deletes=never, 1 thread", "fn1", false, 1, 0.97},
            phase::old_only);
    measure(w, e, {"old_only upsert, deletes=never, 8 threads", "fn8", false, 8, 0.94},
            phase::old_only);
    measure(w, e, {"old_only upsert, deletes allowed, 1 thread", "fd1", true, 1, 0.97},
            phase::old_only);
    measure(w, e, {"old_only upsert, deletes allowed, 8 threads", "fd8", true, 8, 0.90},
            phase::old_only);
}

void measure_intents(world& w, const effort& e) {
    using tandem::phase;
    measure(w, e, {"+ intent (dual), deletes=never, 1 thread", "in1", false, 1, 0.95},
            phase::dual_old_primary);
    measure(w, e, {"+ intent (dual), deletes=never, 8 threads", "in8", false, 8, 0.86},
            phase::dual_old_primary);
    measure(w, e, {"+ intent (dual), deletes allowed, 1 thread", "id1", true, 1, 0.95},
            phase::dual_old_primary);
    measure(w, e, {"+ intent (dual), deletes allowed, 8 threads", "id8", true, 8, 0.80},
            phase::dual_old_primary);
}

void measure_get(world& w, const effort& e) {
    for (const int threads : {1, 8}) {
        const std::string table = "get" + std::to_string(threads);
        w.make_table(table);
        moving m = w.start({.table = table});
        plain_dao dao(w.source(), table, threads);
        std::vector<keys> mine, theirs;
        for (int t = 0; t < threads; ++t) {
            mine.emplace_back(t);
            theirs.emplace_back(t);
        }
        const auto r = interleave(
            e.rounds,
            [&] {
                return run_for(e.cell, threads, [&](int t, std::int64_t) {
                    const auto found = m.users->get(mine[static_cast<std::size_t>(t)].next());
                    return found.has_value() && found.value().has_value();
                });
            },
            [&] {
                return run_for(e.cell, threads, [&](int t, std::int64_t) {
                    return dao.find(t, theirs[static_cast<std::size_t>(t)].next()).has_value();
                });
            });
        print({.what = "one-row get with the fence, " + std::to_string(threads) +
                       (threads == 1 ? " thread" : " threads"),
               .tandem = rate_text(r.rates(true).median),
               .rival = rate_text(r.rates(false).median),
               .figure = r.rate_ratio(),
               .against = {bar::side::at_least, 0.95}});
    }
}

} // namespace bench
