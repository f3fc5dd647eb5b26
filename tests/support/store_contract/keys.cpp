// SPDX-License-Identifier: BSL-1.0
//
// Every key type: the store finds, owes, deletes and orders by it, and its key bytes are those of
// core/key.hpp, in C++ and in the store alike.
#include "support/store_contract.hpp"

#include <array>

namespace tandem_test {

namespace {

struct keyed {
    column_type type;
    std::vector<cell> ascending;
};

cell uuid_of(std::string_view text) { return must(parse_uuid(text)); }

std::vector<keyed> key_types() {
    const auto number = [](std::int64_t n) { return cell(n); };
    const auto day = [](int n) { return cell(date(std::chrono::days(n))); };
    const auto micros = [](std::int64_t n) { return std::chrono::microseconds(n); };
    return {
        {column_type::boolean, {false, true}},
        {column_type::int16, {number(-32768), number(-1), number(0), number(9), number(32767)}},
        {column_type::int32, {number(-100), number(9), number(10), number(2'000'000'000)}},
        {column_type::int64,
         {number(INT64_MIN), number(-1), number(9), number(10), number(INT64_MAX)}},
        {column_type::numeric,
         {numeric("-10.5"), numeric("-9"), numeric("0"), numeric("0.10"), numeric("9"),
          numeric("10.25"), numeric("123456789012345678901234567890.5")}},
        {column_type::text, {"a", "aa", "b", "b1", "c"}},
        {column_type::bytes,
         {bytes{std::byte{0}}, bytes{std::byte{0}, std::byte{0}}, bytes{std::byte{1}},
          bytes{std::byte{0x7f}}, bytes{std::byte{0xff}}}},
        {column_type::uuid,
         {uuid_of("00000000-0000-0000-0000-000000000001"),
          uuid_of("7f000000-0000-0000-0000-000000000000"),
          uuid_of("ff000000-0000-0000-0000-000000000000")}},
        {column_type::date, {day(-719'162), day(-1), day(0), day(9), day(10), day(20'000)}},
        {column_type::timestamp,
         {timestamp(micros(-1)), timestamp(micros(0)), timestamp(micros(1)),
          timestamp(micros(1'700'000'000'000'001))}},
        {column_type::timestamptz,
         {timestamptz(micros(-1)), timestamptz(micros(0)), timestamptz(micros(1)),
          timestamptz(micros(1'700'000'000'000'001))}},
    };
}

table_schema table_for(column_type type, const std::string& prefix) {
    table_schema out{.name = prefix + std::string(to_string(type)), .key = {0}};
    out.columns = {{.name = "k", .type = type},
                   {.name = "v", .type = column_type::text, .nullable = true, .field = 1}};
    out.version_column = "tandem_version";
    return out;
}

} // namespace

contract_layout contract_keys::layout() const {
    contract_layout out;
    for (const auto& k : key_types()) {
        out.source.push_back(table_for(k.type, "by_"));
        out.target.push_back(table_for(k.type, "also_by_"));
    }
    return out;
}

TEST_P(contract_keys, are_found_again_and_ordered_by_value) {
    table_id t = 0;
    for (const auto& [type, values] : key_types()) {
        for (auto it = values.rbegin(); it != values.rend(); ++it) {
            const write_command command{.table = t, .key = key_of({*it}), .image = {*it, "v"}};
            committed(source_, command);
            EXPECT_TRUE(read(source_, t, command.key)) << to_string(type) << ' ' << describe(*it);
        }
        const auto rows = must(source_->scan(side::source, t, {}, 100, soon())).rows;
        ASSERT_EQ(rows.size(), values.size()) << to_string(type);
        const bool by_value = type != column_type::numeric || GetParam().quirks.orders_numeric_keys;
        for (std::size_t i = 0; by_value && i < values.size(); ++i) {
            EXPECT_TRUE(same_cell(rows[i].image[0], values[i]))
                << to_string(type) << ": " << describe(rows[i].image[0]) << " instead of "
                << describe(values[i]);
        }
        ++t;
    }
}

TEST_P(contract_keys, page_and_group_by_every_type) {
    table_id t = 0;
    for (const auto& [type, values] : key_types()) {
        std::vector<row_key> all;
        for (const auto& v : values) {
            all.push_back(key_of({v}));
            committed(source_, {.table = t, .key = all.back(), .image = {v, "v"}});
        }
        key_range behind;
        behind.after = key{values[0]};
        EXPECT_EQ(must(source_->scan(side::source, t, behind, 100, soon())).rows.size(),
                  values.size() - 1)
            << to_string(type);
        for (const auto& r : must(source_->read_many(side::source, t, all, soon())).rows) {
            EXPECT_TRUE(r) << to_string(type);
        }
        ++t;
    }
}

TEST_P(contract_keys, are_owed_applied_and_buried_under_their_key_bytes) {
    go_dual();
    table_id t = 0;
    for (const auto& [type, values] : key_types()) {
        const auto k = key_of({values.back()});
        committed(source_, {.table = t, .key = k, .image = {values.back(), "v"}});
        ASSERT_EQ(owed(source_).size(), 1u) << to_string(type);
        EXPECT_EQ(owed(source_)[0].change.key, k.encoded) << to_string(type);
        deliver(source_, target_);
        EXPECT_TRUE(read(target_, t, k)) << to_string(type);
        committed(source_, {.kind = write_kind::erase, .table = t, .key = k});
        deliver(source_, target_);
        EXPECT_FALSE(read(target_, t, k)) << to_string(type);
        for (auto* s : {&source_, &target_}) {
            ASSERT_EQ(tombstones(*s, t).size(), 1u) << to_string(type);
            EXPECT_EQ(tombstones(*s, t)[0].key, k.encoded) << to_string(type);
        }
        ++t;
    }
}

TEST_P(contract_keys, come_back_in_transactions) {
    table_id t = 0;
    for (const auto& [type, values] : key_types()) {
        const auto k = key_of({values[0]});
        const write_command upsert{.table = t, .key = k, .image = {values[0], "v"}};
        committed(source_, upsert);
        const auto erased = committed(source_, {.kind = write_kind::erase, .table = t, .key = k});
        const std::vector keys{table_key{t, k}};
        auto open_one = must(source_->begin(keys, isolation::read_committed, soon()));
        ASSERT_TRUE(open_one.transaction) << to_string(type);
        EXPECT_FALSE(must(open_one.transaction->get(t, k))) << to_string(type);
        EXPECT_EQ(must(open_one.transaction->write(upsert)).version,
                  first_version(erased.version, {}, 1))
            << to_string(type);
        must(open_one.transaction->commit());
        EXPECT_TRUE(read(source_, t, k)) << to_string(type);
        ++t;
    }
}

TEST_P(contract_keys, numeric_keys_of_one_value_are_one_key) {
    constexpr table_id t = 4;
    ASSERT_EQ(source_.bound().tables[t].columns[0].type, column_type::numeric);
    const auto scaled = key_of({numeric("1.00")});
    committed(source_, {.table = t, .key = scaled, .image = {numeric("1.00"), "a"}});
    const auto plain = key_of({numeric("1")});
    EXPECT_EQ(plain.encoded, scaled.encoded);
    EXPECT_TRUE(read(source_, t, plain));
    EXPECT_EQ(
        write(source_,
              {.kind = write_kind::insert, .table = t, .key = plain, .image = {numeric("1"), "b"}})
            .status,
        write_status::exists);
}

TEST_P(contract_keys, with_separators_and_prefixes_stay_apart) {
    constexpr table_id t = 5;
    ASSERT_EQ(source_.bound().tables[t].columns[0].type, column_type::text);
    const std::vector<std::string> texts{"a",  "a ", " a",       "a'b", "a\"b",
                                         "a%", "a_", "\xC3\xA9", "A"};
    for (const auto& text : texts) {
        committed(source_, {.table = t, .key = key_of({text}), .image = {text, text}});
    }
    for (const auto& text : texts) {
        const auto found = read(source_, t, key_of({text}));
        ASSERT_TRUE(found) << text;
        EXPECT_EQ(found->image[1], cell(text));
    }
}

} // namespace tandem_test
