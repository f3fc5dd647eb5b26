// SPDX-License-Identifier: BSL-1.0
//
// The worker of a keyed migration, with real clock and threads.
#include "tandem/keyed_worker.hpp"

#include "world.hpp"

#include <thread>

namespace tandem_test {
namespace {

class keyed_work : public keyed_fixture {
protected:
    /// Runs a worker on two threads until `done` says yes.
    template <class F>
    void work_until(keyed_worker& w, F&& done) {
        std::thread one([&] { w.run(); }), two([&] { w.run(); });
        const auto end = tandem::monotonic_now() + std::chrono::seconds(60);
        while (!done() && tandem::monotonic_now() < end)
            std::this_thread::yield();
        w.stop();
        one.join();
        two.join();
        EXPECT_TRUE(done());
    }
};
INSTANTIATE_TEST_SUITE_P(targets, keyed_work, ::testing::ValuesIn(kinds()),
                         [](const auto& param) { return to_string(param.param); });

TEST_P(keyed_work, delivers_what_is_owed_until_it_is_stopped) {
    go_dual();
    for (int i = 1; i < 20; ++i)
        must(p->items.put({i, "row", i}));
    keyed_worker w(p->migration);
    work_until(w, [&] { return p->intents.stats().owed == 0; });
    expect_same();
    EXPECT_GE(w.counts().settled, 20);
    EXPECT_GE(w.counts().passes, 1);
}

TEST_P(keyed_work, reports_and_marks_what_others_lost) {
    go_dual();
    must(other().items.put({7, "elsewhere", 7}));
    other().target.end_leases(true);
    must(other().migration.housekeeping());
    second.reset();
    keyed_worker w(p->migration, {.housekeeping_every = milliseconds(1)});
    work_until(w, [&] { return !must(p->migration.status()).synced; });
}

TEST_P(keyed_work, purges_the_tombstones_of_the_target) {
    go_dual();
    must(p->items.erase(0));
    p->relay();
    const auto tombstones = [&] {
        return must(p->target.tombstones(0, {}, 10, soon())).tombstones.size();
    };
    ASSERT_EQ(tombstones(), 1u);
    keyed_worker w(p->migration, {.purge_every = milliseconds(1)});
    work_until(w, [&] { return tombstones() == 0; });
}

TEST_P(keyed_work, goes_on_after_the_target_was_down) {
    go_dual();
    must(p->items.put({1, "one", 1}));
    p->target.set_down(true);
    keyed_worker w(p->migration,
                   {.trouble_pause_min = milliseconds(1), .trouble_pause_max = milliseconds(5)});
    work_until(w, [&] {
        if (w.counts().failed_passes > 0) p->target.set_down(false);
        return w.counts().failed_passes > 0 && p->intents.stats().owed == 0;
    });
    expect_same();
}

TEST_P(keyed_work, ends_when_the_migration_is_closed) {
    keyed_worker w(p->migration);
    std::thread runs([&] { w.run(); });
    must(p->migration.close());
    runs.join();
    EXPECT_EQ(p->intents.stats().owed, 0);
}

} // namespace
} // namespace tandem_test
