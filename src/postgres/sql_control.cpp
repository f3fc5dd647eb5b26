// SPDX-License-Identifier: BSL-1.0
//
// The texts over the control tables that no user table takes part in. The steps of a switch are in
// sql_steps.cpp.

#include "postgres/sql.hpp"
#include "postgres/sql_text.hpp"

namespace tandem::postgres::detail {

namespace {

statement begin_text(std::string_view level) {
    return make_statement("begin isolation level " + std::string(level));
}

void add_transactions(control_sql& out) {
    out.begin = {begin_text("read committed"), begin_text("repeatable read"),
                 begin_text("serializable")};
    out.begin_read = begin_text("repeatable read read only");
    out.commit = make_statement("commit");
    out.rollback = make_statement("rollback");
    out.savepoint = make_statement("savepoint tandem");
    out.release_savepoint = make_statement("release savepoint tandem");
    out.rollback_to_savepoint = make_statement("rollback to savepoint tandem");
    out.async_commit = make_statement("select set_config('synchronous_commit', 'off', true)");
    // A plan is kept for as long as the session has the statement. One made while a control table
    // was small would go on reading all of it when it has grown. What has no index is read as a
    // whole all the same, at a cost on paper that would set off the compiler.
    out.by_index = make_statement("select set_config('enable_seqscan', 'off', true), "
                                  "set_config('jit', 'off', true)");
    // In the order of an index as well.
    out.by_order =
        make_statement("select set_config('enable_seqscan', 'off', true), "
                       "set_config('enable_bitmapscan', 'off', true), "
                       "set_config('enable_sort', 'off', true), set_config('jit', 'off', true)");
    out.set_timeouts = make_statement("select set_config('lock_timeout', $1, true), "
                                      "set_config('statement_timeout', $2, true)",
                                      {oids::text, oids::text});
    out.set_idle_timeout = make_statement(
        "select set_config('idle_in_transaction_session_timeout', $1, true)", {oids::text});
}

// Locks are statements of their own: what is read afterwards has a later snapshot. The timeouts
// stand before the locks in the list, hence they count for them.
void add_locks(control_sql& out, const sql_scope& s) {
    const std::string id = std::to_string(s.migration), keys = std::to_string(s.key_class);
    const auto timeouts = [](std::size_t first) {
        return fill("set_config('lock_timeout', {0}, true), "
                    "set_config('statement_timeout', {1}, true), ",
                    {param(first), param(first + 1)});
    };
    const std::string number = "select pg_current_xact_id(), ";
    // The transaction's number comes first: early enough to be known if the commit's answer is not.
    const std::string fence = "pg_advisory_xact_lock_shared(" + id + ", $1)";
    const std::string both = fence + ", pg_advisory_xact_lock(" + keys + ", $2)";
    out.lock_write = make_statement(number + both, {oids::int4, oids::int4});
    out.lock_write_timed = make_statement(number + timeouts(3) + both,
                                          {oids::int4, oids::int4, oids::text, oids::text});
    out.lock_fence = make_statement(number + fence, {oids::int4});
    out.lock_fence_timed =
        make_statement(number + timeouts(2) + fence, {oids::int4, oids::text, oids::text});
    out.lock_fences = make_statement(
        "select pg_advisory_xact_lock_shared(" + id + ", n) from unnest($1) n", {oids::int4_array});
    out.lock_stripes = make_statement(
        "select pg_advisory_xact_lock(" + keys + ", n) from unnest($1) n", {oids::int4_array});
    out.lock_exclusive =
        make_statement(fill("select pg_advisory_xact_lock({0}, n) from generate_series(0, {1}) n",
                            {id, std::to_string(s.buckets - 1)}));
}

void add_fences(control_sql& out, const sql_scope& s) {
    const std::string fence = s.table("tandem_fence");
    out.enter = make_statement(
        fill("select u.b, e.state, pg_current_xact_id() from unnest($1) u(b) cross join lateral "
             "{0}({1}, '{2}', u.b) e",
             {s.table("tandem_enter"), std::to_string(s.migration), std::string(1, s.side)}),
        {oids::int4_array});
    out.fence_rows = make_statement(
        fill("select f.bucket, f.state from {0} f where {1} order by 1", {fence, s.of("f")}));
    out.fence_epochs =
        make_statement(fill("select f.bucket, f.epoch from {0} f where {1} and f.bucket=any($1)",
                            {fence, s.of("f")}),
                       {oids::int4_array});
    out.touch_fence = make_statement(
        fill("update {0} f set changed_at=clock_timestamp() where {1} and f.bucket=0",
             {fence, s.of("f")}));
    out.mark_apply = make_statement("select set_config('tandem.apply', 'on', true)");
}

void add_tombstones(control_sql& out, const sql_scope& s) {
    const std::string table = s.table("tandem_tombstone");
    // An index entry that excludes others where advisory locks are not enough, because the snapshot
    // is older than they are (protocol-layouts A2). Version 0: no tombstone, only the entry.
    out.anchor = make_statement(
        fill("insert into {0} as d (mig, side, tbl, key, version, epoch, bucket) "
             "values ({1}, '{2}', $1, $2, 0, $4, $3) on conflict (mig, side, tbl, key) "
             "do update set version=d.version",
             {table, std::to_string(s.migration), std::string(1, s.side)}),
        {oids::int2, oids::bytea, oids::int4, oids::int8});
    out.remove_anchor =
        make_statement(fill("delete from {0} d where {1} and d.tbl=$1 and d.key=$2 and d.version=0",
                            {table, s.of("d")}),
                       {oids::int2, oids::bytea});
    out.tombstones = make_statement(
        fill("select d.key, d.version, d.epoch from {0} d where {1} and d.tbl=$1 and d.key>$2 "
             "order by d.key limit $3",
             {table, s.of("d")}),
        {oids::int2, oids::bytea, oids::int8});
    out.count_tombstones = make_statement(
        fill("select count(*), "
             "coalesce((extract(epoch from clock_timestamp()-min(d.at))*1000)::bigint, 0) "
             "from (select d.at from {0} d where {1} limit $1) d",
             {table, s.of("d")}),
        {oids::int8});
    out.purge_tombstones =
        make_statement(fill("with d as (delete from {0} d where {1} returning d.bucket, d.version) "
                            "update {2} f set floor=greatest(f.floor, m.v) "
                            "from (select bucket, max(version) v from d group by bucket) m "
                            "where {3} and f.bucket=m.bucket",
                            {table, s.of("d"), s.table("tandem_fence"), s.of("f")}));
}

// Who may be purged, oldest first: `w` (place, bucket, version), at most `limit` lines.
//
// A side with authority follows the rule of the primary: synced, and nothing owed of the key, as
// leaving the era drops intents, nor of a dirty table, as a backfill has to bring it. The others
// follow that of the secondary.
//
// The outbox has no index by key. Owed keys and candidates meet in a GROUP BY, as it takes one pass
// over both whatever the planner believes of their numbers, which a join does not. No more
// candidates can be owed than the outbox has rows, so that many more are enough.
std::string purgeable(const sql_scope& s, std::string_view limit, std::string_view which) {
    const std::string fence = s.table("tandem_fence"), box = s.table("tandem_outbox");
    const auto of_bucket = [](std::string_view what, std::string_view alias) {
        return fill("((select f.{0} from f))[{1}.bucket+1]", {what, alias});
    };
    const std::string fences = fill(
        "select array_agg(f.role in ('P', 'D') order by f.bucket) as leads, "
        "array_agg(f.synced order by f.bucket) as synced, "
        "array_agg(f.epoch order by f.bucket) as epochs, "
        "(select array_agg(distinct y.tbl) from {2} y where {3}) as dirty from {0} f where {1}",
        {fence, s.of("f"), s.table("tandem_dirty"), s.of("y")});
    const std::string candidates =
        fill("select d.ctid as place, d.tbl, d.key, d.bucket, d.version from {0} d where {1} and "
             "d.bucket>=0{2} and case when {3} then {4} and "
             "(d.tbl=any((select f.dirty from f)::smallint[])) is not true else d.epoch<{5} end "
             "order by d.version limit {6}+(select count(*) from {7} o where {8})",
             {s.table("tandem_tombstone"), s.of("d"), which, of_bucket("leads", "d"),
              of_bucket("synced", "d"), of_bucket("epochs", "d"), limit, box, s.of("o")});
    const std::string owed =
        fill("select null::tid, o.tbl, o.key, o.bucket, 0::bigint from {0} o where {1} and {2}",
             {box, s.of("o"), of_bucket("leads", "o")});
    return fill("with f as materialized ({0}), c as ({1}), "
                "w as (select (array_agg(u.place))[1] as place, max(u.bucket) as bucket, "
                "max(u.version) as version from (select * from c union all {2}) u "
                "group by u.tbl, u.key having bool_and(u.place is not null) "
                "order by 3 limit {3})",
                {fences, candidates, owed, limit});
}

// What is deleted is the version that was looked at, never the key alone: a delete in flight may
// raise the tombstone after this snapshot. Deleting and raising the floor are one statement. The
// fence rows are locked first, so that a transaction that holds them FOR SHARE and waits for one of
// the tombstones cannot close a cycle.
void add_purge(control_sql& out, const sql_scope& s) {
    const std::string fence = s.table("tandem_fence");
    out.purge_buckets = make_statement(purgeable(s, "$1", "") +
                                           " select distinct w.bucket from w order by 1 limit 16",
                                       {oids::int8});
    out.purge_lock =
        make_statement(fill("select f.bucket from {0} f where {1} and f.bucket=any($1) order by 1 "
                            "for no key update",
                            {fence, s.of("f")}),
                       {oids::int4_array});
    out.purge = make_statement(
        fill("{0}, x as (delete from {1} d using w where d.ctid=w.place and d.version=w.version "
             "returning d.bucket, d.version), "
             "u as (update {2} f set floor=greatest(f.floor, m.v) "
             "from (select bucket, max(version) v from x group by bucket) m "
             "where {3} and f.bucket=m.bucket) select count(*) from x",
             {purgeable(s, "$2", " and d.bucket=any($1)"), s.table("tandem_tombstone"), fence,
              s.of("f")}),
        {oids::int4_array, oids::int8});
}

// The planner takes two equalities without statistics for a handful of rows, which it would rather
// collect from the whole outbox and sort than meet in the order of their ids. Of a CASE it expects
// half of the rows. Failures are looked up one by one for the reason given in sql_read.cpp.
void add_outbox(control_sql& out, const sql_scope& s) {
    const std::string box = s.table("tandem_outbox"), failed = s.table("tandem_outbox_failure");
    out.owed = make_statement(
        fill("select o.id, o.version, o.epoch, o.tbl, o.key, coalesce(x.attempts, (select 1 from "
             "{1} k "
             "where {3} and k.tbl=o.tbl and k.key=o.key limit 1), 0) from {0} o "
             "left join lateral (select x.attempts, x.dead, x.retry_at from {1} x "
             "where x.id=o.id limit 1) x on true "
             "where o.id>$1 and case when {2} then true else false end and "
             "(x.dead is null or (not x.dead and ($3 or x.retry_at<=clock_timestamp()))) "
             "order by o.id limit $2",
             {box, failed, s.of("o"), s.of("k")}),
        {oids::int8, oids::int8, oids::boolean});
    // What failed before of a key was delivered with what is settled. Everybody locks an intent
    // before its failure.
    out.settle = make_statement(
        fill("with s as (delete from {0} o where o.id=any($1) returning o.tbl, o.key, o.version), "
             "d as (select o.id from s cross join lateral (select x.id from {1} x where {2} and "
             "x.tbl=s.tbl and x.key=s.key and x.version<=s.version offset 0) x "
             "cross join lateral (select o.id from {0} o where o.id=x.id for update) o), "
             "f as (delete from {1} x where x.id=any(array(select d.id from d))) "
             "delete from {0} o where o.id=any(array(select d.id from d))",
             {box, failed, s.of("x")}),
        {oids::int8_array});
    out.settle_failures =
        make_statement("delete from " + failed + " where id=any($1)", {oids::int8_array});
    out.stats = make_statement(
        fill("select count(*), (select count(*) from {1} x where x.dead and {3}), "
             "coalesce((extract(epoch from clock_timestamp()-min(o.created_at))*1000)::bigint, 0), "
             "(select count(*) from {4} y where {5}), {6}, coalesce(min(o.epoch), 0) "
             "from {0} o where {2}",
             {box, failed, s.of("o"), s.of("x"), s.table("tandem_dirty"), s.of("y"),
              owed_operations_count(s)}));
    out.is_owed = make_statement(
        fill("select exists(select from {0} o where o.id=$1 and {1})", {box, s.of("o")}),
        {oids::int8});
    out.has_outbox =
        make_statement(fill("select exists(select from {0} o where {1})", {box, s.of("o")}));
    out.drop_outbox = make_statement(fill("delete from {0} o where {1}", {box, s.of("o")}));
    out.drop_failures = make_statement(fill("delete from {0} x where {1}", {failed, s.of("x")}));
}

} // namespace

control_sql make_control_sql(const sql_scope& scope) {
    control_sql out;
    add_transactions(out);
    add_locks(out, scope);
    add_fences(out, scope);
    add_tombstones(out, scope);
    add_purge(out, scope);
    add_outbox(out, scope);
    add_dead_letter_sql(out, scope);
    add_operation_sql(out, scope);
    add_step_sql(out, scope);
    return out;
}

} // namespace tandem::postgres::detail
