// SPDX-License-Identifier: BSL-1.0
//
// Writes at the primary (protocol-sql, "Cheaper writes"). One statement each, run after the locks:
//
//   upsert, insert   $1..$n the columns, $n+1 key bytes, $n+2 bucket, $n+3 epoch
//   erase            $1..$m the key parts, $m+1 key bytes, $m+2 bucket, $m+3 epoch
//   restate          the same, $m+4 the version to exceed
//
// Why they are right: the fence row, the tombstone and the floor come from this statement's one
// snapshot, which is later than the locks; `epoch` is what the caller believes, so "no row" says
// fenced; the fence cannot be named in DO UPDATE SET, so its value travels in excluded.version.
// The tombstone of a key that comes back stays; the greater version decides.

#include "postgres/sql.hpp"
#include "postgres/sql_text.hpp"

namespace tandem::postgres::detail {
namespace {

// Where the parameters behind the columns or the key parts stand.
struct tail {
    std::string key, bucket, epoch;
    explicit tail(std::size_t before)
        : key(param(before + 1)), bucket(param(before + 2)), epoch(param(before + 3)) {}
};

class write_texts {
public:
    write_texts(const sql_scope& scope, const sql_table& own) : s_(scope), t_(own) {}

    [[nodiscard]] write_forms upsert() const {
        const tail at(t_.schema->columns.size());
        const std::string write =
            fill("insert into {0} as t ({1}, {2}){3} select {4}, {5} from {6} where {7} "
                 "on conflict ({8}) do update set {9}{2}=greatest(t.{2}+1, excluded.{2})",
                 {t_.name, written_list(t_), version(), overriding(), values(), first_version(),
                  fence_with_tombstone(at), fence_test(at), key_list(t_, ""),
                  with_comma(assignments(t_))});
        return {text(write + " returning " + version()),
                text(fill("with w as ({0} returning {1} as tandem_v) {2} returning version",
                          {write, version(), intent(at, "w", "false")})),
                text(fill("with w as ({0} returning {1} as tandem_v, {2}), o as ({3} returning id) "
                          "select w.tandem_v, o.id, {4} from w, o",
                          {write, version(), column_list(t_, "t"), intent(at, "w", "false"),
                           column_list(t_, "w")}))};
    }

    [[nodiscard]] write_forms insert() const {
        const tail at(t_.schema->columns.size());
        const std::string write = fill("f as (select {0} as tandem_v from {1} where {2}), w as "
                                       "(insert into {3} as t ({4}, {5}){6} "
                                       "select {7}, f.tandem_v from f on conflict ({8}) do nothing "
                                       "returning {5} as tandem_v, {9})",
                                       {first_version(), fence_with_tombstone(at), fence_test(at),
                                        t_.name, written_list(t_), version(), overriding(),
                                        values(), key_list(t_, ""), column_list(t_, "t")});
        return {text("with " + write + " select w.tandem_v from f left join w on true"),
                dual(write, at, ""), dual(write, at, ", " + column_list(t_, "w"))};
    }

    [[nodiscard]] write_forms erase() const {
        const tail at(t_.schema->key.size());
        const std::string write =
            fill("f as (select f.epoch from {0} where {1}), "
                 "w as (delete from {2} t using f where {3} "
                 "returning greatest(t.{4}+1, f.epoch<<{5}) as tandem_v), "
                 "d as (insert into {6} as d (mig, side, tbl, key, version, epoch, bucket) "
                 "select {7}, {8}, w.tandem_v, {9}",
                 {fence(), fence_test(at), t_.name, key_match(t_, "t", 1), version(),
                  std::to_string(epoch_shift), s_.table("tandem_tombstone"), identity(), at.key,
                  at.epoch});
        const std::string all =
            write + ", " + at.bucket +
            " from w on conflict (mig, side, tbl, key) do update "
            "set version=greatest(d.version, excluded.version), epoch=excluded.epoch, "
            "at=excluded.at)";
        return {erase_text("with " + all + " select w.tandem_v from f left join w on true"),
                erase_text(dual_text(all, at, "", "true")),
                erase_text(dual_text(all, at, "", "true"))};
    }

    // The row's version is raised; where there is no row, a tombstone is written or raised. The key
    // lock keeps inserts and deletes out, so that "no row" is a fact.
    [[nodiscard]] write_forms restate() const {
        const std::size_t keys = t_.schema->key.size();
        const tail at(keys);
        const std::string raised =
            fill("f.epoch<<{0}, {1}+1)", {std::to_string(epoch_shift), param(keys + 4)});
        std::string all =
            fill("with f as (select f.epoch, f.floor from {0} where {1}), w as (update {2} t set "
                 "{3}=greatest(t.{3}+1, {4} from f where {5} returning t.{3} as tandem_v), ",
                 {fence(), fence_test(at), t_.name, version(), raised, key_match(t_, "t", 1)});
        if (t_.has_deletes()) {
            all += fill(
                "d as (insert into {0} as d (mig, side, tbl, key, version, epoch, bucket) "
                "select {1}, {2}, greatest(f.floor+1, {3}, {4}, {5} from f where not exists "
                "(select from w) on conflict (mig, side, tbl, key) do update "
                "set version=greatest(d.version+1, excluded.version), "
                "epoch=excluded.epoch, at=excluded.at returning d.version as tandem_v), ",
                {s_.table("tandem_tombstone"), identity(), at.key, raised, at.epoch, at.bucket});
        }
        all += "s as (select tandem_v, false as dead from w";
        all += t_.has_deletes() ? " union all select tandem_v, true from d)" : ")";
        const std::string answer = " select s.tandem_v from f left join s on true";
        const std::string owing =
            fill(", o as ({0} returning id) select s.tandem_v from f left join s on true "
                 "left join o on true",
                 {intent(at, "s", "s.dead")});
        const auto text = [&](const std::string& sql) {
            return make_statement(sql, with(with(key_types(t_), tail_types), {oids::int8}));
        };
        return {text(all + answer), text(all + owing), text(all + owing)};
    }

private:
    [[nodiscard]] statement text(std::string sql) const {
        return make_statement(std::move(sql), with(column_types(t_), tail_types));
    }
    [[nodiscard]] statement erase_text(std::string sql) const {
        return make_statement(std::move(sql), with(key_types(t_), tail_types));
    }
    [[nodiscard]] std::string dual_text(const std::string& write, const tail& at,
                                        const std::string& more, const char* deleted) const {
        return fill("with {0}, o as ({1} returning id) "
                    "select w.tandem_v, o.id{2} from f left join w on true left join o on true",
                    {write, intent(at, "w", deleted), more});
    }
    [[nodiscard]] statement dual(const std::string& write, const tail& at,
                                 const std::string& more) const {
        return text(dual_text(write, at, more, "false"));
    }

    [[nodiscard]] std::string version() const { return quoted(t_.schema->version_column); }
    [[nodiscard]] std::string overriding() const {
        return t_.overriding ? " overriding system value" : "";
    }
    [[nodiscard]] std::string values() const {
        std::string out;
        for (std::size_t i = 0; i < t_.written.size(); ++i) {
            if (t_.written[i]) out += (out.empty() ? "" : ", ") + param(i + 1);
        }
        return out;
    }
    // Rule A1 for an absent key; for a present one DO UPDATE raises it further.
    [[nodiscard]] std::string first_version() const {
        return "greatest(f.floor+1, f.epoch<<" + std::to_string(epoch_shift) +
               (t_.has_deletes() ? ", d.version+1)" : ")");
    }
    [[nodiscard]] std::string fence() const { return s_.table("tandem_fence f"); }
    [[nodiscard]] std::string fence_with_tombstone(const tail& at) const {
        if (!t_.has_deletes()) return fence();
        return fill(
            "{0} left join {1} d on {2} and d.tbl={3} and d.key={4}",
            {fence(), s_.table("tandem_tombstone"), s_.of("d"), std::to_string(t_.number), at.key});
    }
    [[nodiscard]] std::string fence_test(const tail& at) const {
        return fill("{0} and f.bucket={1} and f.role='P' and f.epoch={2}",
                    {s_.of("f"), at.bucket, at.epoch});
    }
    // mig, side, tbl
    [[nodiscard]] std::string identity() const {
        return fill("{0}, '{1}', {2}", {std::to_string(s_.migration), std::string(1, s_.side),
                                        std::to_string(t_.number)});
    }
    [[nodiscard]] std::string intent(const tail& at, const char* from, const char* deleted) const {
        return fill(
            "insert into {0} (version, epoch, mig, side, tbl, bucket, deleted, key) "
            "select {1}.tandem_v, {2}, {3}, {4}, {5}, {6} from {1}",
            {s_.table("tandem_outbox"), from, at.epoch, identity(), at.bucket, deleted, at.key});
    }
    [[nodiscard]] static std::string with_comma(std::string list) {
        return list.empty() ? list : list + ", ";
    }

    static constexpr std::initializer_list<oid> tail_types = {oids::bytea, oids::int4, oids::int8};
    const sql_scope& s_;
    const sql_table& t_;
};

} // namespace

void add_write_sql(table_sql& out, const sql_scope& scope, const sql_table& own) {
    const write_texts texts(scope, own);
    out.upsert = texts.upsert();
    out.insert = texts.insert();
    out.erase = texts.erase();
    out.restate = texts.restate();
}

} // namespace tandem::postgres::detail
