// SPDX-License-Identifier: BSL-1.0
//
// Applies that a unique constraint refuses in the usual form, and the rows in their way. A unique
// index is checked row by row, so two rows cannot swap their values by updates. Here the rows of
// the batch that are older than their change are taken out first and put back as the change has
// them, in one statement: the sort between the two lets no row in before the last one is out. What
// tandem does not know of a row (unmapped columns) goes back with it. Guards, locks and order are
// those of the usual form, which follows for the rows that were not there; nobody sees the rows
// missing, as all is one transaction (docs/adr/0032).

#include "postgres/apply_batch.hpp"
#include "postgres/codec.hpp"
#include "postgres/sql_text.hpp"
#include "postgres/unique_rules.hpp"

#include <algorithm>

namespace tandem::postgres {
namespace detail {
namespace {

// Columns that go back as they are.
std::vector<std::string> kept_columns(const live_table& live, const table_schema& schema) {
    std::vector<std::string> out;
    for (const live_column& c : live.columns) {
        const bool is_mapped =
            std::any_of(schema.columns.begin(), schema.columns.end(),
                        [&](const column_schema& m) { return m.name == c.name; });
        if (!is_mapped && !c.generated && c.name != schema.version_column) {
            out.push_back(quoted(c.name));
        }
    }
    return out;
}

// The arrays of upsert_values() -> the key parts of the rows that were written.
statement rearrange_statement(const sql_scope& scope, const sql_table& own,
                              const live_table& live) {
    const std::size_t columns = own.types.size();
    const std::string version = quoted(own.schema->version_column);
    const auto kept = kept_columns(live, *own.schema);
    std::string sent, mapped;
    for (std::size_t i = 0; i < columns; ++i) {
        if (!own.written[i]) continue;
        mapped += ", " + column_name(own, i);
        sent += ", m.c" + std::to_string(i);
    }
    const std::string names =
        joined(columns, ", ", [](std::size_t i) { return "c" + std::to_string(i); });
    const std::string arrays =
        joined(columns + 4, ", ", [](std::size_t i) { return param(i + 1); });
    const std::string match = joined(own.schema->key.size(), " and ", [&](std::size_t i) {
        const std::size_t column = own.schema->key[i];
        return "t." + column_name(own, column) + "=m.c" + std::to_string(column);
    });
    std::string kept_names, kept_values, kept_out;
    for (std::size_t i = 0; i < kept.size(); ++i) {
        kept_names += ", " + kept[i];
        kept_values += ", t." + kept[i] + " as u" + std::to_string(i);
        kept_out += ", m.u" + std::to_string(i);
    }
    // No row that is to live has a tombstone as new as its change: the same guard as ever.
    const std::string buried =
        own.has_deletes()
            ? fill(" and not exists(select from {0} d where {1} and d.tbl={2} and d.key=m.kb "
                   "and d.version>=m.v)",
                   {scope.table("tandem_tombstone"), scope.of("d"), std::to_string(own.number)})
            : std::string();
    const std::string taken =
        fill("with m as (delete from {0} t using unnest({1}) m({2}, kb, b, e, v) join {3} on {4} "
             "and f.bucket=m.b and f.epoch<=m.e where {5} and (t.{6}=0 or t.{6}<m.v){7} "
             "returning m.*{8})",
             {own.name, arrays, names, scope.table("tandem_fence f"), scope.of("f"), match, version,
              buried, kept_values});
    std::vector<oid> types;
    for (const live_type& type : own.types)
        types.push_back(type.array);
    return one_off(
        fill("{0} insert into {1} as t ({2}{3}{4}) overriding system value "
             "select m.v{5}{6} from m order by m.kb returning {7}",
             {taken, own.name, version, mapped, kept_names, sent, kept_out, key_list(own, "t")}),
        with(types, {oids::bytea_array, oids::int4_array, oids::int8_array, oids::int8_array}));
}

result<std::vector<holder>> find_holders(store_state& state, lease& on,
                                         std::span<const change> changes,
                                         const call_context& call) {
    TANDEM_TRY(const auto sorted, batch_of(state, on, changes, false, call));
    std::vector<holder> out;
    for (const table_batch& t : sorted.tables) {
        if (t.upserts.empty()) continue;
        const sql_table& own = t.plan->own;
        parameters path;
        path.add_bytes(own.name);
        pipeline look;
        look.add(unique_rules_statement(), std::move(path));
        TANDEM_TRY(const auto rules, exchange(*on, look, call));
        std::vector<oid> types;
        for (const live_type& type : own.types)
            types.push_back(type.array);
        std::vector<statement> texts;
        for (const unique_rule& rule : read_unique_rules(rules[0])) {
            std::string sql = holders_sql(own, rule);
            if (!sql.empty()) texts.push_back(one_off(std::move(sql), types));
        }
        parameters values;
        TANDEM_TRY(add_images(values, t.upserts, own));
        pipeline work;
        work.run(state.control().by_index);
        std::vector<std::size_t> positions;
        for (const statement& text : texts)
            positions.push_back(work.add(text, values));
        TANDEM_TRY(const auto answers, exchange(*on, work, call));
        for (const std::size_t at : positions) {
            const result_set& lines = answers[at];
            for (std::size_t line = 0; line < lines.rows(); ++line) {
                const auto n = static_cast<std::size_t>(lines.int8(line, 0) - 1);
                key parts;
                for (std::size_t k = 0; k < own.schema->key.size(); ++k) {
                    TANDEM_TRY(auto part, get_cell(lines.at(line, k + 1),
                                                   own.types[own.schema->key[k]].format));
                    parts.push_back(std::move(part));
                }
                out.push_back({t.upserts[n].position, encode_stored_key(parts)});
            }
        }
    }
    return out;
}

} // namespace

result<std::vector<apply_status>> apply_rearranged(store_state& state, lease& on,
                                                   std::span<const change> changes,
                                                   const call_context& call) {
    TANDEM_TRY(auto b, batch_of(state, on, changes, true, call));
    std::vector<statement> texts;
    texts.reserve(b.tables.size());
    for (const table_batch& t : b.tables) {
        TANDEM_TRY(const auto live, state.look_up(state.bound().side, t.table, on, call));
        texts.push_back(rearrange_statement(state.scope(), t.plan->own, live));
    }
    pipeline work;
    const std::size_t epochs_at = open_apply(work, state, on, b, call);
    for (table_batch& t : b.tables) {
        TANDEM_TRY(add_deletes(work, t));
    }
    for (std::size_t i = 0; i < b.tables.size(); ++i) {
        if (b.tables[i].upserts.empty()) continue;
        TANDEM_TRY(auto values, upsert_values(b.tables[i]));
        b.tables[i].rearranged_at = work.add(texts[i], std::move(values));
    }
    for (table_batch& t : b.tables) {
        TANDEM_TRY(add_upserts(work, t));
    }
    close_write(work, on, state.control());
    TANDEM_TRY(auto answers, exchange(*on, work, call));
    if (answers[epochs_at].rows() == 0) return state.not_installed();
    return read_statuses(answers, epochs_at, b, changes.size());
}

error name_columns(store_state& state, lease& on, std::span<const change> changes,
                   const error& found, const call_context& call) {
    const std::string name = on->constraint();
    if (on->in_transaction()) roll_back(on, state.control(), call);
    for (std::size_t table = 0; table < state.bound().tables.size(); ++table) {
        const auto is_of = [&](const change& c) { return c.table == table; };
        if (std::none_of(changes.begin(), changes.end(), is_of)) continue;
        const auto plan = state.plan(state.bound().side, static_cast<table_id>(table), on, call);
        if (plan.has_error()) return found;
        parameters path;
        path.add_bytes(plan.value()->own.name);
        pipeline look;
        look.add(unique_rules_statement(), std::move(path));
        const auto answers = exchange(*on, look, call);
        if (answers.has_error()) return found;
        for (const unique_rule& rule : read_unique_rules(answers.value()[0])) {
            if (rule.name != name) continue;
            return {
                found.value(),
                "unique constraint " + name + " (" +
                    joined(rule.parts.size(), ", ", [&](std::size_t i) { return rule.parts[i]; }) +
                    ") of table " + state.bound().tables[table].name + " refuses the row",
                std::string(found.server_text())};
        }
    }
    return found;
}

} // namespace detail

result<std::vector<holder>> store::holders(std::span<const change> changes,
                                           const call_context& call) {
    if (changes.empty()) return std::vector<holder>();
    return state_->run(
        call, [&](detail::lease& on) { return detail::find_holders(*state_, on, changes, call); });
}

} // namespace tandem::postgres
