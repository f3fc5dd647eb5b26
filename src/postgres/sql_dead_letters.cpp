// SPDX-License-Identifier: BSL-1.0
//
// The texts for failed deliveries, dead letters and the marks of dirty tables. Intents are locked
// before their failures, as settling does; so a failure never outlives its intent.

#include "postgres/sql.hpp"
#include "postgres/sql_text.hpp"

namespace tandem::postgres::detail {
namespace {

// Of a column `at`, in milliseconds.
std::string age_of(std::string_view column) {
    return fill("greatest((extract(epoch from clock_timestamp()-{0})*1000)::bigint, 0)", {column});
}

void add_failures(control_sql& out, const sql_scope& s) {
    const std::string box = s.table("tandem_outbox"), failed = s.table("tandem_outbox_failure");
    out.note_failure = make_statement(
        fill("insert into {0} as x (id, mig, side, tbl, key, version, attempts, dead, last_error, "
             "at, retry_at) select i.id, i.mig, i.side, i.tbl, i.key, i.version, 1, $2, $3, "
             "clock_timestamp(), clock_timestamp()+$4*interval '1 ms' "
             "from (select o.* from {1} o where o.id=any($1) and {2} order by o.id for update) i "
             "on conflict (id) do update set attempts=x.attempts+1, dead=x.dead or excluded.dead, "
             "last_error=excluded.last_error, at=excluded.at, retry_at=excluded.retry_at",
             {failed, box, s.of("o")}),
        {oids::int8_array, oids::boolean, oids::text, oids::int8});
    out.dead_letters = make_statement(
        fill("select x.id, x.tbl, x.key, x.version, x.attempts, coalesce(x.last_error, ''), {3} "
             "from {0} x join {1} o on o.id=x.id where x.id>$1 and {2} and x.dead "
             "order by x.id limit $2",
             {failed, box, s.of("x"), age_of("o.created_at")}),
        {oids::int8, oids::int8});
    out.revive = make_statement(
        fill("delete from {0} x where x.dead and x.id=any($1) and {1}", {failed, s.of("x")}),
        {oids::int8_array});
    out.revive_all =
        make_statement(fill("delete from {0} x where x.dead and {1}", {failed, s.of("x")}));
}

void add_marks(control_sql& out, const sql_scope& s) {
    const std::string box = s.table("tandem_outbox"), failed = s.table("tandem_outbox_failure");
    const std::string dirty = s.table("tandem_dirty"), id = std::to_string(s.migration);
    const std::string side(1, s.side);
    // One statement: whoever no longer sees the intent sees the mark.
    out.drop_dead = make_statement(
        fill("with d as (select o.id, o.tbl from {0} o join {1} x on x.id=o.id where "
             "o.id=any($1) and x.dead and {3} order by o.id for update), "
             "f as (delete from {1} x using d where x.id=d.id), "
             "b as (delete from {0} o using d where o.id=d.id), "
             "g as (delete from {2} y using d where {4} and y.tbl=d.tbl and y.reason=$2), "
             "m as (insert into {2} (mig, side, tbl, reason) select distinct {5}, '{6}'::\"char\", "
             "d.tbl, $2 from d) select count(*) from d",
             {box, failed, dirty, s.of("o"), s.of("y"), id, side}),
        {oids::int8_array, oids::text});
    out.mark_dirty =
        make_statement(fill("with g as (delete from {0} y where {1} and y.tbl=$1 and y.reason=$2) "
                            "insert into {0} (mig, side, tbl, reason) values ({2}, '{3}', $1, $2)",
                            {dirty, s.of("y"), id, side}),
                       {oids::int2, oids::text});
    out.marks = make_statement(fill("select y.id, y.tbl, y.reason, {2} from {0} y where {1} "
                                    "order by y.id",
                                    {dirty, s.of("y"), age_of("y.at")}));
    out.clear_marks =
        make_statement(fill("delete from {0} y where y.id=any($1) and {1}", {dirty, s.of("y")}),
                       {oids::int8_array});
    out.drop_marks = make_statement(fill("delete from {0} y where {1}", {dirty, s.of("y")}));
}

} // namespace

void add_dead_letter_sql(control_sql& out, const sql_scope& scope) {
    add_failures(out, scope);
    add_marks(out, scope);
}

} // namespace tandem::postgres::detail
