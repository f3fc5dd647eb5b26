// SPDX-License-Identifier: BSL-1.0
//
// Writers with faults, two processes with a spool each, eras that begin and end, and a process that
// is restarted: in the end both sides are the same.
#include "world.hpp"

#include <random>
#include <thread>

namespace tandem_test {
namespace {

class keyed_traffic : public ::testing::TestWithParam<kind> {};
INSTANTIATE_TEST_SUITE_P(targets, keyed_traffic, ::testing::ValuesIn(kinds()),
                         [](const auto& param) { return to_string(param.param); });

constexpr int processes = 2;
constexpr int writes = 150;
constexpr std::int64_t keys = 12;

/// Every fourth write fails in one of the ways that a source has.
void write_some(keyed_world& world, keyed_process& p, unsigned seed) {
    std::minstd_rand draw(seed);
    for (int n = 0; n < writes; ++n) {
        const auto id = static_cast<std::int64_t>(draw() % keys);
        if (draw() % 4 == 0) world.source.fail_next(static_cast<write_fault>(draw() % 4));
        if (draw() % 3 == 0) {
            (void)p.items.erase(id);
        } else {
            (void)p.items.put({id, "n" + std::to_string(n), n});
        }
        if (draw() % 8 == 0) world.source.land_late();
        if (draw() % 5 == 0) (void)p.migration.relay_once();
    }
}

TEST_P(keyed_traffic, both_sides_are_the_same_when_nothing_is_owed) {
    keyed_world world(GetParam());
    spool_place places[processes];
    std::vector<std::unique_ptr<keyed_process>> all;
    for (const auto& place : places)
        all.push_back(world.start(place));
    std::vector<std::thread> writers;
    for (unsigned i = 0; i < processes; ++i)
        writers.emplace_back([&, i] { write_some(world, *all[i], 4711 + i); });
    // Beside them: an era that is left, and one that stays.
    must(all[0]->migration.forward());
    (void)all[0]->migration.backfill({.chunk_rows = 3});
    must(all[1]->migration.backward());
    must(all[1]->migration.forward({.allow_truncate = true}));
    must(all[0]->migration.backfill({.chunk_rows = 3}));
    for (auto& w : writers)
        w.join();
    all[1].reset();
    all[1] = world.start(places[1]);
    world.source.land_late();
    world.clock->advance(late_limit);
    for (auto& p : all) {
        p->relay();
        EXPECT_EQ(p->owed(), 0);
    }
    EXPECT_TRUE(must(all[0]->migration.status()).synced);
    EXPECT_EQ(world.at_source(*all[0]), world.at_target(*all[0]));
    EXPECT_FALSE(world.at_source(*all[0]).empty());
}

} // namespace
} // namespace tandem_test
