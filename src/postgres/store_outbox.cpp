// SPDX-License-Identifier: BSL-1.0
//
// The outbox: what is owed, with the present state of each key; and its removal. Reading it is two
// round trips: the intents, then in one statement a table the rows and tombstones of their keys.
// The second snapshot is later, which is right: what travels is the newest state.

#include "postgres/codec.hpp"
#include "postgres/store_state.hpp"

#include <algorithm>

namespace tandem::postgres {
namespace detail {
namespace {

struct intent {
    std::int64_t id;
    version owed;
    epoch at;
    table_id table;
    key_bytes encoded;
    int attempts;
};

std::vector<intent> intents_of(const result_set& lines) {
    std::vector<intent> out;
    out.reserve(lines.rows());
    for (std::size_t i = 0; i < lines.rows(); ++i) {
        out.push_back({lines.int8(i, 0),
                       {lines.int8(i, 1)},
                       lines.int8(i, 2),
                       static_cast<table_id>(lines.int2(i, 3)),
                       lines.text(i, 4),
                       lines.int4(i, 5)});
    }
    return out;
}

// Without row and tombstone (purged since): a tombstone of the intent's own version.
owed_change owed_of(const intent& from) {
    owed_change out;
    out.id = from.id;
    out.attempts = from.attempts;
    out.change.table = from.table;
    out.change.key = from.encoded;
    out.change.epoch = from.at;
    out.change.version = from.owed;
    out.change.tombstone_epoch = from.at;
    return out;
}

// Beside a live row an older tombstone may stand: the greater version decides.
void take_state(change& into, std::optional<stored_row> live, std::optional<version> dead,
                epoch dead_epoch) {
    if (live && (!dead || *dead < live->version)) {
        into.version = live->version;
        into.image = std::move(live->image);
        into.tombstone_epoch = 0;
    } else if (dead) {
        into.version = *dead;
        into.tombstone_epoch = dead_epoch;
    }
}

// Reads the state of the keys of `of`, all of one table, in one snapshot. What has neither row nor
// tombstone stays as it is; true for the others.
result<std::vector<bool>> read_state(store_state& state, lease& on, const call_context& call,
                                     table_id table, std::span<change* const> of) {
    TANDEM_TRY(const table_plan* plan, state.plan(state.bound().side, table, on, call));
    const auto types = plan->own.schema->key_types();
    std::vector<key> keys;
    for (const change* c : of) {
        TANDEM_TRY(auto parts, decode_key(c->key, types));
        keys.push_back(std::move(parts));
    }
    parameters values;
    TANDEM_TRY(add_key_arrays(values, plan->own, keys.size(),
                              [&](std::size_t i) -> const key& { return keys[i]; }));
    array_writer encoded(values, oids::bytea);
    for (const change* c : of)
        encoded.add_bytes(c->key);
    encoded.finish();
    pipeline work;
    work.run(state.control().by_index);
    const std::size_t at = work.add(plan->sql.owed_state, std::move(values));
    TANDEM_TRY(auto answers, exchange(*on, work, call));
    const result_set& lines = answers[at];
    std::vector<bool> found(of.size(), false);
    for (std::size_t line = 0; line < lines.rows(); ++line) {
        const auto position = static_cast<std::size_t>(lines.int8(line, 0) - 1);
        if (position >= of.size()) continue;
        std::optional<stored_row> live;
        TANDEM_TRY(read_stored_row(lines, line, 3, plan->own, live));
        std::optional<version> dead;
        if (!lines.is_null(line, 1)) dead = version{lines.int8(line, 1)};
        found[position] = live || dead;
        take_state(*of[position], std::move(live), dead, lines.int8(line, 2));
    }
    return found;
}

result<std::vector<owed_change>> read_owed(store_state& state, lease& on, std::int64_t after,
                                           std::size_t limit, owed_scope which,
                                           const call_context& call) {
    parameters values;
    values.add_int8(after);
    values.add_int8(static_cast<std::int64_t>(limit));
    values.add_bool(which == owed_scope::all);
    pipeline work;
    work.run(state.control().by_index);
    const std::size_t at = work.add(state.control().owed, std::move(values));
    TANDEM_TRY(auto answers, exchange(*on, work, call));
    std::vector<owed_change> out;
    std::vector<std::vector<std::size_t>> by_table(state.bound().tables.size());
    for (const intent& one : intents_of(answers[at])) {
        if (one.table >= by_table.size()) {
            return error(errc::invariant, "the outbox names table number " +
                                              std::to_string(one.table) +
                                              ", which the migration does not have");
        }
        by_table[one.table].push_back(out.size());
        out.push_back(owed_of(one));
    }
    for (std::size_t table = 0; table < by_table.size(); ++table) {
        if (by_table[table].empty()) continue;
        std::vector<change*> of;
        for (const std::size_t i : by_table[table])
            of.push_back(&out[i].change);
        TANDEM_TRY(read_state(state, on, call, static_cast<table_id>(table), of));
    }
    return out;
}

result<std::vector<std::optional<change>>> read_present(store_state& state, lease& on,
                                                        table_id table,
                                                        std::span<const key_bytes> keys,
                                                        const call_context& call) {
    std::vector<change> states;
    std::vector<change*> of;
    states.reserve(keys.size());
    for (const key_bytes& encoded : keys) {
        states.push_back({.table = table, .key = encoded});
        of.push_back(&states.back());
    }
    TANDEM_TRY(const auto found, read_state(state, on, call, table, of));
    std::vector<std::optional<change>> out(keys.size());
    for (std::size_t i = 0; i < keys.size(); ++i) {
        if (found[i]) out[i] = std::move(states[i]);
    }
    return out;
}

} // namespace
} // namespace detail

using detail::lease;
using detail::parameters;
using detail::pipeline;

result<std::vector<owed_change>> store::owed(std::int64_t after, std::size_t limit,
                                             owed_scope scope, const call_context& call) {
    if (state_->bound().is_joint()) return std::vector<owed_change>();
    return state_->run(
        call, [&](lease& on) { return detail::read_owed(*state_, on, after, limit, scope, call); });
}

result<std::vector<std::optional<change>>>
store::present(table_id table, std::span<const key_bytes> keys, const call_context& call) {
    TANDEM_TRY(state_->check(table));
    if (state_->bound().is_joint()) {
        return error(errc::unsupported, "in same_transaction mode nothing travels");
    }
    return state_->run(
        call, [&](lease& on) { return detail::read_present(*state_, on, table, keys, call); });
}

result<void> store::settle(std::span<const std::int64_t> ids, const call_context& call) {
    if (ids.empty()) return success();
    return state_->run(call, [&](lease& on) -> result<void> {
        const detail::control_sql& sql = state_->control();
        parameters values;
        detail::add_int8_array(values, ids);
        pipeline work;
        detail::open_write(work, on, sql);
        // Losing a removal in a crash only means a second delivery, which the guard makes harmless.
        work.run(sql.async_commit);
        work.run(sql.by_index);
        work.run(sql.settle, values);
        work.run(sql.settle_failures, std::move(values));
        detail::close_write(work, on, sql);
        TANDEM_TRY(exchange(*on, work, call));
        return success();
    });
}

result<owed_stats> store::stats(const call_context& call) {
    return state_->run(call, [&](lease& on) -> result<owed_stats> {
        pipeline work;
        work.add(state_->control().stats);
        TANDEM_TRY(auto answers, exchange(*on, work, call));
        const auto& line = answers[0];
        return owed_stats{
            line.int8(0, 0), line.int8(0, 1), std::max<std::int64_t>(line.int8(0, 2), 0),
            line.int8(0, 3), line.int8(0, 4), line.int8(0, 5)};
    });
}

result<bool> store::is_owed(std::int64_t id, const call_context& call) {
    return state_->run(call, [&](lease& on) -> result<bool> {
        parameters values;
        values.add_int8(id);
        pipeline work;
        work.add(state_->control().is_owed, std::move(values));
        TANDEM_TRY(auto answers, exchange(*on, work, call));
        return answers[0].boolean(0, 0);
    });
}

} // namespace tandem::postgres
