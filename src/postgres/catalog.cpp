// SPDX-License-Identifier: BSL-1.0

#include "postgres/catalog.hpp"

#include "postgres/sql_text.hpp"

#include <algorithm>

namespace tandem::postgres::detail {
namespace {

// One line a column. Domains are followed to their base type, through domains over domains.
constexpr const char* inspect_sql =
    "with recursive c as (select c.* from pg_class c where c.oid=to_regclass($1)), "
    "b(num, typ) as (select a.attnum, a.atttypid from pg_attribute a join c on a.attrelid=c.oid "
    "where a.attnum>0 and not a.attisdropped "
    "union all select b.num, y.typbasetype from b join pg_type y on y.oid=b.typ "
    "where y.typtype='d') "
    "select c.oid, c.relkind, c.relrowsecurity and row_security_active(c.oid), "
    "quote_ident(n.nspname) || '.' || quote_ident(c.relname), a.attname::text, "
    "format_type(a.atttypid, a.atttypmod), y.oid, y.typarray, y.typtype='e', "
    "a.attnotnull, a.atthasdef, a.attgenerated, a.attidentity, coalesce(l.collisdeterministic, "
    "true), "
    "exists(select from pg_trigger g where g.tgrelid=c.oid and not g.tgisinternal) "
    "from b join pg_type y on y.oid=b.typ and y.typtype<>'d' "
    "join c on true join pg_namespace n on n.oid=c.relnamespace "
    "join pg_attribute a on a.attrelid=c.oid and a.attnum=b.num "
    "left join pg_collation l on l.oid=a.attcollation order by a.attnum";

live_column column_of(const result_set& reply, std::size_t line) {
    live_column out;
    out.name = reply.text(line, 4);
    out.type_text = reply.text(line, 5);
    out.type = static_cast<oid>(reply.int4(line, 6));
    out.array = static_cast<oid>(reply.int4(line, 7));
    out.format = format_of(out.type, reply.boolean(line, 8));
    out.not_null = reply.boolean(line, 9);
    out.has_default = reply.boolean(line, 10);
    out.generated = reply.single_char(line, 11) == 's';
    out.identity = reply.single_char(line, 12);
    out.stable_equality = reply.boolean(line, 13);
    if (out.array == 0) out.format.reset(); // set-wise statements need the array type
    return out;
}

error mismatch(const table_schema& schema, const std::string& text) {
    return {errc::schema_mismatch, "table " + schema.name + ": " + text};
}

} // namespace

const live_column* live_table::find(std::string_view column) const noexcept {
    const auto found = std::find_if(columns.begin(), columns.end(),
                                    [&](const live_column& c) { return c.name == column; });
    return found == columns.end() ? nullptr : &*found;
}

const statement& inspect_statement() {
    static const statement text = make_statement(inspect_sql, {oids::text});
    return text;
}

std::optional<live_table> read_live_table(const result_set& reply) {
    if (reply.rows() == 0) return std::nullopt;
    live_table out;
    out.id = static_cast<oid>(reply.int4(0, 0));
    out.kind = reply.single_char(0, 1);
    out.row_security = reply.boolean(0, 2);
    out.name = reply.text(0, 3);
    out.has_triggers = reply.boolean(0, 14);
    for (std::size_t line = 0; line < reply.rows(); ++line) {
        out.columns.push_back(column_of(reply, line));
    }
    return out;
}

result<sql_table> to_sql_table(const table_schema& schema, table_id number,
                               const live_table& live) {
    sql_table out;
    out.schema = &schema;
    out.number = number;
    out.name = live.name;
    out.has_triggers = live.has_triggers;
    for (const column_schema& mapped : schema.columns) {
        const live_column* column = live.find(mapped.name);
        if (column == nullptr) return mismatch(schema, "column " + mapped.name + " does not exist");
        if (!column->format || fit_of(mapped.type, *column->format) == fit::wrong) {
            return mismatch(schema, "column " + mapped.name + " is of type " + column->type_text +
                                        ", the mapping says " +
                                        std::string(to_string(mapped.type)));
        }
        out.types.push_back({column->type, column->array, *column->format});
        out.written.push_back(!column->generated);
        out.overriding = out.overriding || column->identity == 'a';
    }
    const std::string& v = schema.version_column;
    if (!v.empty()) {
        const live_column* column = live.find(v);
        if (column == nullptr || column->type != oids::int8) {
            return mismatch(schema, "the version column " + v +
                                        " is missing or not a bigint: ALTER "
                                        "TABLE " +
                                        live.name + " ADD COLUMN " + quoted(v) +
                                        " bigint NOT NULL DEFAULT 0");
        }
    }
    return out;
}

} // namespace tandem::postgres::detail
