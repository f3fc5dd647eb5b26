// SPDX-License-Identifier: BSL-1.0
//
// A transaction that relies on a key being absent, on a table without deletes: there is no key lock
// and FOR UPDATE locks nothing, so who comes between must be noticed.
#include "users.hpp"

namespace tandem_test {
namespace {

class absence : public users_test {
protected:
    std::unique_ptr<postgres::store> open_without_deletes() {
        auto out = place_->open();
        auto joined = users_binding();
        joined.tables.front().deletes = deletes::never;
        must(out->bind(joined));
        must(out->install(soon()));
        return out;
    }
    static std::unique_ptr<store_transaction> begin(postgres::store& s) {
        const std::vector<table_key> keys{{0, id(1)}};
        return std::move(must(s.begin(keys, isolation::read_committed, soon())).transaction);
    }
};

TEST_F(absence, of_a_key_that_two_transactions_found_absent_only_one_inserts_it) {
    const auto store = open_without_deletes();
    const auto first = begin(*store), second = begin(*store);
    EXPECT_FALSE(must(first->get(0, id(1))));
    EXPECT_FALSE(must(second->get(0, id(1))));
    must(first->write(put(1, "first", 1)));
    must(first->commit());
    EXPECT_EQ(error_of(second->write(put(1, "second", 1))), errc::serialization);
    EXPECT_EQ(error_of(second->commit()), errc::serialization);
    EXPECT_EQ(name_at(*store, 1), "first");
}

TEST_F(absence, a_blind_write_that_came_between_is_not_overwritten) {
    const auto store = open_without_deletes();
    const auto slow = begin(*store);
    EXPECT_FALSE(must(slow->get(0, id(1))));
    write(*store, put(1, "blind", 1));
    EXPECT_EQ(error_of(slow->write(put(1, "slow", 1))), errc::serialization);
    EXPECT_EQ(name_at(*store, 1), "blind");
}

TEST_F(absence, a_key_that_stayed_absent_is_written_and_written_again) {
    const auto store = open_without_deletes();
    const auto transaction = begin(*store);
    EXPECT_FALSE(must(transaction->get(0, id(1))));
    must(transaction->write(put(1, "a", 1)));
    must(transaction->write(put(1, "b", 2)));
    must(transaction->commit());
    EXPECT_EQ(name_at(*store, 1), "b");
}

} // namespace
} // namespace tandem_test
