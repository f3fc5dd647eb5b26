// SPDX-License-Identifier: BSL-1.0
//
// What the counterexamples share: a world over one pair of kinds, and the situations in which their
// traces begin. Each test plays one interleaving that loses a write where a rule of the protocol is
// left out; docs/tests/counterexamples.md says which, and how the test failed without it.
#pragma once

#include "integration/pairs/world.hpp"

#include <gtest/gtest.h>

namespace tandem_test {

class counterexample : public ::testing::TestWithParam<kinds_of_pair> {
protected:
    world w{GetParam().source, GetParam().target};

    /// In old_only, epoch 1.
    process& begin(secondary_mode mode = secondary_mode::async) { return w.start(mode); }
    /// In dual_old_primary, synced; both sides at epoch 2.
    process& begin_synced(secondary_mode mode = secondary_mode::async);
    /// One more process with the beliefs of the present phase.
    process& join(secondary_mode mode = secondary_mode::async) { return w.start(mode); }

    /// Hands over in either direction; the phase reached.
    static phase forward(process& p) { return must(p.migration.forward()); }
    static phase backward(process& p) { return must(p.migration.backward()); }
    static void erase(process& p, std::int64_t n) { ASSERT_TRUE(must(p.items.erase(n))); }

    /// A write of `p` at its primary whose change to the other side is still in its hand.
    static change write_and_stall(process& p, side primary, write_command command);
    /// Everything delivered, both sides equal, one authority.
    void expect_settled(process& p);
    void expect_item(const item& wanted);
    void expect_absent(std::int64_t n);
};

// Each group of traces is a class of its own, so that a failure names it.
class naive : public counterexample {};
class switching : public counterexample {};
class relaying : public counterexample {};
class eras : public counterexample {};
class purging : public counterexample {};
class locking : public counterexample {};

} // namespace tandem_test

#define TANDEM_PLAY(group)                                                              \
    INSTANTIATE_TEST_SUITE_P(pairs, group, ::testing::ValuesIn(counterexample_pairs()), \
                             pair_name<::testing::TestParamInfo<kinds_of_pair>>)
