// SPDX-License-Identifier: BSL-1.0
//
// The key encoding and the bucket, computed by the server, are those of core/key.hpp, for every
// type that can be a key; and every type comes back as it was written.
#include "postgres/catalog.hpp"
#include "postgres/sql.hpp"
#include "users.hpp"

#include <limits>

namespace tandem_test {
namespace {

namespace pg = postgres::detail;

struct key_sample {
    const char* name;
    column_type type;
    const char* sql_type;
    std::vector<cell> values;
};

cell numeric(std::string_view text) { return decimal::parse(text).value(); }

std::vector<key_sample> key_samples() {
    using limit = std::numeric_limits<std::int64_t>;
    using std::chrono::days;
    using std::chrono::microseconds;
    uuid id{};
    id.data[0] = 0xFE;
    return {
        {"boolean", column_type::boolean, "boolean", {true, false}},
        {"int16", column_type::int16, "smallint", {std::int64_t{-32768}, std::int64_t{7}}},
        {"int32", column_type::int32, "integer", {std::int64_t{0}, std::int64_t{-5}}},
        {"int64", column_type::int64, "bigint", {limit::min(), limit::max()}},
        {"numeric",
         column_type::numeric,
         "numeric",
         {numeric("1.00"), numeric("-0.0500"), numeric("100"), numeric("NaN"),
          numeric("Infinity")}},
        {"text",
         column_type::text,
         "text",
         {std::string("a"), std::string("Zürich €"), std::string(" x ")}},
        {"varchar", column_type::text, "varchar(20)", {std::string("it's \\ \"q\"")}},
        {"bpchar", column_type::text, "char(5)", {std::string("ab   ")}},
        {"bytes", column_type::bytes, "bytea", {bytes{std::byte{0}, std::byte{255}}}},
        {"uuid", column_type::uuid, "uuid", {id}},
        {"date",
         column_type::date,
         "date",
         {date(days(0)), date(days(-800'000)), date::max(), date::min()}},
        {"timestamp",
         column_type::timestamp,
         "timestamp",
         {timestamp(microseconds(1)), timestamp(microseconds(-1'000'001)), timestamp::max()}},
        {"timestamptz",
         column_type::timestamptz,
         "timestamptz",
         {timestamptz(microseconds(1'700'000'000'123'456)), timestamptz::min()}},
    };
}

class keys : public testing::TestWithParam<key_sample> {
protected:
    void SetUp() override {
        if (const auto why = server_unavailable(); !why.empty()) GTEST_SKIP() << why;
        place_ = std::make_unique<temporary_schema>();
        admin_ = std::make_unique<session>(place_->conninfo());
        admin_->run("set timezone='Asia/Kolkata'; set datestyle='German'");
        admin_->run(std::string("create table things(k ") + GetParam().sql_type +
                    " primary key, n bigint not null, version bigint not null default 0)");
        schema_.name = "things";
        schema_.columns = {{"k", GetParam().type, false, 0}, {"n", column_type::int64, false, 1}};
        schema_.key = {0};
        schema_.version_column = "version";
        binding bound{.migration = "m", .id = migration_id("m"), .buckets = 1024};
        bound.tables = {schema_};
        scope_ = pg::scope_of(bound, place_->name());
        store_ = place_->open();
        must(store_->bind(bound));
        must(store_->install(soon()));
    }
    /// The text that SQL gives for the key of the only row, and its bucket.
    std::pair<std::string, std::string> from_server() {
        pg::sql_table own{&schema_, 0, "things", {}, {true, true}, false, false};
        const std::string type = admin_->run("select atttypid from pg_attribute where "
                                             "attrelid='things'::regclass and attname='k'");
        own.types = {{static_cast<pg::oid>(std::stoul(type)), 1, {}}, {20, 1016, {}}};
        own.types[0].format = pg::format_of(own.types[0].type, false).value();
        const std::string k = pg::key_bytes_expression(scope_, own, "t");
        return {
            admin_->run("select encode(" + k + ", 'hex') from things t"),
            admin_->run("select " + scope_.table("tandem_bucket(") + k + ", 1024) from things t")};
    }

    table_schema schema_;
    pg::sql_scope scope_;
    std::unique_ptr<temporary_schema> place_;
    std::unique_ptr<session> admin_;
    std::unique_ptr<postgres::store> store_;
};

TEST_P(keys, are_encoded_by_the_server_as_in_cpp) {
    for (const cell& value : GetParam().values) {
        const key parts{value};
        const row_key at{parts, encode_key(parts).value()};
        const write_command command{.key = at, .image = {value, std::int64_t{1}}};
        ASSERT_EQ(must(store_->write(command, {1, phase::old_only}, soon())).status,
                  write_status::committed);
        const auto [text, bucket] = from_server();
        const auto* first = reinterpret_cast<const std::byte*>(at.encoded.data());
        EXPECT_EQ(text, to_hex(bytes(first, first + at.encoded.size()))) << describe(value);
        EXPECT_EQ(bucket, std::to_string(bucket_of(at.encoded, 1024))) << describe(value);
        const auto found = must(store_->read(side::source, 0, at, soon())).found;
        ASSERT_TRUE(found) << describe(value);
        EXPECT_TRUE(same_cell(found->image[0], value)) << describe(value);
        admin_->run("delete from things");
    }
}

INSTANTIATE_TEST_SUITE_P(types, keys, testing::ValuesIn(key_samples()),
                         [](const auto& param) { return std::string(param.param.name); });

class columns : public users_test {};

TEST_F(columns, enums_domains_and_jsonb_travel_by_their_base) {
    admin_->run("create type mood as enum ('sad', 'glad');"
                "create domain amount as numeric check (value >= 0);"
                "create domain big_amount as amount;"
                "create table odd(id mood primary key, a big_amount, j jsonb, "
                "version bigint not null default 0)");
    table_schema odd{.name = "odd"};
    odd.columns = {{"id", column_type::text, false, 0},
                   {"a", column_type::numeric, true, 1},
                   {"j", column_type::json, true, 2}};
    odd.key = {0};
    odd.version_column = "version";
    const auto store = place_->open();
    binding bound{.migration = "odd", .id = migration_id("odd"), .side = side::target};
    bound.tables = {odd};
    must(store->bind(bound));
    must(store->install(soon()));
    EXPECT_EQ(to_string(must(store->compare_schema(soon()))), "");
    std::vector<change> changes;
    for (const char* label : {"glad", "sad"}) {
        change c;
        c.key = encode_key(key{std::string(label)}).value();
        c.version = {1};
        c.epoch = 1;
        c.image = row{std::string(label), numeric("12.50"), json{"{\"a\": [1, 2]}"}};
        changes.push_back(c);
    }
    EXPECT_EQ(must(store->apply(changes, soon())), (std::vector(2, apply_status::applied)));
    const auto rows = must(store->scan(side::target, 0, {}, 10, soon())).rows;
    ASSERT_EQ(rows.size(), 2u); // in the order of the enum
    EXPECT_TRUE(same_row(rows[0].image, *changes[1].image));
    changes[0].image->at(1) = numeric("-1");
    changes[0].version = {2};
    EXPECT_EQ(error_of(store->apply(changes, soon())), errc::constraint);
    changes[0].image->at(0) = std::string("angry");
    EXPECT_EQ(error_of(store->apply({&changes[0], 1}, soon())), errc::out_of_range);
}

} // namespace
} // namespace tandem_test
