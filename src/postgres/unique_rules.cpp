// SPDX-License-Identifier: BSL-1.0

#include "postgres/unique_rules.hpp"

#include "postgres/sql_text.hpp"

#include <algorithm>

namespace tandem::postgres::detail {
namespace {

// One line a part. Index expressions and predicates depend on their columns; the index of a
// constraint does not, but it has plain columns alone. The last column is new in version 15.
constexpr const char* rules_sql =
    "select x.relname::text, pg_get_indexdef(i.indexrelid, n::int, true), "
    "coalesce(a.attname::text, ''), coalesce(pg_get_expr(i.indpred, i.indrelid, true), ''), "
    "coalesce((select string_agg(u.attname::text, chr(1)) from pg_attribute u "
    "where u.attrelid=i.indrelid and u.attnum>0 and (u.attnum=any(i.indkey[0:i.indnkeyatts-1]) "
    "or exists(select from pg_depend d where d.classid='pg_class'::regclass "
    "and d.objid=i.indexrelid and d.refclassid='pg_class'::regclass and d.refobjid=i.indrelid "
    "and d.refobjsubid=u.attnum))), ''), "
    "coalesce((to_jsonb(i)->>'indnullsnotdistinct')::bool, false) "
    "from pg_index i join pg_class x on x.oid=i.indexrelid "
    "cross join lateral generate_series(1, i.indnkeyatts) n "
    "left join pg_attribute a on a.attrelid=i.indrelid and a.attnum=i.indkey[n-1] and a.attnum>0 "
    "where i.indrelid=to_regclass($1) and i.indisunique order by i.indexrelid, n";

constexpr std::size_t holders_max = 10'000;

bool is_mapped(const sql_table& own, const std::string& name) {
    return std::any_of(own.schema->columns.begin(), own.schema->columns.end(),
                       [&](const column_schema& c) { return c.name == name; });
}

bool is_over_mapped(const sql_table& own, const unique_rule& rule) {
    return std::all_of(rule.uses.begin(), rule.uses.end(),
                       [&](const std::string& name) { return is_mapped(own, name); });
}

std::vector<std::string> split(std::string_view names) {
    std::vector<std::string> out;
    while (!names.empty()) {
        const std::size_t end = std::min(names.find('\1'), names.size());
        out.emplace_back(names.substr(0, end));
        names.remove_prefix(std::min(end + 1, names.size()));
    }
    return out;
}

} // namespace

const statement& unique_rules_statement() {
    static const statement text = make_statement(rules_sql, {oids::text});
    return text;
}

std::vector<unique_rule> read_unique_rules(const result_set& lines) {
    std::vector<unique_rule> out;
    for (std::size_t line = 0; line < lines.rows(); ++line) {
        if (line == 0 || lines.at(line, 0) != lines.at(line - 1, 0)) {
            out.push_back({.name = lines.text(line, 0),
                           .parts = {},
                           .columns = {},
                           .uses = split(lines.at(line, 4)),
                           .predicate = lines.text(line, 3),
                           .nulls_equal = lines.boolean(line, 5)});
        }
        out.back().parts.push_back(lines.text(line, 1));
        out.back().columns.push_back(lines.text(line, 2));
    }
    return out;
}

std::string holders_sql(const sql_table& own, const unique_rule& rule) {
    // Of a rule over other columns, too, the plain mapped ones narrow the search.
    const bool whole = is_over_mapped(own, rule);
    std::vector<std::string> parts;
    for (std::size_t i = 0; i < rule.parts.size(); ++i) {
        if (whole || is_mapped(own, rule.columns[i])) parts.push_back(rule.parts[i]);
    }
    if (parts.empty()) return {};
    const auto list = [&](const char* name) {
        return joined(parts.size(), ", ",
                      [&](std::size_t i) { return parts[i] + " as " + name + std::to_string(i); });
    };
    const auto keys = [&](const std::string& alias, const char* suffix) {
        return joined(own.schema->key.size(), ", ",
                      [&](std::size_t i) { return alias + "k" + std::to_string(i) + suffix; });
    };
    const std::string key_columns = joined(own.schema->key.size(), ", ", [&](std::size_t i) {
        return column_name(own, own.schema->key[i]) + " as k" + std::to_string(i);
    });
    const std::string names =
        joined(own.types.size(), ", ", [&](std::size_t i) { return column_name(own, i); });
    const std::string arrays =
        joined(own.types.size(), ", ", [&](std::size_t i) { return param(i + 1); });
    const std::string where =
        whole && !rule.predicate.empty() ? " where " + rule.predicate : std::string();
    const std::string equal = joined(parts.size(), " and ", [&](std::size_t i) {
        const std::string n = std::to_string(i);
        return rule.nulls_equal ? "h.p" + n + " is not distinct from m.p" + n
                                : "h.p" + n + "=m.p" + n;
    });
    return fill("select m.n, {0} from (select n, {1}, {2} from unnest({3}) with ordinality "
                "as sent({4}, n){5}) m join (select {1}, {2} from {6}{5}) h on {7} "
                "where row({0}) is distinct from row({8}) limit {9}",
                {keys("h.", ""), key_columns, list("p"), arrays, names, where, own.name, equal,
                 keys("m.", ""), std::to_string(holders_max)});
}

} // namespace tandem::postgres::detail
