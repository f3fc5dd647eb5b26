// SPDX-License-Identifier: BSL-1.0
#include "tandem/core/key.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <set>

namespace tandem {
namespace {

using namespace std::string_literals;
using std::chrono::days;
using std::chrono::microseconds;

std::string column(std::string_view text) {
    std::string out(3, '\0');
    out += static_cast<char>(text.size());
    return out.append(text);
}

key_bytes encoded(const key& parts) { return encode_key(parts).value(); }

struct sample {
    column_type type;
    cell value;
    std::string text;
};

std::vector<sample> samples() {
    constexpr auto min = std::numeric_limits<std::int64_t>::min();
    constexpr auto max = std::numeric_limits<std::int64_t>::max();
    return {
        {column_type::boolean, true, "true"},
        {column_type::boolean, false, "false"},
        {column_type::int16, std::int64_t{-32768}, "-32768"},
        {column_type::int32, std::int64_t{0}, "0"},
        {column_type::int64, min, "-9223372036854775808"},
        {column_type::int64, max, "9223372036854775807"},
        {column_type::numeric, decimal::parse("12.5").value(), "12.5"},
        {column_type::numeric, decimal::parse("NaN").value(), "NaN"},
        {column_type::text, "größe"s, "größe"},
        {column_type::bytes, bytes{std::byte{0}, std::byte{0xFE}}, "00fe"},
        {column_type::uuid, parse_uuid("00112233-4455-6677-8899-aabbccddeeff").value(),
         "00112233-4455-6677-8899-aabbccddeeff"},
        {column_type::date, date(days(-1)), "-1"},
        {column_type::date, date(days::max()), "infinity"},
        {column_type::timestamp, timestamp(microseconds(1)), "1"},
        {column_type::timestamp, timestamp::min(), "-infinity"},
        {column_type::timestamptz, timestamptz(microseconds(-5)), "-5"},
        {column_type::timestamptz, timestamptz::max(), "infinity"},
    };
}

TEST(encode_key, every_type_is_the_length_and_its_canonical_text) {
    for (const auto& s : samples())
        EXPECT_EQ(encoded({s.value}), column(s.text)) << s.text;
}

TEST(encode_key, columns_follow_each_other) {
    EXPECT_EQ(encoded({std::int64_t{7}, "ab"s}), "\0\0\0\1"s + "7" + "\0\0\0\2"s + "ab");
}

TEST(encode_key, the_length_is_big_endian) {
    EXPECT_EQ(encoded({std::string(258, 'x')}).substr(0, 4), "\0\0\1\2"s);
}

TEST(encode_key, texts_that_join_alike_differ) {
    EXPECT_NE(encoded({"ab"s, "c"s}), encoded({"a"s, "bc"s}));
}

TEST(encode_key, decimals_of_one_value_are_one_key) {
    EXPECT_EQ(encoded({decimal::parse("1.50").value()}), encoded({decimal::parse("1.5").value()}));
}

TEST(encode_key, refuses_empty_parts) {
    EXPECT_EQ(encode_key({}).error(), errc::empty_key);
    EXPECT_EQ(encode_key(key{std::string()}).error(), errc::empty_key);
    EXPECT_EQ(encode_key(key{std::int64_t{1}, bytes()}).error(), errc::empty_key);
}

TEST(encode_key, refuses_null_and_names_the_column) {
    const auto refused = encode_key(key{std::int64_t{1}, null{}});
    EXPECT_EQ(refused.error(), errc::unexpected_null);
    EXPECT_NE(refused.error().detail().find("key column 2"), std::string_view::npos);
}

TEST(encode_key, refuses_text_that_is_not_utf8) {
    EXPECT_EQ(encode_key(key{"\xFF"s}).error(), errc::invalid_text);
    EXPECT_EQ(encode_key(key{"a\0b"s}).error(), errc::invalid_text);
}

TEST(encode_key, refuses_types_without_one_text) {
    EXPECT_EQ(encode_key(key{1.5}).error(), errc::type_mismatch);
    EXPECT_EQ(encode_key(key{json{"1"}}).error(), errc::type_mismatch);
}

TEST(encode_key, takes_the_longest_key_and_refuses_one_byte_more) {
    constexpr std::size_t max = limits{}.key_bytes_max;
    EXPECT_TRUE(encode_key(key{std::string(max - 4, 'k')}));
    EXPECT_EQ(encode_key(key{std::string(max - 3, 'k')}).error(), errc::key_too_large);
    EXPECT_EQ(encode_key(key{std::string(max * 100, 'k')}).error(), errc::key_too_large);
    EXPECT_EQ(encode_key(key{bytes(max / 2)}).error(), errc::key_too_large);
    EXPECT_EQ(encode_key(key{std::int64_t{1}}, 4).error(), errc::key_too_large);
}

TEST(encode_stored_key, takes_empty_parts_and_any_length) {
    EXPECT_EQ(encode_stored_key(key{std::string()}), "\0\0\0\0"s);
    EXPECT_EQ(encode_stored_key(key{std::string(10'000, 'k')}).size(), 10'004u);
    EXPECT_EQ(encode_stored_key(key{std::int64_t{5}}), encoded({std::int64_t{5}}));
}

TEST(decode_key, is_the_inverse_of_encode_key) {
    for (const auto& s : samples()) {
        const auto again = decode_key(encoded({s.value}), std::array{s.type});
        ASSERT_TRUE(again) << s.text << ": " << again.error().message();
        EXPECT_TRUE(same_row(again.value(), {s.value})) << s.text;
    }
}

TEST(decode_key, takes_stored_keys_with_empty_texts) {
    const auto again = decode_key("\0\0\0\0"s, std::array{column_type::text});
    EXPECT_TRUE(same_row(again.value(), {std::string()}));
}

TEST(decode_key, refuses_keys_that_are_cut_off_or_too_long) {
    const key parts{std::int64_t{7}, "ab"s};
    const std::array types{column_type::int64, column_type::text};
    const std::string whole = encoded(parts);
    for (std::size_t i = 0; i < whole.size(); ++i) {
        EXPECT_EQ(decode_key(whole.substr(0, i), types).error(), errc::corrupt_data) << i;
    }
    EXPECT_EQ(decode_key(whole + "x", types).error(), errc::corrupt_data);
    EXPECT_TRUE(decode_key(whole, types));
}

TEST(decode_key, refuses_a_length_beyond_the_end) {
    EXPECT_EQ(decode_key("\xFF\xFF\xFF\xFF"s + "1", std::array{column_type::int64}).error(),
              errc::corrupt_data);
}

TEST(decode_key, refuses_texts_of_another_type_or_range) {
    const auto refuses = [](column_type type, std::string_view text) {
        return decode_key(column(text), std::array{type}).has_error();
    };
    EXPECT_TRUE(refuses(column_type::boolean, "t"));
    EXPECT_TRUE(refuses(column_type::int64, "x"));
    EXPECT_TRUE(refuses(column_type::int64, ""));
    EXPECT_TRUE(refuses(column_type::int64, "9223372036854775808"));
    EXPECT_TRUE(refuses(column_type::int16, "32768"));
    EXPECT_TRUE(refuses(column_type::int32, "-2147483649"));
    EXPECT_TRUE(refuses(column_type::text, "\xFF"));
    EXPECT_TRUE(refuses(column_type::bytes, "0"));
    EXPECT_TRUE(refuses(column_type::uuid, "1"));
    EXPECT_TRUE(refuses(column_type::date, "1970-01-01"));
    EXPECT_TRUE(refuses(column_type::json, "1"));
    EXPECT_TRUE(refuses(column_type::float64, "1"));
}

TEST(decode_key, refuses_what_the_encoder_would_not_write) {
    const auto refuses = [](column_type type, std::string_view text) {
        return decode_key(column(text), std::array{type}).has_error();
    };
    EXPECT_TRUE(refuses(column_type::int64, "007"));
    EXPECT_TRUE(refuses(column_type::int64, "-0"));
    EXPECT_TRUE(refuses(column_type::numeric, "1.50"));
    EXPECT_TRUE(refuses(column_type::bytes, "AB"));
    EXPECT_TRUE(refuses(column_type::date, "9223372036854775807"));
}

TEST(bucket_of, one_bucket_is_always_0) {
    EXPECT_EQ(bucket_of("abc", 1), 0);
    EXPECT_EQ(bucket_of("", 1), 0);
}

TEST(bucket_of, is_the_hash_modulo_the_count) {
    EXPECT_EQ(bucket_of("abc", 1024), static_cast<int>(0x90015098u % 1024));
}

TEST(bucket_of, keys_spread_over_all_buckets) {
    std::set<int> seen;
    for (std::int64_t i = 0; i < 20'000; ++i)
        seen.insert(bucket_of(encoded({i}), 1024));
    EXPECT_EQ(seen.size(), 1024u);
    EXPECT_EQ(*seen.begin(), 0);
    EXPECT_EQ(*seen.rbegin(), 1023);
}

TEST(key_stripe, hashes_the_table_number_before_the_key) {
    EXPECT_EQ(key_stripe(0x6162, "c"), static_cast<int>(0x90015098u % key_lock_stripes));
    EXPECT_NE(key_stripe(1, "key"), key_stripe(2, "key"));
}

TEST(migration_id, is_the_hash_of_the_name_as_signed) {
    EXPECT_EQ(migration_id("abc"), static_cast<std::int32_t>(0x90015098u));
    EXPECT_LT(migration_id("abc"), 0);
}

} // namespace
} // namespace tandem
