// SPDX-License-Identifier: BSL-1.0
//
// The texts for the records of operations. An id is locked by an advisory lock for as long as a
// transaction with it runs, and looked up in a later statement; so a second one waits, and who asks
// hears at once that one is under way. The primary key is what makes an id unique.

#include "postgres/sql.hpp"
#include "postgres/sql_text.hpp"

namespace tandem::postgres::detail {
namespace {

constexpr std::string_view now_ms = "(extract(epoch from clock_timestamp())*1000)::bigint";

// Of this side: it is an authority and has a secondary.
std::string has_era(const sql_scope& s) {
    return fill("exists(select from {0} f where {1} and f.bucket=0 and f.role in ('P', 'D') "
                "and f.phase in (2, 3))",
                {s.table("tandem_fence"), s.of("f")});
}

} // namespace

std::string owed_operations_count(const sql_scope& s) {
    return fill("(select count(*) from (select from {0} r where {1} and r.owed and {2} "
                "limit 10000) r)",
                {s.table("tandem_operation"), s.of("r"), has_era(s)});
}

void add_operation_sql(control_sql& out, const sql_scope& s) {
    const std::string table = s.table("tandem_operation");
    const std::string identity =
        fill("{0}, '{1}'", {std::to_string(s.migration), std::string(1, s.side)});
    const std::string columns = "mig, side, id, content, committed, version, writes, owed";
    out.lock_operation = make_statement("select pg_advisory_xact_lock($1)", {oids::int8});
    out.try_lock_operation = make_statement("select pg_try_advisory_xact_lock($1)", {oids::int8});
    out.find_operation = make_statement(
        fill("select {0}, r.content, r.committed, r.version, r.writes from (select 1) one "
             "left join {1} r on {2} and r.id=$1",
             {now_ms, table, s.of("r")}),
        {oids::uuid});
    out.add_operation =
        make_statement(fill("insert into {0} ({1}) values ({2}, $1, $2, $3, $4, $5, {3})",
                            {table, columns, identity, s.joint ? "false" : "true"}),
                       {oids::uuid, oids::bytea, oids::boolean, oids::int8, oids::int8});
    out.add_operations = make_statement(
        fill("insert into {0} ({1}) select {2}, u.id, u.content, u.committed<>0, u.version, "
             "u.writes, false from unnest($1, $2, $3, $4, $5) u(id, content, committed, version, "
             "writes) where exists(select from {3} f where {4} and f.bucket=0) "
             "on conflict do nothing",
             {table, columns, identity, s.table("tandem_fence"), s.of("f")}),
        {oids::uuid_array, oids::bytea_array, oids::int4_array, oids::int8_array,
         oids::int8_array});
    out.owed_operations =
        make_statement(fill("select r.id, r.content, r.committed, r.version, r.writes from {0} r "
                            "where {1} and r.owed and {2} limit $1",
                            {table, s.of("r"), has_era(s)}),
                       {oids::int8});
    out.operations_delivered =
        make_statement(fill("update {0} r set owed=false where {1} and r.id=any($1) and r.owed",
                            {table, s.of("r")}),
                       {oids::uuid_array});
    // Ids rise with their dates, so the oldest ones stand together at the start of the index.
    out.purge_operations = make_statement(
        fill("delete from {0} where ctid=any(array(select r.ctid from {0} r where {1} and r.id<"
             "(select (lpad(to_hex(greatest({2}-$1, 0)), 12, '0') || repeat('0', 20))::uuid) "
             "order by r.id limit $2))",
             {table, s.of("r"), now_ms}),
        {oids::int8, oids::int8});
    // The text becomes a number at the server, which knows what it never gave out.
    out.transaction_status = make_statement("select pg_xact_status($1::text::xid8)", {oids::text});
}

} // namespace tandem::postgres::detail
