// SPDX-License-Identifier: BSL-1.0
#include "tandem/memory/fault_injector.hpp"

#include "fixture.hpp"

namespace tandem_test {

using tandem::errc;
using op = tandem::testing::operation;

class fault_injector : public memory_test {
protected:
    static errc code(const auto& answer) {
        return answer.has_error() ? answer.error().value() : errc{};
    }
    std::unique_ptr<tandem::store_transaction> begin(std::int64_t id) {
        const std::vector keys{tandem::table_key{0, at(id)}};
        return std::move(
            store_.begin(keys, tandem::isolation::read_committed, {}).value().transaction);
    }
};

TEST_F(fault_injector, a_failed_write_does_not_happen_and_the_next_does) {
    faults_.fail({op::write}, errc::unavailable);
    EXPECT_EQ(code(write(1, 5)), errc::unavailable);
    EXPECT_EQ(value(1), -1);
    EXPECT_EQ(code(write(1, 6)), errc{});
    EXPECT_EQ(value(1), 6);
}

TEST_F(fault_injector, meets_the_calls_it_was_told_to) {
    faults_.fail({op::write, 1, 2}, errc::busy);
    EXPECT_EQ(code(write(1, 1)), errc{});
    EXPECT_EQ(code(write(1, 2)), errc::busy);
    EXPECT_EQ(code(write(1, 3)), errc::busy);
    EXPECT_EQ(code(write(1, 4)), errc{});
}

TEST_F(fault_injector, goes_on_for_ever_where_told_so) {
    faults_.fail({op::write, 0, -1}, errc::busy);
    for (int i = 0; i < 5; ++i)
        EXPECT_EQ(code(write(1, i)), errc::busy);
    faults_.clear();
    EXPECT_EQ(code(write(1, 9)), errc{});
}

TEST_F(fault_injector, leaves_other_operations_alone) {
    faults_.fail({op::apply}, errc::busy);
    EXPECT_EQ(code(write(1, 1)), errc{});
    EXPECT_EQ(code(store_.apply({}, {})), errc::busy);
}

TEST_F(fault_injector, any_meets_every_operation) {
    faults_.fail({op::any, 0, 2}, errc::busy);
    EXPECT_EQ(code(store_.read_fences({})), errc::busy);
    EXPECT_EQ(code(write(1, 1)), errc::busy);
    EXPECT_EQ(code(write(1, 1)), errc{});
}

TEST_F(fault_injector, a_lost_answer_of_a_write_hides_that_it_happened) {
    faults_.unknown_applied({op::write});
    EXPECT_EQ(code(write(1, 5)), errc::outcome_unknown);
    EXPECT_EQ(value(1), 5);
}

TEST_F(fault_injector, a_lost_request_gives_the_same_answer) {
    faults_.unknown_not_applied({op::write});
    EXPECT_EQ(code(write(1, 5)), errc::outcome_unknown);
    EXPECT_EQ(value(1), -1);
}

TEST_F(fault_injector, a_lost_answer_of_what_may_be_repeated_is_a_lost_connection) {
    faults_.unknown_applied({op::step});
    EXPECT_EQ(code(store_.step({.kind = tandem::step_kind::roll_primary, .expected = 1}, {})),
              errc::connection_lost);
    EXPECT_EQ(store_.read_fences({}).value()[0].epoch, 2);
}

TEST_F(fault_injector, a_commit_can_lose_its_answer_either_way) {
    for (const bool happens : {true, false}) {
        const auto tx = begin(1);
        ASSERT_TRUE(tx->write(put(1, happens ? 5 : 6)));
        happens ? faults_.unknown_applied({op::commit}) : faults_.unknown_not_applied({op::commit});
        EXPECT_EQ(code(tx->commit()), errc::outcome_unknown);
        EXPECT_EQ(value(1), 5);
    }
    EXPECT_EQ(code(write(1, 7)), errc{}); // both transactions have let go of the database
}

TEST_F(fault_injector, an_error_inside_a_transaction_ends_it) {
    const auto tx = begin(1);
    faults_.fail({op::get}, errc::connection_lost);
    EXPECT_EQ(code(tx->get(0, at(1))), errc::connection_lost);
    EXPECT_EQ(code(tx->write(put(1, 5))), errc::connection_lost);
    EXPECT_EQ(code(tx->commit()), errc::connection_lost);
    EXPECT_EQ(value(1), -1);
}

TEST_F(fault_injector, runs_another_actor_before_an_operation) {
    ASSERT_TRUE(write(1, 1));
    faults_.before({op::write}, [&] {
        tandem::switch_step roll{.kind = tandem::step_kind::roll_primary, .expected = 1};
        ASSERT_TRUE(store_.step(roll, {}).value());
    });
    EXPECT_EQ(write(1, 2).value().epoch, 2);
}

TEST_F(fault_injector, runs_another_actor_after_an_operation) {
    std::int64_t seen = 0;
    faults_.after({op::write}, [&] { seen = value(1); });
    ASSERT_TRUE(write(1, 5));
    EXPECT_EQ(seen, 5);
}

TEST_F(fault_injector, several_rules_meet_one_call_and_the_first_failure_counts) {
    int runs = 0;
    faults_.before({op::write}, [&] { ++runs; });
    faults_.fail({op::write}, errc::busy);
    faults_.fail({op::write}, errc::unavailable);
    faults_.before({op::write}, [&] { ++runs; });
    EXPECT_EQ(code(write(1, 1)), errc::busy);
    EXPECT_EQ(runs, 2);
    EXPECT_EQ(code(write(1, 1)), errc{});
}

TEST_F(fault_injector, a_poisoned_row_fails_every_batch_that_holds_it) {
    go_dual();
    tandem::change bad{.key = at(1).encoded, .version = {5}, .epoch = 2, .image = tandem::row{}};
    bad.image = {std::int64_t{1}, std::int64_t{1}};
    auto good = bad;
    good.key = at(2).encoded;
    good.image = {std::int64_t{2}, std::int64_t{2}};
    faults_.poison([&](const tandem::change& c) { return c.key == bad.key; });
    EXPECT_EQ(code(target_.apply(std::vector{good, bad}, {})), errc::constraint);
    EXPECT_TRUE(db_.rows("counters_2").empty());
    EXPECT_EQ(code(target_.apply(std::vector{good}, {})), errc{});
    faults_.clear();
    EXPECT_EQ(code(target_.apply(std::vector{bad}, {})), errc{});
}

TEST_F(fault_injector, counts_calls) {
    const auto before = faults_.count(op::any);
    faults_.fail({op::write}, errc::busy);
    (void)write(1, 1);
    (void)write(1, 1);
    (void)store_.read_fences({});
    EXPECT_EQ(faults_.count(op::write), 2);
    EXPECT_EQ(faults_.count(op::any), before + 3);
}

} // namespace tandem_test
