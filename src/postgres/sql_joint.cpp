// SPDX-License-Identifier: BSL-1.0
//
// same_transaction mode (protocol-layouts D): both tables in one database, no versions, tombstones
// or outbox. Parameters as in sql_write.cpp, without using the key bytes; `own` is the primary's
// table, `other` that of the other side.
//
// An erase is two statements in a dual phase. The second one must have a snapshot of its own: the
// row of the other table may have been inserted by a writer or a copy that the first statement
// waited for, and a snapshot from before that wait would not see it.

#include "postgres/sql.hpp"
#include "postgres/sql_text.hpp"

namespace tandem::postgres::detail {
namespace {

class joint_texts {
public:
    joint_texts(const sql_scope& scope, const sql_table& own, const sql_table& other)
        : s_(scope), t_(own), o_(other), columns_(own.schema->columns.size()) {}

    [[nodiscard]] write_forms upsert() const {
        const std::string write =
            fill("insert into {0} as t ({1}){2} select {3} from {4} on conflict ({5}) do update "
                 "set {6}",
                 {t_.name, written_list(t_), overriding(t_), values(), fence(columns_),
                  key_list(t_, ""), changes(t_)});
        const std::string plain = write + " returning 1::bigint";
        const std::string dual = fill("with w as ({0} returning {1}) {2} returning 1::bigint",
                                      {write, column_list(t_, "t"), copy("w", o_)});
        return {text(plain), text(dual), text(dual)};
    }

    [[nodiscard]] write_forms insert() const {
        const std::string write =
            fill("with f as (select 1 from {0}), w as (insert into {1} as t ({2}){3} select {4} "
                 "from f on conflict ({5}) do nothing returning {6})",
                 {fence(columns_), t_.name, written_list(t_), overriding(t_), values(),
                  key_list(t_, ""), column_list(t_, "t")});
        const std::string status = " select (select 1::bigint from w) from f";
        const std::string dual = write + ", o as (" + copy("w", o_) + ")" + status;
        return {text(write + status), text(dual), text(dual)};
    }

    [[nodiscard]] write_forms erase() const {
        const std::string sql =
            fill("with f as (select 1 from {0}), w as (delete from {1} t using f where {2} "
                 "returning 1::bigint as v) select w.v from f left join w on true",
                 {fence(t_.schema->key.size()), t_.name, key_match(t_, "t", 1)});
        return {erase_text(sql), erase_text(sql), erase_text(sql)};
    }

    [[nodiscard]] statement erase_other() const {
        const std::size_t keys = t_.schema->key.size();
        return erase_text(fill("delete from {0} t using {1} and {2}",
                               {o_.name, fence(keys), key_match(o_, "t", 1)}));
    }

    // $1.. the key parts (where `after`), then bucket-less: era, limit. The rows are locked until
    // the commit, in key order as the writers lock them: the primary's row first.
    [[nodiscard]] statement copy_chunk(bool after) const {
        const std::size_t keys = after ? t_.schema->key.size() : 0;
        const std::string where =
            after
                ? fill("where ({0}) > ({1})",
                       {key_list(t_, "t"), joined(keys, ", ", [](auto i) { return param(i + 1); })})
                : "";
        const std::string rows = fill(
            "with r as materialized (select {0} from {1} t {2} order by {3} limit {4} for share)",
            {column_list(t_, "t"), t_.name, where, key_list(t_, "t"), param(keys + 1)});
        const std::string put = copy("r", o_);
        const std::string sql = fill("{0}, w as ({1}) select {2} from r order by {3}",
                                     {rows, put, key_list(t_, "r"), key_list(t_, "r")});
        return make_statement(sql, with(after ? key_types(t_) : std::vector<oid>(), {oids::int8}));
    }

private:
    [[nodiscard]] statement text(std::string sql) const {
        return make_statement(std::move(sql), with(column_types(t_), tail_types));
    }
    [[nodiscard]] statement erase_text(std::string sql) const {
        return make_statement(std::move(sql), with(key_types(t_), tail_types));
    }
    [[nodiscard]] static std::string overriding(const sql_table& t) {
        return t.overriding ? " overriding system value" : "";
    }
    // A table of key columns alone still has to report the row: it is set to what it is.
    [[nodiscard]] static std::string changes(const sql_table& t) {
        const std::string list = assignments(t);
        if (!list.empty()) return list;
        const std::string first = column_name(t, t.schema->key.front());
        return first + "=excluded." + first;
    }
    [[nodiscard]] std::string values() const {
        std::string out;
        for (std::size_t i = 0; i < t_.written.size(); ++i) {
            if (t_.written[i]) out += (out.empty() ? "" : ", ") + param(i + 1);
        }
        return out;
    }
    [[nodiscard]] std::string fence(std::size_t before) const {
        return fill("{0} where {1} and f.bucket={2} and f.role='P' and f.epoch={3}",
                    {s_.table("tandem_fence f"), s_.of("f"), param(before + 2), param(before + 3)});
    }
    // The rows of `from`, which has this table's columns, put into the other table.
    [[nodiscard]] std::string copy(const char* from, const sql_table& to) const {
        std::string columns, values;
        for (std::size_t i = 0; i < to.schema->columns.size(); ++i) {
            if (!to.written[i]) continue;
            columns += (columns.empty() ? "" : ", ") + column_name(to, i);
            values += (values.empty() ? "" : ", ") + std::string(from) + "." +
                      column_of_field(to.schema->columns[i].field);
        }
        return fill(
            "insert into {0} ({1}){2} select {3} from {4} on conflict ({5}) do update "
            "set {6}",
            {to.name, columns, overriding(to), values, from, key_list(to, ""), changes(to)});
    }
    [[nodiscard]] std::string column_of_field(std::size_t field) const {
        for (std::size_t i = 0; i < t_.schema->columns.size(); ++i) {
            if (t_.schema->columns[i].field == field) return column_name(t_, i);
        }
        return "null"; // both sides map every field: core's check says so
    }

    static constexpr std::initializer_list<oid> tail_types = {oids::bytea, oids::int4, oids::int8};
    const sql_scope& s_;
    const sql_table& t_;
    const sql_table& o_;
    std::size_t columns_;
};

} // namespace

void add_joint_sql(table_sql& out, const sql_scope& scope, const sql_table& own,
                   const sql_table& other) {
    const joint_texts texts(scope, own, other);
    out.upsert = texts.upsert();
    out.insert = texts.insert();
    out.erase = texts.erase();
    out.joint_erase_other = texts.erase_other();
    out.copy_chunk_first = texts.copy_chunk(false);
    out.copy_chunk_after = texts.copy_chunk(true);
}

} // namespace tandem::postgres::detail
