// SPDX-License-Identifier: BSL-1.0
//
// What a conversion allocates.
#include "tandem/table/record.hpp"

#include "counting_new.hpp"

#include <gtest/gtest.h>

namespace tandem {
namespace {

struct order {
    std::int64_t id = 0;
    std::string customer;
    std::optional<std::string> note;
    decimal total;
    timestamptz placed;
    bool paid = false;
};

constexpr auto orders = table<order>("orders")
                            .key<&order::id>()
                            .column<&order::customer>()
                            .column<&order::note>()
                            .column<&order::total>()
                            .column<&order::placed>()
                            .column<&order::paid>();

order long_order() {
    order o;
    o.id = 1;
    o.customer = "a customer whose name is longer than a short string";
    o.note = "a note that is longer than a short string as well";
    return o;
}

template <class F>
std::size_t allocations_of(F&& f) {
    const std::size_t before = test::allocations();
    f();
    return test::allocations() - before;
}

TEST(allocations, to_row_makes_the_row_and_its_long_texts) {
    const auto codec = codec_for(orders);
    const order record = long_order();
    EXPECT_EQ(allocations_of([&] { EXPECT_TRUE(codec.to_row(record)); }), 3u);
}

TEST(allocations, from_row_makes_the_long_texts_of_the_record) {
    const auto codec = codec_for(orders);
    const stored_row stored{codec.to_row(long_order()).value(), {}};
    EXPECT_EQ(allocations_of([&] { EXPECT_TRUE(codec.from_row(stored)); }), 2u);
}

TEST(allocations, a_short_key_makes_its_parts) {
    const auto codec = codec_for(orders);
    EXPECT_EQ(allocations_of([&] { EXPECT_TRUE(codec.to_key(1)); }), 1u);
}

TEST(allocations, a_copy_of_the_codec_makes_none) {
    const auto codec = codec_for(orders);
    EXPECT_EQ(allocations_of([&] {
                  const auto copy = codec;
                  (void)copy;
              }),
              0u);
}

} // namespace
} // namespace tandem
