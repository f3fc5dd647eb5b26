// SPDX-License-Identifier: BSL-1.0
#include "fixture.hpp"

namespace tandem_test {

process& counterexample::begin_synced(secondary_mode mode) {
    auto& p = w.start(mode);
    EXPECT_EQ(forward(p), phase::dual_old_primary);
    must(p.migration.backfill());
    return p;
}

change counterexample::write_and_stall(process& p, side primary, write_command command) {
    command.want_change = true;
    auto& store = p.at(primary);
    const auto f = must(store.read_fences(soon())).front();
    const auto reply = must(store.write(command, {f.epoch, f.phase}, soon()));
    EXPECT_EQ(reply.status, write_status::committed);
    EXPECT_TRUE(reply.change.has_value());
    return reply.change.value();
}

void counterexample::expect_settled(process& p) {
    deliver_all(p);
    w.expect_equal_sides();
    EXPECT_EQ(w.owed_at(side::source), 0);
    EXPECT_EQ(w.owed_at(side::target), 0);
    EXPECT_EQ(w.authorities(), 1);
}

void counterexample::expect_item(const item& wanted) {
    EXPECT_EQ(w.item_at(side::source, wanted.id), wanted);
    EXPECT_EQ(w.item_at(side::target, wanted.id), wanted);
}

void counterexample::expect_absent(std::int64_t n) {
    EXPECT_EQ(w.item_at(side::source, n), std::nullopt);
    EXPECT_EQ(w.item_at(side::target, n), std::nullopt);
}

} // namespace tandem_test
