// SPDX-License-Identifier: BSL-1.0
//
// Reads. A row travels as its version and the columns in the order of the mapping's columns.
//
//   read_one      $1..$m key parts, $m+1 bucket -> fence, row; no line: no fence row
//   lock_row      $1..$m key parts -> row, locked
//   read_many     $1..$m arrays of key parts -> position from 1, row
//   owed_state    $1..$m arrays of key parts, $m+1 array of key bytes
//                   -> position from 1, tombstone's version and epoch, row
//   scan, digest  lower bound parts, upper bound parts, scan also limit -> row; count and hash
//
// read_many and owed_state look each key up with LATERAL .. LIMIT 1 behind `by_index`, which leaves
// the planner nothing but one probe of the unique index a key. A plain join with tables that were
// not analyzed yet may read all tombstones of the table once a key.
//
// Bounds are row comparisons, so that range and order are both those of the primary key's index.

#include "postgres/sql.hpp"
#include "postgres/sql_text.hpp"

namespace tandem::postgres::detail {
namespace {

std::string row_columns(const sql_scope& scope, const sql_table& t, std::string_view alias) {
    return version_of(scope, t, alias) + ", " + column_list(t, alias);
}

// `t."a"=u.k0 and ...`
std::string key_join(const sql_table& t) {
    return joined(t.schema->key.size(), " and ", [&](std::size_t i) {
        return "t." + column_name(t, t.schema->key[i]) + "=u.k" + std::to_string(i);
    });
}

std::string params_list(std::size_t first, std::size_t count) {
    return joined(count, ", ", [&](std::size_t i) { return param(first + i); });
}

// unnest($1, $2) with ordinality u(k0, k1, n)
std::string key_arrays(const sql_table& t, std::size_t more, std::string_view more_names) {
    const std::size_t count = t.schema->key.size();
    const std::string names =
        joined(count, ", ", [](std::size_t i) { return "k" + std::to_string(i); });
    return fill("unnest({0}) with ordinality u({1}{2}, n)",
                {params_list(1, count + more), names, more_names});
}

std::vector<oid> key_array_types(const sql_table& t) {
    std::vector<oid> out;
    for (const std::size_t column : t.schema->key)
        out.push_back(t.types[column].array);
    return out;
}

struct bounds {
    std::string where;
    std::vector<oid> types;
};

// lower: 0 none, 1 from (inclusive), 2 after (exclusive). upper: 0 none, 1 to (exclusive).
bounds bounds_of(const sql_table& t, std::size_t lower, std::size_t upper) {
    const std::size_t count = t.schema->key.size();
    const std::string columns = "(" + key_list(t, "t") + ")";
    bounds out;
    if (lower != 0) {
        out.where =
            " where " + columns + (lower == 1 ? " >= (" : " > (") + params_list(1, count) + ")";
        out.types = key_types(t);
    }
    if (upper != 0) {
        out.where += (out.where.empty() ? " where " : " and ") + columns + " < (" +
                     params_list(out.types.size() + 1, count) + ")";
        for (const oid type : key_types(t))
            out.types.push_back(type);
    }
    return out;
}

statement scan_text(const sql_scope& scope, const sql_table& t, std::size_t lower,
                    std::size_t upper) {
    const bounds b = bounds_of(t, lower, upper);
    return make_statement(fill("select {0} from {1} t{2} order by {3} limit {4}",
                               {row_columns(scope, t, "t"), t.name, b.where, key_list(t, "t"),
                                param(b.types.size() + 1)}),
                          with(b.types, {oids::int8}));
}

statement digest_text(const sql_scope& scope, const sql_table& t, std::size_t lower,
                      std::size_t upper) {
    const bounds b = bounds_of(t, lower, upper);
    return make_statement(
        fill("select count(*), coalesce(bit_xor(hashint8extended({0}, {1})), 0) from {2} t{3}",
             {version_of(scope, t, "t"), digest_expression(t), t.name, b.where}),
        b.types);
}

} // namespace

void add_read_sql(table_sql& out, const sql_scope& scope, const sql_table& own) {
    const std::size_t keys = own.schema->key.size();
    out.read_one = make_statement(
        fill("select f.state, {0} from {1} left join {2} t on {3} where {4} and f.bucket={5}",
             {row_columns(scope, own, "t"), scope.table("tandem_fence f"), own.name,
              key_match(own, "t", 1), scope.of("f"), param(keys + 1)}),
        with(key_types(own), {oids::int4}));
    out.lock_row =
        make_statement(fill("select {0} from {1} t where {2} for update",
                            {row_columns(scope, own, "t"), own.name, key_match(own, "t", 1)}),
                       key_types(own));
    out.read_many = make_statement(
        fill("select u.n, {0} from {1} "
             "cross join lateral (select {0} from {2} t where {3} limit 1) t",
             {row_columns(scope, own, "t"), key_arrays(own, 0, ""), own.name, key_join(own)}),
        key_array_types(own));
    if (!scope.joint) {
        out.owed_state = make_statement(
            fill("select u.n, d.version, d.epoch, {0} from {1} "
                 "left join lateral (select {0} from {2} t where {3} limit 1) t on true "
                 "left join lateral (select d.version, d.epoch from {4} d "
                 "where {5} and d.tbl={6} and d.key=u.kb limit 1) d on true",
                 {row_columns(scope, own, "t"), key_arrays(own, 1, ", kb"), own.name, key_join(own),
                  scope.table("tandem_tombstone"), scope.of("d"), std::to_string(own.number)}),
            with(key_array_types(own), {oids::bytea_array}));
    }
    for (std::size_t lower = 0; lower < 3; ++lower) {
        for (std::size_t upper = 0; upper < 2; ++upper) {
            out.scan[lower][upper] = scan_text(scope, own, lower, upper);
            out.digest[lower][upper] = digest_text(scope, own, lower, upper);
        }
    }
}

} // namespace tandem::postgres::detail
