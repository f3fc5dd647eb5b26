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
    const std::string fence = "pg_advisory_xact_lock_shared(" + id + ", $1)";
    const std::string both = fence + ", pg_advisory_xact_lock(" + keys + ", $2)";
    out.lock_write = make_statement("select " + both, {oids::int4, oids::int4});
    out.lock_write_timed = make_statement("select " + timeouts(3) + both,
                                          {oids::int4, oids::int4, oids::text, oids::text});
    out.lock_fence = make_statement("select " + fence, {oids::int4});
    out.lock_fence_timed =
        make_statement("select " + timeouts(2) + fence, {oids::int4, oids::text, oids::text});
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
        fill("select u.b, e.state from unnest($1) u(b) cross join lateral {0}({1}, '{2}', u.b) e",
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
    out.purge_tombstones =
        make_statement(fill("with d as (delete from {0} d where {1} returning d.bucket, d.version) "
                            "update {2} f set floor=greatest(f.floor, m.v) "
                            "from (select bucket, max(version) v from d group by bucket) m "
                            "where {3} and f.bucket=m.bucket",
                            {table, s.of("d"), s.table("tandem_fence"), s.of("f")}));
}

// A side with authority follows the rule of the primary: synced, and nothing owed of the key, as
// leaving the era drops intents, nor of a dirty table, as a backfill has to bring it. The others
// follow that of the secondary. What is deleted is the version that was looked at, never the key
// alone: a delete in flight may raise the tombstone after this snapshot. Deleting and raising the
// floor are one statement. The fence rows are locked first, so that a transaction that holds them
// FOR SHARE and waits for one of the tombstones cannot close a cycle.
void add_purge(control_sql& out, const sql_scope& s) {
    const std::string table = s.table("tandem_tombstone"), fence = s.table("tandem_fence");
    const std::string purgeable =
        fill("{0} d join {1} f on {2} and f.bucket=d.bucket where {3} and "
             "case when f.role in ('P', 'D') then f.synced and not exists (select from {4} o "
             "where {5} and o.tbl=d.tbl and o.key=d.key) and not exists (select from {6} y "
             "where {7} and y.tbl=d.tbl) else d.epoch<f.epoch end",
             {table, fence, s.of("f"), s.of("d"), s.table("tandem_outbox"), s.of("o"),
              s.table("tandem_dirty"), s.of("y")});
    out.purge_buckets = make_statement(
        fill("select distinct c.bucket from (select d.bucket from {0} limit $1) c order by 1 "
             "limit 16",
             {purgeable}),
        {oids::int8});
    out.purge_lock =
        make_statement(fill("select f.bucket from {0} f where {1} and f.bucket=any($1) order by 1 "
                            "for no key update",
                            {fence, s.of("f")}),
                       {oids::int4_array});
    out.purge = make_statement(
        fill("with c as (select d.tbl, d.key, d.version from {0} and d.bucket=any($1) "
             "order by d.version limit $2), "
             "x as (delete from {1} d using c where {2} and d.tbl=c.tbl and d.key=c.key "
             "and d.version=c.version returning d.bucket, d.version), "
             "u as (update {3} f set floor=greatest(f.floor, m.v) "
             "from (select bucket, max(version) v from x group by bucket) m "
             "where {4} and f.bucket=m.bucket) select count(*) from x",
             {purgeable, table, s.of("d"), fence, s.of("f")}),
        {oids::int4_array, oids::int8});
}

void add_outbox(control_sql& out, const sql_scope& s) {
    const std::string box = s.table("tandem_outbox"), failed = s.table("tandem_outbox_failure");
    out.owed = make_statement(
        fill("select o.id, o.version, o.epoch, o.tbl, o.key, coalesce(x.attempts, case when "
             "exists(select from {1} k where {3} and k.tbl=o.tbl and k.key=o.key) then 1 else 0 "
             "end) from {0} o "
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
             "d as (select o.id from {0} o where o.id in (select x.id from s join {1} x on {2} and "
             "x.tbl=s.tbl and x.key=s.key and x.version<=s.version) for update), "
             "f as (delete from {1} x using d where x.id=d.id) "
             "delete from {0} o using d where o.id=d.id",
             {box, failed, s.of("x")}),
        {oids::int8_array});
    out.settle_failures =
        make_statement("delete from " + failed + " where id=any($1)", {oids::int8_array});
    out.stats = make_statement(
        fill("select count(*), (select count(*) from {1} x where x.dead and {3}), "
             "coalesce((extract(epoch from clock_timestamp()-min(o.created_at))*1000)::bigint, 0), "
             "(select count(*) from {4} y where {5}) from {0} o where {2}",
             {box, failed, s.of("o"), s.of("x"), s.table("tandem_dirty"), s.of("y")}));
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
    add_step_sql(out, scope);
    return out;
}

} // namespace tandem::postgres::detail
