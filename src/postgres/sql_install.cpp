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

struct object {
    std::string_view comment, text;
};

constexpr object tables[] = {
    {"Which migrations are installed here.",
     R"(create table if not exists {0}tandem_migration (
  id int primary key, name text not null unique, buckets int not null,
  control_version int not null))"},

    {"Who may do what: one row a migration, side and bucket. The only truth about the phase.",
     // The column `state` holds all of it: reads carry the fence along, and each column of an
     // answer costs.
     R"(create table if not exists {0}tandem_fence (
  mig int not null, side "char" not null, bucket int not null, epoch bigint not null,
  role "char" not null, phase smallint not null, era bigint not null, synced bool not null,
  floor bigint not null default 0, mode "char" not null, mapping bytea, server text,
  changed_at timestamptz not null default clock_timestamp(), changed_by text, reason text,
  state bigint[] generated always as (array[epoch, role::int::bigint, phase::bigint, era,
    synced::int::bigint, floor, mode::int::bigint]) stored,
  primary key (mig, side, bucket)) with (fillfactor=50))"},

    {"The version columns in use, and which of them tandem added.",
     R"(create table if not exists {0}tandem_column (
  mig int not null, side "char" not null, tbl smallint not null, table_name text not null,
  column_name text not null, added bool not null, primary key (mig, side, tbl)))"},

    {"Deleted keys.",
     R"(create table if not exists {0}tandem_tombstone (
  mig int not null, side "char" not null, tbl smallint not null, key bytea not null,
  version bigint not null, epoch bigint not null, bucket int not null,
  at timestamptz not null default clock_timestamp(), primary key (mig, side, tbl, key)) {1})"},
    // Purge takes the oldest ones. The condition always holds and keeps the index from all other
    // statements: as long as the table is small, the planner holds it as good as the primary key.
    {"", "create index if not exists tandem_tombstone_version on {0}tandem_tombstone\n"
         "  (mig, side, version) where bucket>=0"},

    {"What one side owes to the other.",
     R"(create table if not exists {0}tandem_outbox (
  id bigint generated always as identity primary key,
  created_at timestamptz not null default clock_timestamp(), version bigint not null,
  epoch bigint not null, mig int not null, bucket int not null, tbl smallint not null,
  side "char" not null, deleted bool not null, key bytea not null) {1})"},

    {"Deliveries that failed.",
     R"(create table if not exists {0}tandem_outbox_failure (
  id bigint primary key, version bigint not null, at timestamptz not null,
  retry_at timestamptz not null, mig int not null, attempts int not null, tbl smallint not null,
  side "char" not null, dead bool not null, key bytea not null, last_error text) {1})"},
    {"", "create index if not exists tandem_outbox_failure_key on {0}tandem_outbox_failure\n"
         "  (mig, side, tbl, key, version)"},

    {"Tables whose other side may lack a change that nothing owes any more.",
     R"(create table if not exists {0}tandem_dirty (
  id bigint generated always as identity primary key,
  at timestamptz not null default clock_timestamp(), mig int not null, tbl smallint not null,
  side "char" not null, reason text not null))"},

    {"Writes that carried an operation id.",
     R"(create table if not exists {0}tandem_operation (
  mig int not null, side "char" not null, id uuid not null, content bytea not null,
  committed bool not null, owed bool not null, version bigint not null, writes bigint not null,
  at timestamptz not null default clock_timestamp(), primary key (mig, side, id)) {1})"},
    {"", "create index if not exists tandem_operation_owed on {0}tandem_operation\n"
         "  (mig, side) where owed"},

    {"The spools of a source that cannot keep intents, and until when they are relied on.",
     R"(create table if not exists {0}tandem_spool (
  mig int not null, side "char" not null, owner text not null, place text not null,
  holder text not null, lease_until timestamptz not null, owed bigint not null,
  epoch bigint not null, lost bool not null default false, primary key (mig, side, owner)))"},
};

// Gives each of them 16 pages. The planner reads a table of a page or two as a whole, and a
// session keeps such a plan of a prepared statement while the table grows. Four rows fill a page.
constexpr object room[] = {
    {"Room: the planner reads a table of a page or two as a whole, whatever it holds later.",
     R"(insert into {0}tandem_tombstone (mig, side, tbl, key, version, epoch, bucket)
  select 0, ' ', 0, int4send(n) || convert_to(repeat(' ', 1900), 'UTF8'), 0, 0, 0
  from generate_series(1, 64) n)"},
    {"", "delete from {0}tandem_tombstone where mig=0 and side=' '"},
    {"", R"(insert into {0}tandem_outbox (id, version, epoch, mig, bucket, tbl, side, deleted, key)
  overriding system value
  select -n, 0, 0, 0, 0, 0, ' ', true, convert_to(repeat(' ', 1900), 'UTF8')
  from generate_series(1, 64) n)"},
    {"", "delete from {0}tandem_outbox where id<0"},
    {"", R"(insert into {0}tandem_outbox_failure
  (id, version, at, retry_at, mig, attempts, tbl, side, dead, key, last_error)
  select -n, 0, clock_timestamp(), clock_timestamp(), 0, 0, 0, ' ', false, '', repeat(' ', 1900)
  from generate_series(1, 64) n)"},
    {"", "delete from {0}tandem_outbox_failure where id<0"},
    {"", R"(insert into {0}tandem_operation
  (mig, side, id, content, committed, owed, version, writes)
  select 0, ' ', ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid,
    convert_to(repeat(' ', 1900), 'UTF8'), false, false, 0, 0 from generate_series(1, 64) n)"},
    {"", "delete from {0}tandem_operation where mig=0 and side=' '"},
};

constexpr object functions[] = {
    // Must be volatile: each of its statements then takes a snapshot of its own, later than the
    // lock. Above READ COMMITTED the snapshot is the transaction's, hence the row lock, which fails
    // with 40001 where the fence changed since.
    {"Enters the fence: its lock, shared, and then what it says.",
     R"(create or replace function {0}tandem_enter(m int, s "char", b int, out epoch bigint,
  out role "char", out phase smallint, out synced bool, out state bigint[])
  language plpgsql volatile as $body$ begin
  perform pg_advisory_xact_lock_shared(m, b);
  if current_setting('transaction_isolation') = 'read committed' then
    select f.epoch, f.role, f.phase, f.synced, f.state into epoch, role, phase, synced, state
      from {0}tandem_fence f where f.mig = m and f.side = s and f.bucket = b;
  else
    select f.epoch, f.role, f.phase, f.synced, f.state into epoch, role, phase, synced, state
      from {0}tandem_fence f where f.mig = m and f.side = s and f.bucket = b for share;
  end if; end $body$)"},

    {"One column of a key: its length in four bytes, and its text.",
     R"(create or replace function {0}tandem_key_part(t text) returns bytea
  language sql immutable strict parallel safe as $body$
  select int4send(octet_length(convert_to(t, 'UTF8'))) || convert_to(t, 'UTF8') $body$)"},

    {"The bucket of a key.",
     R"(create or replace function {0}tandem_bucket(k bytea, buckets int) returns int
  language sql immutable strict parallel safe as $body$
  select ((('x' || substr(md5(k), 1, 8))::bit(32)::bigint & 4294967295) % buckets)::int $body$)"},
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

std::vector<install_part> install_sql(std::string_view control_schema) {
    const std::string schema = quoted(control_schema) + ".";
    std::vector<install_part> out;
    for (const object& o : tables)
        out.push_back({std::string(o.comment), fill(o.text, {schema, churning})});
    for (const object& o : room)
        out.push_back({std::string(o.comment), fill(o.text, {schema})});
    for (const object& o : functions)
        out.push_back({std::string(o.comment), fill(o.text, {schema})});
    return out;
}

std::vector<std::string> removal_sql(std::string_view control_schema) {
    const std::string schema = quoted(control_schema) + ".";
    return {
        fill("drop function {0}tandem_enter(int, \"char\", int), "
             "{0}tandem_key_part(text), {0}tandem_bucket(bytea, int)",
             {schema}),
        fill("drop table {0}tandem_migration, {0}tandem_fence, {0}tandem_column, "
             "{0}tandem_tombstone, {0}tandem_outbox, {0}tandem_outbox_failure, {0}tandem_dirty, "
             "{0}tandem_operation, {0}tandem_spool",
             {schema})};
}

std::vector<install_part> registration_sql(const sql_scope& scope, const binding& bound) {
    const bool is_source = scope.side == static_cast<char>(side::source);
    const std::string id = std::to_string(scope.migration), name = literal(bound.migration);
    const std::string last = std::to_string(scope.buckets - 1);
    return {
        {"The migration.",
         fill("insert into {0} (id, name, buckets, control_version)\n"
              "  values ({1}, {2}, {3}, 1) on conflict do nothing",
              {scope.table("tandem_migration"), id, name, std::to_string(scope.buckets)})},
        {is_source ? "Its fence: the source comes up as the primary of old_only."
                   : "Its fence: the target comes up as a secondary.",
         fill("insert into {0} (mig, side, bucket, epoch, role, phase, era, synced, mode)\n"
              "  select {1}, '{2}', n, 1, '{3}', 1, 0, false, 'r' from generate_series(0, {4}) n\n"
              "  where exists (select from {5} where id={1} and name={6} and buckets={4}+1)\n"
              "  on conflict do nothing",
              {scope.table("tandem_fence"), id, std::string(1, scope.side), is_source ? "P" : "S",
               last, scope.table("tandem_migration"), name})},
    };
}

std::vector<install_part> version_column_sql(const sql_scope& scope, const table_schema& table,
                                             table_id number, const std::string& live_name,
                                             bool lacks) {
    std::vector<install_part> out;
    if (lacks) {
        out.push_back({"The version column of " + table.name +
                           ", which is missing; uninstall() takes it away again.",
                       fill("alter table {0} add column {1} bigint not null default 0",
                            {live_name, quoted(table.version_column)})});
    }
    out.push_back(
        {lacks ? "" : "The version column of " + table.name + " is there.",
         fill("insert into {0} as c (mig, side, tbl, table_name, column_name, added)\n"
              "  values ({1}, '{2}', {3}, {4}, {5}, {6})\n  on conflict (mig, side, tbl) do {7}",
              {scope.table("tandem_column"), std::to_string(scope.migration),
               std::string(1, scope.side), std::to_string(number), literal(live_name),
               literal(table.version_column), lacks ? "true" : "false",
               lacks ? "update set table_name=excluded.table_name, added=true" : "nothing"})});
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
