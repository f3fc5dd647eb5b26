// SPDX-License-Identifier: BSL-1.0
#include "tandem/postgres/pool.hpp"

#include <gtest/gtest.h>

namespace tandem::postgres {
namespace {

errc refusal(pool_options options) {
    const auto made = pool::make(std::move(options));
    return made.has_error() ? made.error().value() : errc{};
}

TEST(pool_options, are_checked_without_connecting) {
    EXPECT_EQ(refusal({.conninfo = "host=nowhere.invalid"}), errc{});
    EXPECT_EQ(refusal({.conninfo = "host=db", .max = 0}), errc::invalid_options);
    EXPECT_EQ(refusal({.conninfo = "host=db", .min = 5, .max = 4}), errc::invalid_options);
    EXPECT_EQ(refusal({.conninfo = "not a conninfo"}), errc::invalid_options);
}

TEST(pool_options, borrow_goes_with_give_back_and_without_conninfo) {
    pool_options options;
    options.borrow = [](const call_context&) -> result<pg_conn*> { return nullptr; };
    EXPECT_EQ(refusal(options), errc::invalid_options);
    options.give_back = [](pg_conn*, bool) {};
    EXPECT_EQ(refusal(options), errc{});
    options.conninfo = "host=db";
    EXPECT_EQ(refusal(options), errc::invalid_options);
}

TEST(pool, that_borrows_nothing_is_unavailable) {
    pool_options options;
    options.borrow = [](const call_context&) -> result<pg_conn*> { return errc::pool_exhausted; };
    options.give_back = [](pg_conn*, bool) {};
    const auto made = pool::make(std::move(options));
    EXPECT_EQ(made.value()->stats().open, 0u);
    EXPECT_TRUE(made.value()->warm_up({}).has_value()); // nothing to warm up
}

} // namespace
} // namespace tandem::postgres
