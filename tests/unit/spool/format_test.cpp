// SPDX-License-Identifier: BSL-1.0
//
// The frames of a spool: what is written is read, and nothing else is taken for it.
#include "spool/format.hpp"

#include "spool/crc32c.hpp"

#include <gtest/gtest.h>

namespace tandem::spool::detail {
namespace {

const stored_record sample{7, {3, std::string("k\0y", 3), "and more"}};

TEST(crc32c, gives_the_values_of_rfc_3720) {
    EXPECT_EQ(crc32c("123456789"), 0xe3069283u);
    EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aau);
    EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43u);
    EXPECT_EQ(crc32c(""), 0u);
}

TEST(spool_format, a_record_is_read_as_it_was_written) {
    const auto read = decode_record(encode(sample));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->id, sample.id);
    EXPECT_EQ(read->what, sample.what);
}

TEST(spool_format, the_overhead_of_a_record_is_the_one_that_is_counted) {
    EXPECT_EQ(encode(sample).size(),
              record_overhead + sample.what.key.size() + sample.what.body.size());
}

TEST(spool_format, a_flipped_bit_anywhere_makes_a_record_bad) {
    const auto good = encode(sample);
    for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
        auto bad = good;
        bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
        EXPECT_FALSE(decode_record(bad)) << "bit " << bit;
    }
}

TEST(spool_format, a_record_cut_or_extended_is_bad) {
    const auto good = encode(sample);
    for (std::size_t size = 0; size < good.size(); ++size)
        EXPECT_FALSE(decode_record(good.substr(0, size))) << "size " << size;
    EXPECT_FALSE(decode_record(good + "x"));
}

TEST(spool_format, a_key_longer_than_its_record_is_bad) {
    auto record = sample;
    record.what.key.clear();
    record.what.body.clear();
    EXPECT_TRUE(decode_record(encode(record)));
    EXPECT_FALSE(decode_record(encode(head{.identity = std::string(16, 'i')})));
}

TEST(spool_format, records_are_found_among_rubbish) {
    auto other = sample;
    other.id = 8;
    const auto bytes = "\x93tSr rubbish " + encode(sample) + "\x93tS" + encode(other) + "\x93tSr";
    const auto found = find_records(bytes);
    ASSERT_EQ(found.size(), 2u);
    EXPECT_EQ(found[0].id, 7);
    EXPECT_EQ(found[1].id, 8);
}

TEST(spool_format, head_and_mark_are_read_as_they_were_written) {
    const head written{.format = 9, .identity = "0123456789abcdef"};
    const auto read = decode_head(encode(written));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->format, 9u);
    EXPECT_EQ(read->identity, written.identity);
    EXPECT_EQ(find_head("xx" + encode(written))->identity, written.identity);
    EXPECT_EQ(decode_mark(encode_mark(1'234'567'890'123)), 1'234'567'890'123);
    EXPECT_FALSE(decode_mark(encode_mark(1).substr(1)));
}

} // namespace
} // namespace tandem::spool::detail
