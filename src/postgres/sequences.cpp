// SPDX-License-Identifier: BSL-1.0

#include "postgres/sequences.hpp"

#include "postgres/sql_text.hpp"

#include <algorithm>

namespace tandem::postgres::detail {
namespace {

// A column's own sequences (serial, identity), and those its default calls.
constexpr std::string_view sequences_of_table =
    "with s as (select a.attname, d.objid as seq from pg_attribute a join pg_depend d on "
    "d.refclassid='pg_class'::regclass and d.refobjid=a.attrelid and d.refobjsubid=a.attnum "
    "and d.classid='pg_class'::regclass and d.deptype in ('a', 'i') "
    "where a.attrelid=to_regclass($1) "
    "union select a.attname, d.refobjid from pg_attribute a join pg_attrdef f "
    "on f.adrelid=a.attrelid and f.adnum=a.attnum join pg_depend d on "
    "d.classid='pg_attrdef'::regclass and d.objid=f.oid and d.refclassid='pg_class'::regclass "
    "where a.attrelid=to_regclass($1)) ";

// Reading the last value fails without the privilege.
const statement& sequences_statement() {
    static const statement text = make_statement(
        std::string(sequences_of_table) +
            "select s.attname::text, q.seqrelid, coalesce(pg_sequence_last_value(q.seqrelid), 0), "
            "q.seqmax from s join pg_sequence q on q.seqrelid=s.seq where q.seqincrement>0",
        {oids::text});
    return text;
}

} // namespace

const statement& sequence_names_statement() {
    static const statement text = make_statement(
        std::string(sequences_of_table) +
            "select s.attname::text, quote_ident(n.nspname) || '.' || quote_ident(c.relname), "
            "has_sequence_privilege(c.oid, 'UPDATE') and has_sequence_privilege(c.oid, 'SELECT') "
            "from s join pg_sequence q on q.seqrelid=s.seq join pg_class c on c.oid=q.seqrelid "
            "join pg_namespace n on n.oid=c.relnamespace where q.seqincrement>0",
        {oids::text});
    return text;
}

namespace {

struct live_sequence {
    table_id table;
    std::size_t field;
    oid id;
    std::int64_t last; ///< 0 where it gave out nothing yet
    std::int64_t max;
    std::int64_t greatest_held; ///< in the column
};

// Greatest values of the columns, one one-line answer each.
result<void> read_greatest(const table_plan& plan, lease& on, const call_context& call,
                           std::span<live_sequence> found) {
    std::vector<statement> texts;
    for (const live_sequence& s : found) {
        const auto& columns = plan.own.schema->columns;
        const auto column =
            std::find_if(columns.begin(), columns.end(),
                         [&](const column_schema& c) { return c.field == s.field; });
        texts.push_back(one_off(fill("select coalesce(max({0}), 0)::bigint from {1}",
                                     {quoted(column->name), plan.own.name})));
    }
    pipeline work;
    for (const statement& text : texts)
        work.add(text);
    TANDEM_TRY(auto answers, exchange(*on, work, call));
    for (std::size_t i = 0; i < found.size(); ++i)
        found[i].greatest_held = answers[i].int8(0, 0);
    return success();
}

result<std::vector<live_sequence>> sequences_of(store_state& state, side which, table_id table,
                                                lease& on, const call_context& call) {
    TANDEM_TRY(const table_plan* plan, state.plan(which, table, on, call));
    parameters name;
    name.add_bytes(plan->own.name);
    pipeline work;
    work.add(sequences_statement(), std::move(name));
    TANDEM_TRY(auto answers, exchange(*on, work, call));
    std::vector<live_sequence> out;
    const result_set& lines = answers[0];
    for (std::size_t line = 0; line < lines.rows(); ++line) {
        for (const column_schema& column : plan->own.schema->columns) {
            if (lines.at(line, 0) != column.name) continue;
            out.push_back({table, column.field, static_cast<oid>(lines.int4(line, 1)),
                           lines.int8(line, 2), lines.int8(line, 3), 0});
        }
    }
    if (!out.empty()) {
        TANDEM_TRY(read_greatest(*plan, on, call, out));
    }
    return out;
}

std::int64_t given_for(std::span<const sequence_value> given, const live_sequence& s) {
    std::int64_t out = 0;
    for (const sequence_value& v : given) {
        if (v.table == s.table && v.field == s.field) out = std::max(out, v.last);
    }
    return out;
}

} // namespace

result<std::vector<sequence_value>> read_sequences(store_state& state, side which, lease& on,
                                                   const call_context& call) {
    std::vector<sequence_value> out;
    for (std::size_t t = 0; t < state.bound().tables.size(); ++t) {
        TANDEM_TRY(auto found, sequences_of(state, which, static_cast<table_id>(t), on, call));
        for (const live_sequence& s : found) {
            out.push_back({s.table, s.field, std::max(s.last, s.greatest_held)});
        }
    }
    return out;
}

result<void> raise_sequences(store_state& state, side which, lease& on,
                             std::span<const sequence_value> given, std::int64_t margin,
                             const call_context& call) {
    static const statement text =
        make_statement("select setval($1::oid::regclass, $2)", {oids::int8, oids::int8});
    pipeline work;
    for (std::size_t t = 0; t < state.bound().tables.size(); ++t) {
        TANDEM_TRY(auto found, sequences_of(state, which, static_cast<table_id>(t), on, call));
        for (const live_sequence& s : found) {
            const std::int64_t reached = std::max(given_for(given, s), s.greatest_held);
            const std::int64_t wanted =
                reached > s.max - margin ? s.max : std::max(reached + margin, s.last);
            parameters values;
            values.add_int8(s.id);
            values.add_int8(wanted);
            work.add(text, std::move(values));
        }
    }
    if (work.requests.empty()) return success();
    TANDEM_TRY(exchange(*on, work, call));
    return success();
}

} // namespace tandem::postgres::detail
