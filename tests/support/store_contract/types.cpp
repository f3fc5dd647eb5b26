// SPDX-License-Identifier: BSL-1.0
//
// Every column type through every way in and out: write and read at the source, its change applied
// at the target, scan there. Edges as they stand in core/types.hpp.
#include "support/store_contract.hpp"

#include <array>
#include <limits>

namespace tandem_test {

namespace {

constexpr std::array column_types{
    column_type::boolean,     column_type::int16,   column_type::int32,   column_type::int64,
    column_type::float32,     column_type::float64, column_type::numeric, column_type::text,
    column_type::bytes,       column_type::uuid,    column_type::date,    column_type::timestamp,
    column_type::timestamptz, column_type::json};

table_schema table_of_all(const std::string& name) {
    table_schema out{.name = name, .key = {0}, .version_column = "tandem_version"};
    out.columns.push_back({.name = "id", .type = column_type::int64});
    for (std::size_t i = 0; i < column_types.size(); ++i) {
        out.columns.push_back({.name = "c_" + std::string(to_string(column_types[i])),
                               .type = column_types[i],
                               .nullable = true,
                               .field = i + 1});
    }
    return out;
}

std::size_t field_of(column_type type) {
    for (std::size_t i = 0; i < column_types.size(); ++i) {
        if (column_types[i] == type) return i + 1;
    }
    return 0;
}

/// The same JSON value, for the texts used here: white space does not count.
bool same_json(const cell& a, const cell& b) {
    const auto squeezed = [](const cell& c) {
        std::string out;
        for (const char ch : std::get<json>(c).text) {
            if (ch != ' ') out += ch;
        }
        return out;
    };
    return squeezed(a) == squeezed(b);
}

timestamp at(std::string_view text) { return must(parse_timestamp(text)); }
timestamptz at_utc(std::string_view text) { return must(parse_timestamptz(text)); }

} // namespace

contract_layout contract_types::layout() const {
    contract_layout out;
    out.source = {table_of_all("all_types")};
    out.target = {table_of_all("all_types_2")};
    return out;
}

void contract_types::expect_round_trip(const std::vector<cell>& values, column_type type) {
    go_dual();
    const auto field = field_of(type);
    const bool loose = type == column_type::json && !GetParam().quirks.keeps_json_text;
    const auto expect_same = [&](const tandem::row& seen, const tandem::row& wanted,
                                 const char* where) {
        ASSERT_EQ(seen.size(), wanted.size()) << where;
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            const bool same = loose && i == field && !is_null(wanted[i])
                                  ? same_json(seen[i], wanted[i])
                                  : same_cell(seen[i], wanted[i]);
            EXPECT_TRUE(same) << where << ": wrote " << describe(wanted[i]) << ", read "
                              << describe(seen[i]);
        }
    };
    std::int64_t n = 0;
    auto all = values;
    all.push_back(null{});
    for (const auto& value : all) {
        write_command command{.table = 0, .key = id(++n), .want_change = true};
        command.image.assign(column_types.size() + 1, null{});
        command.image[0] = n;
        command.image[field] = value;
        const auto reply = committed(source_, command);
        ASSERT_TRUE(reply.change && reply.change->image);
        expect_same(*reply.change->image, command.image, "change wanted");
        const auto at_source = read(source_, 0, command.key);
        ASSERT_TRUE(at_source);
        expect_same(at_source->image, command.image, "source");
        EXPECT_EQ(deliver(source_, target_), 1u);
        const auto at_target = must(target_->scan(side::target, 0, {}, 1000, soon()));
        ASSERT_EQ(at_target.rows.size(), static_cast<std::size_t>(n));
        expect_same(at_target.rows.back().image, command.image, "target");
    }
}

TEST_P(contract_types, boolean) { expect_round_trip({true, false}, column_type::boolean); }

TEST_P(contract_types, int16) {
    expect_round_trip({std::int64_t{-32768}, std::int64_t{0}, std::int64_t{32767}},
                      column_type::int16);
}

TEST_P(contract_types, int32) {
    expect_round_trip({std::int64_t{std::numeric_limits<std::int32_t>::min()}, std::int64_t{-1},
                       std::int64_t{std::numeric_limits<std::int32_t>::max()}},
                      column_type::int32);
}

TEST_P(contract_types, int64) {
    expect_round_trip({std::numeric_limits<std::int64_t>::min(), std::int64_t{-1},
                       std::numeric_limits<std::int64_t>::max()},
                      column_type::int64);
}

TEST_P(contract_types, float32) {
    expect_round_trip({0.0, -1.5, static_cast<double>(0.1F),
                       static_cast<double>(std::numeric_limits<float>::max()),
                       static_cast<double>(std::numeric_limits<float>::denorm_min())},
                      column_type::float32);
}

TEST_P(contract_types, float64) {
    expect_round_trip({0.0, 0.1, -1e300, std::numeric_limits<double>::max(),
                       std::numeric_limits<double>::denorm_min(), 1.0, 9007199254740993.0},
                      column_type::float64);
}

TEST_P(contract_types, float_nan) {
    if (!GetParam().quirks.keeps_nan) GTEST_SKIP() << "this store has no NaN";
    expect_round_trip({std::numeric_limits<double>::quiet_NaN()}, column_type::float64);
}

TEST_P(contract_types, float_infinity) {
    if (!GetParam().quirks.keeps_infinity) GTEST_SKIP() << "this store has no infinities";
    constexpr double infinity = std::numeric_limits<double>::infinity();
    expect_round_trip({infinity, -infinity}, column_type::float64);
}

TEST_P(contract_types, float_negative_zero) {
    if (!GetParam().quirks.keeps_negative_zero) GTEST_SKIP() << "this store has no -0.0";
    expect_round_trip({-0.0}, column_type::float64);
}

TEST_P(contract_types, numeric_keeps_every_digit_and_the_scale) {
    expect_round_trip({numeric("0"), numeric("1.00"), numeric("1.0"), numeric("1"),
                       numeric("-0.000000000000000000000000000001"), numeric("100000000000000000"),
                       numeric("123456789012345678901234567890.123456789012345678901234567890"),
                       numeric("9007199254740993"), numeric("0.10"), numeric("10000"),
                       numeric("0.0001"), numeric("-12345.6789")},
                      column_type::numeric);
}

TEST_P(contract_types, numeric_nan_and_infinity) {
    if (!GetParam().quirks.keeps_numeric_nan) GTEST_SKIP() << "this store has no numeric NaN";
    expect_round_trip({numeric("NaN"), numeric("Infinity"), numeric("-Infinity")},
                      column_type::numeric);
}

TEST_P(contract_types, text) {
    expect_round_trip({"", " ", "plain", "it's \"quoted\" \\ back", "line\nbreak\ttab",
                       "\xC3\xA4 \xE6\xB1\x89 \xF0\x9F\x98\x80", std::string(10'000, 'x'), "\\x00",
                       "NULL", "12", "1.50", "\xEF\xBB\xBF", "{}", "$1", "%s"},
                      column_type::text);
}

TEST_P(contract_types, bytes_with_nul) {
    bytes every;
    for (int i = 0; i < 256; ++i)
        every.push_back(static_cast<std::byte>(i));
    expect_round_trip({bytes{}, bytes{std::byte{0}}, every, bytes(5'000, std::byte{0xff})},
                      column_type::bytes);
}

TEST_P(contract_types, uuid) {
    expect_round_trip({must(parse_uuid("00000000-0000-0000-0000-000000000000")),
                       must(parse_uuid("0123abcd-4567-89ab-cdef-fedcba987654")),
                       must(parse_uuid("ffffffff-ffff-ffff-ffff-ffffffffffff"))},
                      column_type::uuid);
}

TEST_P(contract_types, date) {
    using namespace std::chrono;
    expect_round_trip({sys_days{}, sys_days{2024y / February / 29d},
                       sys_days{1969y / December / 31d}, sys_days{1y / January / 1d},
                       sys_days{0y / December / 31d}, sys_days{-4712y / January / 1d},
                       sys_days{9999y / December / 31d}, sys_days{12345y / June / 7d}},
                      column_type::date);
}

TEST_P(contract_types, timestamp) {
    expect_round_trip({tandem::timestamp{}, at("2024-02-29 12:34:56.000001"),
                       at("1969-12-31 23:59:59.999999"), at("2000-01-01 00:00:00"),
                       at("0001-01-01 00:00:00"), at("9999-12-31 23:59:59.999999"),
                       tandem::timestamp{std::chrono::microseconds{-1}}},
                      column_type::timestamp);
}

TEST_P(contract_types, timestamptz) {
    expect_round_trip({tandem::timestamptz{}, at_utc("2024-02-29 12:34:56.000001+00"),
                       at_utc("1969-12-31 23:59:59.999999+00"), at_utc("2024-06-01 00:00:00+02"),
                       at_utc("0001-01-01 00:00:00+00"), at_utc("9999-12-31 23:59:59.999999+00"),
                       tandem::timestamptz{std::chrono::microseconds{-1}}},
                      column_type::timestamptz);
}

TEST_P(contract_types, infinite_dates) {
    if (!GetParam().quirks.keeps_infinite_times) GTEST_SKIP() << "this store has no infinite times";
    expect_round_trip({tandem::date::max(), tandem::date::min()}, column_type::date);
}

TEST_P(contract_types, infinite_timestamps) {
    if (!GetParam().quirks.keeps_infinite_times) GTEST_SKIP() << "this store has no infinite times";
    expect_round_trip({tandem::timestamp::max(), tandem::timestamp::min()}, column_type::timestamp);
}

TEST_P(contract_types, infinite_timestamptz) {
    if (!GetParam().quirks.keeps_infinite_times) GTEST_SKIP() << "this store has no infinite times";
    expect_round_trip({tandem::timestamptz::max(), tandem::timestamptz::min()},
                      column_type::timestamptz);
}

TEST_P(contract_types, json) {
    expect_round_trip({tandem::json{R"({"a": 1})"}, tandem::json{R"([1, "x", null, true])"},
                       tandem::json{R"("text")"}, tandem::json{"null"}, tandem::json{"12"}},
                      column_type::json);
}

TEST_P(contract_types, transactions_carry_every_type) {
    write_command command{.table = 0, .key = id(1)};
    command.image = {std::int64_t{1},
                     true,
                     std::int64_t{2},
                     std::int64_t{3},
                     std::int64_t{4},
                     0.5,
                     0.25,
                     numeric("1.50"),
                     "text",
                     bytes{std::byte{0}},
                     must(parse_uuid("0123abcd-4567-89ab-cdef-fedcba987654")),
                     tandem::date{},
                     tandem::timestamp{},
                     tandem::timestamptz{},
                     tandem::json{"[]"}};
    const std::vector keys{table_key{0, command.key}};
    auto open_one = must(source_->begin(keys, isolation::read_committed, soon()));
    ASSERT_TRUE(open_one.transaction);
    must(open_one.transaction->write(command));
    const auto seen = must(open_one.transaction->get(0, command.key));
    ASSERT_TRUE(seen);
    EXPECT_TRUE(same_row(seen->image, command.image));
    must(open_one.transaction->commit());
    EXPECT_TRUE(same_row(read(source_, 0, command.key)->image, command.image));
}

TEST_P(contract_types, loading_carries_every_type) {
    const tandem::row image{std::int64_t{1},
                            false,
                            std::int64_t{-2},
                            std::int64_t{-3},
                            std::int64_t{-4},
                            -0.5,
                            1e-7,
                            numeric("-0.10"),
                            "t\t\\n\"",
                            bytes{},
                            must(parse_uuid("0123abcd-4567-89ab-cdef-fedcba987654")),
                            tandem::date{},
                            at("2024-02-29 12:34:56.000001"),
                            at_utc("1999-02-28 12:34:56.000001+00"),
                            tandem::json{"[]"}};
    tandem::row empty(image.size(), null{});
    empty[0] = std::int64_t{2};
    must(source_.bulk_load(0, std::vector{image, empty}, soon()));
    EXPECT_TRUE(same_row(read(source_, 0, id(1))->image, image));
    EXPECT_TRUE(same_row(read(source_, 0, id(2))->image, empty));
}

} // namespace tandem_test
