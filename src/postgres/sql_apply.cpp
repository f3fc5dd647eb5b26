// SPDX-License-Identifier: BSL-1.0
//
// Guarded applies at the secondary (protocol-sql, "Set-wise apply"), all in one transaction and
// each a statement later than the locks of fences and keys:
//
//   apply_one         $1..$n columns, key bytes, bucket, epoch, version
//                       -> the side's epoch, 1 where the row was written
//   apply_upserts     arrays of the same -> the key parts of the rows that were written
//   apply_deletes     arrays of key parts, key bytes, bucket, epoch, version, tombstone epoch
//   apply_tombstones  the same arrays -> the key bytes of the tombstones that were written
//   sweep             arrays of key parts, key bytes: removes tombstones beside a newer row
//
// apply_tombstones must be a statement of its own behind apply_deletes: it decides by rows that a
// guarded write may have raised meanwhile. Both join the table itself, which a backfill grows from
// nothing, hence they are planned at each use.

#include "postgres/sql.hpp"
#include "postgres/sql_text.hpp"

namespace tandem::postgres::detail {
namespace {

class apply_texts {
public:
    apply_texts(const sql_scope& scope, const sql_table& own)
        : s_(scope), t_(own), columns_(own.schema->columns.size()), keys_(own.schema->key.size()) {}

    [[nodiscard]] statement one() const {
        const auto at = [&](std::size_t i) { return param(columns_ + i); };
        const std::string guard = t_.has_deletes() ? " and " + not_buried(at(1), at(4)) : "";
        return make_statement(
            fill("with f as (select f.epoch from {0} where {1} and f.bucket={2}), "
                 "w as (insert into {3} select {4}, {5} from f where f.epoch<={6}{7}{8} "
                 "returning 1::bigint as n) select f.epoch, (select w.n from w) from f",
                 {fence(), s_.of("f"), at(2), target(), params(), at(4), at(3), guard,
                  on_conflict()}),
            with(column_types(t_), {oids::bytea, oids::int4, oids::int8, oids::int8}));
    }

    [[nodiscard]] statement upserts() const {
        const std::string names =
            joined(columns_, ", ", [](std::size_t i) { return "c" + std::to_string(i); });
        const std::string guard =
            t_.has_deletes() ? " where " + not_buried("m.kb", "m.v") : std::string();
        return make_statement(
            fill("insert into {0} select {1}, m.v from unnest({2}) m({3}, kb, b, e, v) "
                 "join {4} on {5} and f.bucket=m.b and f.epoch<=m.e{6}{7} returning {8}",
                 {target(), sent(), array_params(columns_ + 4), names, fence(), s_.of("f"), guard,
                  on_conflict(), key_list(t_, "t")}),
            with(array_types_of_columns(), tail_arrays));
    }

    [[nodiscard]] statement deletes() const {
        return one_off(fill("delete from {0} t using {1} where {2} and ({3}.{4}=0 or t.{4}<m.v)",
                            {t_.name, dead_list(), match(), "t", version()}),
                       dead_types());
    }

    [[nodiscard]] statement tombstones() const {
        return one_off(fill("insert into {0} as d (mig, side, tbl, key, version, epoch, bucket) "
                            "select {1}, '{2}', {3}, m.kb, m.v, m.te, m.b from {4} "
                            "where (select true from {5} t where {6} limit 1) is null "
                            "on conflict (mig, side, tbl, key) do update "
                            "set version=excluded.version, epoch=excluded.epoch, at=excluded.at "
                            "where d.version<excluded.version returning key",
                            {s_.table("tandem_tombstone"), std::to_string(s_.migration),
                             std::string(1, s_.side), std::to_string(t_.number), dead_list(),
                             t_.name, match()}),
                       dead_types());
    }

    // One statement: a tombstone that a delete raises meanwhile is compared anew, and stays.
    [[nodiscard]] statement sweep() const {
        const std::string names =
            joined(keys_, ", ", [](std::size_t i) { return "k" + std::to_string(i); });
        std::vector<oid> types;
        for (const std::size_t column : t_.schema->key)
            types.push_back(t_.types[column].array);
        return one_off(fill("delete from {0} d using unnest({1}) m({2}, kb) join {3} t on {4} "
                            "where {5} and d.tbl={6} and d.key=m.kb and t.{7}>d.version",
                            {s_.table("tandem_tombstone"), array_params(keys_ + 1), names, t_.name,
                             match(), s_.of("d"), std::to_string(t_.number), version()}),
                       with(std::move(types), {oids::bytea_array}));
    }

private:
    [[nodiscard]] std::string version() const { return quoted(t_.schema->version_column); }
    [[nodiscard]] std::string fence() const { return s_.table("tandem_fence f"); }
    [[nodiscard]] std::string target() const {
        return fill("{0} as t ({1}, {2}){3}", {t_.name, written_list(t_), version(),
                                               t_.overriding ? " overriding system value" : ""});
    }
    // A row without a version (0) is older than every change.
    [[nodiscard]] std::string on_conflict() const {
        const std::string list = assignments(t_);
        return fill(" on conflict ({0}) do update set {1}{2}=excluded.{2} "
                    "where t.{2}=0 or t.{2}<excluded.{2}",
                    {key_list(t_, ""), list.empty() ? list : list + ", ", version()});
    }
    // A scalar subquery, as it is a probe of the unique index for each row. NOT EXISTS is a join to
    // the planner: without statistics it reads all tombstones of the table for each row.
    [[nodiscard]] std::string not_buried(const std::string& key, const std::string& v) const {
        return fill("((select d.version from {0} d where {1} and d.tbl={2} and d.key={3})>={4}) "
                    "is not true",
                    {s_.table("tandem_tombstone"), s_.of("d"), std::to_string(t_.number), key, v});
    }
    [[nodiscard]] std::string params() const {
        std::string out;
        for (std::size_t i = 0; i < columns_; ++i) {
            if (t_.written[i]) out += (out.empty() ? "" : ", ") + param(i + 1);
        }
        return out;
    }
    [[nodiscard]] std::string sent() const {
        std::string out;
        for (std::size_t i = 0; i < columns_; ++i) {
            if (t_.written[i]) out += (out.empty() ? "m.c" : ", m.c") + std::to_string(i);
        }
        return out;
    }
    [[nodiscard]] static std::string array_params(std::size_t count) {
        return joined(count, ", ", [](std::size_t i) { return param(i + 1); });
    }
    [[nodiscard]] std::vector<oid> array_types_of_columns() const {
        std::vector<oid> out;
        for (const live_type& type : t_.types)
            out.push_back(type.array);
        return out;
    }
    // The deletes of the batch whose epoch the side still accepts.
    [[nodiscard]] std::string dead_list() const {
        const std::string names =
            joined(keys_, ", ", [](std::size_t i) { return "k" + std::to_string(i); });
        return fill("(select m.* from unnest({0}) m({1}, kb, b, e, v, te) "
                    "join {2} on {3} and f.bucket=m.b and f.epoch<=m.e) m",
                    {array_params(keys_ + 5), names, fence(), s_.of("f")});
    }
    [[nodiscard]] std::vector<oid> dead_types() const {
        std::vector<oid> out;
        for (const std::size_t column : t_.schema->key)
            out.push_back(t_.types[column].array);
        return with(with(std::move(out), tail_arrays), {oids::int8_array});
    }
    [[nodiscard]] std::string match() const {
        return joined(keys_, " and ", [&](std::size_t i) {
            return "t." + column_name(t_, t_.schema->key[i]) + "=m.k" + std::to_string(i);
        });
    }

    static constexpr std::initializer_list<oid> tail_arrays = {oids::bytea_array, oids::int4_array,
                                                               oids::int8_array, oids::int8_array};
    const sql_scope& s_;
    const sql_table& t_;
    std::size_t columns_;
    std::size_t keys_;
};

} // namespace

void add_apply_sql(table_sql& out, const sql_scope& scope, const sql_table& own) {
    const apply_texts texts(scope, own);
    out.apply_one = texts.one();
    out.apply_upserts = texts.upserts();
    out.apply_deletes = texts.deletes();
    out.apply_tombstones = texts.tombstones();
    out.sweep = texts.sweep();
}

} // namespace tandem::postgres::detail
