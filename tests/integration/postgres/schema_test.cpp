// SPDX-License-Identifier: BSL-1.0
//
// What a store finds out about the live database: differences, identity, sequences, digests.
#include "users.hpp"

namespace tandem_test {
namespace {

using testing::HasSubstr;

class schema : public users_test {
protected:
    std::string differences(side s = side::source) {
        return to_string(must(open({}, s)->compare_schema(soon())));
    }
};

TEST_F(schema, that_fits_has_no_differences) { EXPECT_EQ(differences(), ""); }

TEST_F(schema, differences_are_read_from_the_catalog) {
    admin_->run("alter table users add extra int not null, alter column balance drop not null, "
                "alter column version drop not null, drop constraint users_pkey, "
                "alter column name type int using 0");
    const std::string found = differences();
    EXPECT_THAT(found, HasSubstr("users.extra: the column is neither mapped nor ignored"));
    EXPECT_THAT(found, HasSubstr("users.extra: the unmapped column is NOT NULL"));
    EXPECT_THAT(found, HasSubstr("users.balance: the column may be NULL"));
    EXPECT_THAT(found, HasSubstr("SET \"version\" = 0 WHERE \"version\" IS NULL"));
    EXPECT_THAT(found, HasSubstr("users.name: the column is of type integer"));
    EXPECT_THAT(found, HasSubstr("ADD PRIMARY KEY (\"id\")"));
}

TEST_F(schema, a_printed_alter_for_the_version_column_makes_it_fit) {
    admin_->run("alter table users drop column version");
    const std::string alter = must(open()->compare_schema(soon())).at(0).remedy;
    EXPECT_THAT(alter, HasSubstr("ADD COLUMN \"version\" bigint NOT NULL DEFAULT 0"));
    admin_->run(alter);
    EXPECT_EQ(differences(), "");
}

TEST_F(schema, indexes_that_on_conflict_cannot_use_do_not_count) {
    admin_->run("alter table users drop constraint users_pkey");
    admin_->run("create unique index partial on users(id) where balance > 0");
    EXPECT_THAT(differences(), HasSubstr("no primary key or unique index"));
    admin_->run("create unique index covering on users(id) include (name)");
    EXPECT_EQ(differences(), "");
}

TEST_F(schema, of_a_view_a_generated_column_and_a_strange_collation_is_refused) {
    admin_->run("alter table users rename to base; create view users as select * from base");
    EXPECT_THAT(differences(), HasSubstr("it is not a table"));
    admin_->run("drop view users; alter table base rename to users");
    admin_->run("alter table users drop column balance, "
                "add balance bigint not null generated always as (id * 2) stored");
    EXPECT_THAT(differences(), HasSubstr("users.balance: the server generates the column"));
}

TEST_F(schema, triggers_count_at_the_target_unless_they_know_of_applies) {
    admin_->run("create function noisy() returns trigger language plpgsql as "
                "$$ begin return new; end $$");
    admin_->run(
        "create trigger noise before insert on users for each row execute function noisy()");
    EXPECT_EQ(differences(side::source), "");
    EXPECT_THAT(differences(side::target), HasSubstr("trigger noise would fire"));
    admin_->run("create or replace function noisy() returns trigger language plpgsql as $$ begin "
                "if current_setting('tandem.apply', true) = 'on' then return new; end if; "
                "new.name := 'changed'; return new; end $$");
    EXPECT_EQ(differences(side::target), "");
    const auto target = open({}, side::target);
    const std::vector<change> changes{change_to(1, "kept", 1, 1), change_to(2, "kept", 1, 1)};
    must(target->apply({&changes[0], 1}, soon()));
    must(target->apply(changes, soon()));
    EXPECT_EQ(admin_->run("select string_agg(name, ',') from users"), "kept,kept");
}

TEST_F(schema, a_missing_control_schema_is_named) {
    postgres::store_options options{.control_schema = "nowhere"};
    auto store = must(postgres::store::make({.conninfo = conninfo()}, options));
    must(store->bind(users_binding()));
    EXPECT_THAT(to_string(must(store->compare_schema(soon()))), HasSubstr("CREATE SCHEMA"));
}

TEST_F(schema, identity_is_that_of_the_table_not_of_the_connection) {
    const auto a = open(), b = open();
    const auto text = must(a->identity(side::source, 0, soon()));
    EXPECT_EQ(must(b->identity(side::source, 0, soon())), text);
    temporary_schema elsewhere;
    session(elsewhere.conninfo()).run(create_table_sql(users_schema()));
    const auto c = elsewhere.open();
    must(c->bind(users_binding()));
    EXPECT_NE(must(c->identity(side::source, 0, soon())), text);
}

TEST_F(schema, identity_is_the_same_over_another_road_to_the_server) {
    const auto a = open();
    postgres::pool_options tcp;
    tcp.conninfo = server().tcp_conninfo() + " options=-csearch_path=" + place_->name();
    const auto b = open(tcp);
    EXPECT_EQ(must(a->identity(side::source, 0, soon())),
              must(b->identity(side::source, 0, soon())));
}

TEST_F(schema, sequences_of_mapped_columns_are_found_however_they_are_attached) {
    admin_->run("alter table users alter column id add generated by default as identity");
    admin_->run("create sequence numbers; select setval('numbers', 70);"
                "alter table users alter column balance set default nextval('numbers')");
    const auto store = open();
    write(*store, put(900, "x"));
    const auto all = must(store->sequences(soon()));
    ASSERT_EQ(all.size(), 2u);
    for (const auto& s : all)
        EXPECT_EQ(s.last, s.field == 0 ? 900 : 70);
}

TEST_F(schema, enabling_a_side_moves_its_sequences_ahead) {
    admin_->run("alter table users alter column id add generated always as identity");
    const auto target = open({}, side::target);
    switch_step enable{.kind = step_kind::enable, .expected = 2, .phase = phase::dual_new_primary};
    enable.sequences = {{0, 0, 5000}};
    enable.sequence_margin = 100;
    ASSERT_TRUE(must(target->step(enable, soon())));
    EXPECT_EQ(admin_->run("insert into users(name, balance) values ('new', 1) returning id"),
              "5101");
    EXPECT_EQ(write(*target, put(7, "given")).status, write_status::committed);
}

class digest : public users_test {
protected:
    chunk_digest of(postgres::store& s, const key_range& range = {}) {
        return must(s.chunk_hash(side::source, 0, range, soon()));
    }
};

TEST_F(digest, depends_on_content_and_version_and_not_on_physical_order) {
    const auto store = open();
    admin_->run("insert into users values (1, 'a', 5, 9), (2, null, 6, 9)");
    const auto wanted = of(*store);
    EXPECT_EQ(wanted.rows, 2);
    temporary_schema place;
    session other(place.conninfo());
    other.run("create table users(version bigint not null, balance int not null, name varchar, "
              "id bigint primary key)");
    other.run("insert into users values (9, 6, null, 2), (9, 5, 'a', 1)");
    const auto second = place.open();
    must(second->bind(users_binding()));
    EXPECT_EQ(of(*second), wanted);
    for (const char* change : {"name=''", "version=8", "balance=7"}) {
        other.run("begin");
        other.run(std::string("update users set ") + change + " where id=2");
        other.run("commit");
        EXPECT_NE(of(*second), wanted) << change;
        other.run("update users set name=null, version=9, balance=6 where id=2");
    }
    EXPECT_EQ(of(*second), wanted);
}

TEST_F(digest, of_a_range_counts_its_rows_alone) {
    const auto store = open();
    admin_->run("insert into users select n, 'x', n, 1 from generate_series(1, 10) n");
    EXPECT_EQ(of(*store, {.from = key{std::int64_t{3}}, .to = key{std::int64_t{6}}}).rows, 3);
    EXPECT_EQ(of(*store, {.after = key{std::int64_t{8}}}).rows, 2);
    const auto low = of(*store, {.to = key{std::int64_t{6}}});
    const auto high = of(*store, {.from = key{std::int64_t{6}}});
    EXPECT_EQ(low.hash ^ high.hash, of(*store).hash);
}

TEST_F(digest, covers_every_type) {
    admin_->run(
        "create table wide(id int primary key, b bool, i2 int2, f4 real, f8 double precision, "
        "n numeric, t text, y bytea, u uuid, d date, ts timestamp, tz timestamptz, j json, "
        "jb jsonb, version bigint not null default 0)");
    table_schema wide{.name = "wide"};
    const std::pair<const char*, column_type> all[] = {
        {"id", column_type::int32},     {"b", column_type::boolean},
        {"i2", column_type::int16},     {"f4", column_type::float32},
        {"f8", column_type::float64},   {"n", column_type::numeric},
        {"t", column_type::text},       {"y", column_type::bytes},
        {"u", column_type::uuid},       {"d", column_type::date},
        {"ts", column_type::timestamp}, {"tz", column_type::timestamptz},
        {"j", column_type::json},       {"jb", column_type::json}};
    for (const auto& [name, type] : all) {
        const std::size_t field = wide.columns.size();
        wide.columns.push_back({name, type, field != 0, field});
    }
    wide.key = {0};
    wide.version_column = "version";
    const auto store = place_->open();
    binding bound{.migration = "wide", .id = migration_id("wide")};
    bound.tables = {wide};
    must(store->bind(bound));
    admin_->run("insert into wide(id) values (1)");
    const auto nulls = of(*store);
    const char* values[] = {
        "b=false",         "i2=0",           "f4=0",
        "f4='-0'",         "f8='NaN'",       "n=0",
        "n=0.0",           "t=''",           "y=''",
        "y='\\x00'",       "d='2000-01-01'", "d='infinity'",
        "ts='2000-01-01'", "tz='-infinity'", "j='{}'",
        "j='{ }'",         "jb='{}'",        "u='00000000-0000-0000-0000-000000000000'"};
    std::vector<std::int64_t> seen{nulls.hash};
    for (const char* value : values) {
        admin_->run(std::string("delete from wide; insert into wide(id) values (1); "
                                "update wide set ") +
                    value);
        const auto hash = of(*store).hash;
        EXPECT_EQ(std::count(seen.begin(), seen.end(), hash), 0) << value;
        seen.push_back(hash);
    }
}

class bulk : public users_test {};

TEST_F(bulk, loads_all_rows_or_none) {
    const auto store = open();
    std::vector<row> rows;
    for (std::int64_t n = 0; n < 20'000; ++n)
        rows.push_back({n, std::string(50, 'x'), n * 2});
    EXPECT_EQ(must(store->bulk_load(0, rows, soon())), 20'000);
    EXPECT_EQ(admin_->run("select sum(balance) || '/' || sum(version) from users"), "399980000/0");
    const std::vector<row> again{{std::int64_t{-1}, null{}, std::int64_t{0}},
                                 {std::int64_t{5}, null{}, std::int64_t{0}}};
    EXPECT_EQ(error_of(store->bulk_load(0, again, soon())), errc::constraint);
    EXPECT_EQ(admin_->run("select count(*) from users"), "20000");
    EXPECT_EQ(write(*store, put(-1, "after")).status, write_status::committed);
}

} // namespace
} // namespace tandem_test
