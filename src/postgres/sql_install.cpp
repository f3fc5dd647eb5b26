// SPDX-License-Identifier: BSL-1.0
//
// The control tables and functions, and the key encoding of core/key.hpp in SQL. The tables are
// narrow on purpose: the outbox has no index beside its key, and what only failed deliveries need
// stands in a table of its own.
//
// Tables that churn are vacuumed and analyzed after fewer changes than usual. They are never cut
// short: that takes an exclusive lock, and see `room` below.

#include "postgres/sql.hpp"
#include "postgres/sql_text.hpp"

namespace tandem::postgres::detail {
namespace {

// {1} of the tables below.
constexpr std::string_view churning =
    "with (autovacuum_vacuum_scale_factor=0.02, autovacuum_vacuum_threshold=1000, "
    "autovacuum_analyze_scale_factor=0.02, autovacuum_analyze_threshold=1000, "
    "vacuum_truncate=off)";

constexpr std::string_view tables[] = {
    "create table if not exists {0}tandem_migration (id int primary key, name text not null "
    "unique, "
    "buckets int not null, control_version int not null)",

    "create table if not exists {0}tandem_fence (mig int not null, side \"char\" not null, "
    "bucket int not null, epoch bigint not null, role \"char\" not null, phase smallint not null, "
    "era bigint not null, synced bool not null, floor bigint not null default 0, "
    "mode \"char\" not null, mapping bytea, server text, "
    "changed_at timestamptz not null default clock_timestamp(), changed_by text, reason text, "
    // All of it in one column: reads carry the fence along, and each column of an answer costs.
    "state bigint[] generated always as (array[epoch, role::int::bigint, phase::bigint, era, "
    "synced::int::bigint, floor, mode::int::bigint]) stored, "
    "primary key (mig, side, bucket)) with (fillfactor=50)",

    "create table if not exists {0}tandem_tombstone (mig int not null, side \"char\" not null, "
    "tbl smallint not null, key bytea not null, version bigint not null, epoch bigint not null, "
    "bucket int not null, primary key (mig, side, tbl, key)) {1}",

    // Purge takes the oldest ones. The condition always holds and keeps the index from all other
    // statements: as long as the table is small, the planner holds it as good as the primary key.
    "create index if not exists tandem_tombstone_version on {0}tandem_tombstone "
    "(mig, side, version) where bucket>=0",

    "create table if not exists {0}tandem_outbox ("
    "id bigint generated always as identity primary key, "
    "created_at timestamptz not null default clock_timestamp(), version bigint not null, "
    "epoch bigint not null, mig int not null, bucket int not null, tbl smallint not null, "
    "side \"char\" not null, deleted bool not null, key bytea not null) {1}",

    "create table if not exists {0}tandem_outbox_failure (id bigint primary key, "
    "version bigint not null, at timestamptz not null, retry_at timestamptz not null, "
    "mig int not null, attempts int not null, tbl smallint not null, side \"char\" not null, "
    "dead bool not null, key bytea not null, last_error text) {1}",
    "create index if not exists tandem_outbox_failure_key on {0}tandem_outbox_failure "
    "(mig, side, tbl, key, version)",

    "create table if not exists {0}tandem_dirty (id bigint generated always as identity "
    "primary key, at timestamptz not null default clock_timestamp(), mig int not null, "
    "tbl smallint not null, side \"char\" not null, reason text not null)",
};

// Gives each of them 16 pages. The planner reads a table of a page or two as a whole, and a
// session keeps such a plan of a prepared statement while the table grows. Four rows fill a page.
constexpr std::string_view room[] = {
    "insert into {0}tandem_tombstone (mig, side, tbl, key, version, epoch, bucket) "
    "select 0, ' ', 0, int4send(n) || convert_to(repeat(' ', 1900), 'UTF8'), 0, 0, 0 "
    "from generate_series(1, 64) n",
    "delete from {0}tandem_tombstone where mig=0 and side=' '",

    "insert into {0}tandem_outbox (id, version, epoch, mig, bucket, tbl, side, deleted, key) "
    "overriding system value select -n, 0, 0, 0, 0, 0, ' ', true, "
    "convert_to(repeat(' ', 1900), 'UTF8') from generate_series(1, 64) n",
    "delete from {0}tandem_outbox where id<0",

    "insert into {0}tandem_outbox_failure (id, version, at, retry_at, mig, attempts, tbl, side, "
    "dead, key, last_error) select -n, 0, clock_timestamp(), clock_timestamp(), 0, 0, 0, ' ', "
    "false, '', repeat(' ', 1900) from generate_series(1, 64) n",
    "delete from {0}tandem_outbox_failure where id<0",
};

// Must be volatile: each of its statements then takes a snapshot of its own, later than the lock.
// Above READ COMMITTED the snapshot is the transaction's, hence the row lock, which fails with
// 40001 where the fence changed since.
constexpr std::string_view enter =
    "create or replace function {0}tandem_enter(m int, s \"char\", b int, out epoch bigint, "
    "out role \"char\", out phase smallint, out synced bool, out state bigint[]) language plpgsql "
    "volatile as $body$ begin "
    "perform pg_advisory_xact_lock_shared(m, b); "
    "if current_setting('transaction_isolation') = 'read committed' then "
    "select f.epoch, f.role, f.phase, f.synced, f.state "
    "into epoch, role, phase, synced, state from {0}tandem_fence f "
    "where f.mig = m and f.side = s and f.bucket = b; "
    "else "
    "select f.epoch, f.role, f.phase, f.synced, f.state "
    "into epoch, role, phase, synced, state from {0}tandem_fence f "
    "where f.mig = m and f.side = s and f.bucket = b for share; "
    "end if; end $body$";

constexpr std::string_view functions[] = {
    enter,
    // One column of a key: its length in four bytes, and its text.
    "create or replace function {0}tandem_key_part(t text) returns bytea language sql immutable "
    "strict parallel safe as $body$ select int4send(octet_length(convert_to(t, 'UTF8'))) || "
    "convert_to(t, 'UTF8') $body$",

    "create or replace function {0}tandem_bucket(k bytea, buckets int) returns int language sql "
    "immutable strict parallel safe as $body$ "
    "select ((('x' || substr(md5(k), 1, 8))::bit(32)::bigint & 4294967295) % buckets)::int $body$",
};

std::string key_text(const std::string& column, const live_type& type) {
    switch (type.format) {
    case wire_format::numeric: return "trim_scale(" + column + ")::text";
    case wire_format::bytea: return "encode(" + column + ", 'hex')";
    case wire_format::date:
        return fill(
            "case when isfinite({0}) then ({0} - date '1970-01-01')::text else {0}::text end",
            {column});
    case wire_format::timestamp:
    case wire_format::timestamptz:
        return fill(
            "case when isfinite({0}) then (extract(epoch from {0}) * 1000000)::bigint::text "
            "else {0}::text end",
            {column});
    case wire_format::text:
        // A cast to text would strip the blanks that belong to the value.
        if (type.type == oids::bpchar) return "format('%s', " + column + ")";
        return column + "::text";
    case wire_format::boolean:
    case wire_format::int2:
    case wire_format::int4:
    case wire_format::int8:
    case wire_format::float4:
    case wire_format::float8:
    case wire_format::uuid:
    case wire_format::json:
    case wire_format::jsonb: return column + "::text";
    }
    return column + "::text";
}

} // namespace

std::vector<std::string> install_sql(std::string_view control_schema) {
    const std::string schema = quoted(control_schema) + ".";
    std::vector<std::string> out;
    for (const std::string_view text : tables)
        out.push_back(fill(text, {schema, churning}));
    for (const std::string_view text : room)
        out.push_back(fill(text, {schema}));
    for (const std::string_view text : functions)
        out.push_back(fill(text, {schema}));
    return out;
}

std::string key_bytes_expression(const sql_scope& scope, const sql_table& own,
                                 std::string_view alias) {
    return joined(own.schema->key.size(), " || ", [&](std::size_t i) {
        const std::size_t column = own.schema->key[i];
        return scope.table("tandem_key_part(") +
               key_text(std::string(alias) + "." + column_name(own, column), own.types[column]) +
               ")";
    });
}

} // namespace tandem::postgres::detail
