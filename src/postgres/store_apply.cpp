// SPDX-License-Identifier: BSL-1.0
//
// Guarded applies at the secondary: one transaction, one round trip (protocol-sql, "Set-wise
// apply").
//
//   1  fence locks of the buckets, shared, ascending
//   2  key locks, by stripe, ascending: always before any row lock, so that appliers never wait for
//      a key while holding a row
//   3  deletes; tombstones; upserts: each a statement of its own, later than the locks. A value
//      that a deleted row had is free before another one takes it
//
// A table declared without deletes needs no key locks: nothing there makes a key absent.

#include "tandem/core/clock_source.hpp"

#include "postgres/apply_batch.hpp"
#include "postgres/codec.hpp"

#include <algorithm>
#include <unordered_map>

namespace tandem::postgres {
namespace detail {
namespace {

void make_distinct(std::vector<int>& numbers) {
    std::sort(numbers.begin(), numbers.end());
    numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
}

result<void> sort_and_check(std::vector<item>& items) {
    const auto less = [](const item& a, const item& b) { return a.what->key < b.what->key; };
    const auto same = [](const item& a, const item& b) { return a.what->key == b.what->key; };
    std::sort(items.begin(), items.end(), less);
    if (std::adjacent_find(items.begin(), items.end(), same) == items.end()) return success();
    return error(errc::duplicate_key, "a batch of changes names a key twice");
}

bool needs_key_lock(const table_batch& t) {
    return t.plan->own.has_deletes() || !t.deletes.empty();
}

} // namespace

result<batch> batch_of(store_state& state, lease& on, std::span<const change> changes,
                       bool lock_all, const call_context& call) {
    batch out;
    for (std::size_t i = 0; i < changes.size(); ++i) {
        const change& c = changes[i];
        TANDEM_TRY(state.check(c.table));
        auto t = std::find_if(out.tables.begin(), out.tables.end(),
                              [&](const table_batch& b) { return b.table == c.table; });
        if (t == out.tables.end()) {
            out.tables.push_back({.table = c.table});
            t = out.tables.end() - 1;
        }
        (c.image ? t->upserts : t->deletes).push_back({i, &c, state.bucket(c.key)});
        out.buckets.push_back(state.bucket(c.key));
    }
    make_distinct(out.buckets);
    for (table_batch& t : out.tables) {
        TANDEM_TRY(t.plan, state.plan(state.bound().side, t.table, on, call));
        std::vector<item> all = t.upserts;
        all.insert(all.end(), t.deletes.begin(), t.deletes.end());
        TANDEM_TRY(sort_and_check(all));
        TANDEM_TRY(sort_and_check(t.upserts));
        TANDEM_TRY(sort_and_check(t.deletes));
        if (!lock_all && !needs_key_lock(t)) continue;
        for (const item& one : all)
            out.stripes.push_back(key_stripe(t.table, one.what->key));
    }
    make_distinct(out.stripes);
    return out;
}

namespace {

// The columns behind the row or the key: key bytes, bucket, epoch, version.
void add_tail(parameters& out, std::span<const item> items) {
    array_writer keys(out, oids::bytea);
    for (const item& i : items)
        keys.add_bytes(i.what->key);
    keys.finish();
    array_writer buckets(out, oids::int4);
    for (const item& i : items)
        buckets.add_int4(i.bucket);
    buckets.finish();
    array_writer epochs(out, oids::int8);
    for (const item& i : items)
        epochs.add_int8(i.what->epoch);
    epochs.finish();
    array_writer versions(out, oids::int8);
    for (const item& i : items)
        versions.add_int8(i.what->version.value);
    versions.finish();
}

} // namespace

result<void> add_images(parameters& out, std::span<const item> upserts, const sql_table& own) {
    for (const item& i : upserts) {
        if (i.what->image->size() == own.types.size()) continue;
        return error(errc::type_mismatch,
                     "a row for table " + own.schema->name + " has another number of fields");
    }
    for (std::size_t column = 0; column < own.types.size(); ++column) {
        const live_type& type = own.types[column];
        const std::size_t field = own.schema->columns[column].field;
        array_writer values(out, type.type);
        for (const item& i : upserts) {
            TANDEM_TRY(values.add((*i.what->image)[field], type.format));
        }
        values.finish();
    }
    return success();
}

result<parameters> upsert_values(const table_batch& t) {
    parameters out;
    TANDEM_TRY(add_images(out, t.upserts, t.plan->own));
    add_tail(out, t.upserts);
    return out;
}

namespace {

result<parameters> delete_values(const table_batch& t) {
    parameters out;
    const auto types = t.plan->own.schema->key_types();
    std::vector<key> keys;
    for (const item& i : t.deletes) {
        TANDEM_TRY(auto parts, decode_key(i.what->key, types));
        keys.push_back(std::move(parts));
    }
    TANDEM_TRY(add_key_arrays(out, t.plan->own, keys.size(),
                              [&](std::size_t i) -> const key& { return keys[i]; }));
    add_tail(out, t.deletes);
    array_writer epochs(out, oids::int8);
    for (const item& i : t.deletes)
        epochs.add_int8(i.what->tombstone_epoch);
    epochs.finish();
    return out;
}

} // namespace

result<void> add_deletes(pipeline& work, table_batch& t) {
    if (t.deletes.empty()) return success();
    TANDEM_TRY(auto values, delete_values(t));
    work.add(t.plan->sql.apply_deletes, values);
    t.tombstones_at = work.add(t.plan->sql.apply_tombstones, std::move(values));
    return success();
}

result<void> add_upserts(pipeline& work, table_batch& t) {
    if (t.upserts.empty()) return success();
    TANDEM_TRY(auto values, upsert_values(t));
    t.upserts_at = work.add(t.plan->sql.apply_upserts, std::move(values));
    return success();
}

namespace {

// Whose key bytes are in `done` were applied; of the others, a newer epoch of the side closed them.
void set_statuses(std::vector<apply_status>& out, std::span<const item> items,
                  const std::unordered_map<std::string, bool>& done,
                  const std::unordered_map<int, epoch>& epochs) {
    for (const item& i : items) {
        const auto side_epoch = epochs.find(i.bucket);
        const bool closed = side_epoch == epochs.end() || side_epoch->second > i.what->epoch;
        out[i.position] = done.contains(i.what->key) ? apply_status::applied
                          : closed                   ? apply_status::closed
                                                     : apply_status::superseded;
    }
}

result<void> find_written(const result_set& lines, const table_batch& t,
                          std::unordered_map<std::string, bool>& done) {
    const sql_table& own = t.plan->own;
    for (std::size_t line = 0; line < lines.rows(); ++line) {
        key parts;
        for (std::size_t k = 0; k < own.schema->key.size(); ++k) {
            TANDEM_TRY(auto part,
                       get_cell(lines.at(line, k), own.types[own.schema->key[k]].format));
            parts.push_back(std::move(part));
        }
        done.emplace(encode_stored_key(parts), true);
    }
    return success();
}

std::unordered_map<std::string, bool> tombstones_written(const result_set& lines) {
    std::unordered_map<std::string, bool> done;
    for (std::size_t line = 0; line < lines.rows(); ++line)
        done.emplace(lines.text(line, 0), true);
    return done;
}

} // namespace

result<std::vector<apply_status>> read_statuses(const replies& answers, std::size_t epochs_at,
                                                const batch& b, std::size_t count) {
    std::unordered_map<int, epoch> epochs;
    const result_set& fences = answers[epochs_at];
    for (std::size_t line = 0; line < fences.rows(); ++line) {
        epochs.emplace(fences.int4(line, 0), fences.int8(line, 1));
    }
    std::vector<apply_status> out(count, apply_status::applied);
    for (const table_batch& t : b.tables) {
        // The usual case: every row was written, and nobody has to be found.
        if (!t.upserts.empty() && answers[t.upserts_at].rows() != t.upserts.size()) {
            std::unordered_map<std::string, bool> done;
            TANDEM_TRY(find_written(answers[t.upserts_at], t, done));
            if (t.rearranged_at) {
                TANDEM_TRY(find_written(answers[*t.rearranged_at], t, done));
            }
            set_statuses(out, t.upserts, done, epochs);
        }
        if (!t.deletes.empty() && answers[t.tombstones_at].rows() != t.deletes.size()) {
            set_statuses(out, t.deletes, tombstones_written(answers[t.tombstones_at]), epochs);
        }
    }
    return out;
}

std::size_t open_apply(pipeline& work, store_state& state, const lease& on, const batch& b,
                       const call_context& call) {
    const control_sql& sql = state.control();
    parameters buckets, stripes;
    add_int4_array(buckets, b.buckets);
    add_int4_array(stripes, b.stripes);
    open_write(work, on, sql);
    add_timeouts(work, on, sql, call);
    work.run(sql.lock_fences, buckets);
    if (!b.stripes.empty()) work.run(sql.lock_stripes, std::move(stripes));
    const std::size_t epochs_at = work.add(sql.fence_epochs, std::move(buckets));
    for (const table_batch& t : b.tables) {
        if (!t.plan->own.has_triggers) continue;
        work.run(sql.mark_apply);
        break;
    }
    return epochs_at;
}

namespace {

result<std::vector<apply_status>> apply_batch(store_state& state, lease& on,
                                              std::span<const change> changes,
                                              const call_context& call) {
    TANDEM_TRY(auto b, batch_of(state, on, changes, false, call));
    const control_sql& sql = state.control();
    pipeline work;
    const std::size_t epochs_at = open_apply(work, state, on, b, call);
    for (table_batch& t : b.tables) {
        TANDEM_TRY(add_deletes(work, t));
    }
    for (table_batch& t : b.tables) {
        TANDEM_TRY(add_upserts(work, t));
    }
    close_write(work, on, sql);
    TANDEM_TRY(auto answers, exchange(*on, work, call));
    if (answers[epochs_at].rows() == 0) return state.not_installed();
    return read_statuses(answers, epochs_at, b, changes.size());
}

// One upsert: two statements, scalars.
result<std::vector<apply_status>> apply_one(store_state& state, lease& on, const change& c,
                                            const call_context& call) {
    TANDEM_TRY(state.check(c.table));
    TANDEM_TRY(const table_plan* plan, state.plan(state.bound().side, c.table, on, call));
    const int bucket = state.bucket(c.key);
    std::optional<int> stripe;
    if (plan->own.has_deletes()) stripe = key_stripe(c.table, c.key);
    parameters values;
    TANDEM_TRY(add_columns(values, *c.image, plan->own));
    values.add_bytes(c.key);
    values.add_int4(bucket);
    values.add_int8(c.epoch);
    values.add_int8(c.version.value);
    pipeline work;
    open_write(work, on, state.control());
    add_write_locks(work, on, state.control(), call, bucket, stripe);
    if (plan->own.has_triggers) work.run(state.control().mark_apply);
    const std::size_t at = work.add(plan->sql.apply_one, std::move(values));
    close_write(work, on, state.control());
    TANDEM_TRY(auto answers, exchange(*on, work, call));
    const result_set& line = answers[at];
    if (line.rows() == 0) return state.not_installed();
    const bool written = !line.is_null(0, 1);
    const bool closed = line.int8(0, 0) > c.epoch;
    return std::vector<apply_status>{written  ? apply_status::applied
                                     : closed ? apply_status::closed
                                              : apply_status::superseded};
}

// A single upsert and a batch; where a unique constraint refuses a batch, again in the form in
// which the order of its rows does not matter.
result<std::vector<apply_status>> apply_once(store_state& state, lease& on,
                                             std::span<const change> changes,
                                             const call_context& call) {
    const bool single = changes.size() == 1 && changes.front().image.has_value();
    auto answer = single ? apply_one(state, on, changes.front(), call)
                         : apply_batch(state, on, changes, call);
    if (answer.has_value() || on->sqlstate() != unique_violation) return answer;
    if (changes.size() > 1) {
        if (on->in_transaction()) roll_back(on, state.control(), call);
        answer = apply_rearranged(state, on, changes, call);
        if (answer.has_value() || on->sqlstate() != unique_violation) return answer;
    }
    return name_columns(state, on, changes, answer.error(), call);
}

bool is_passing(const error& found) { return found == errc::serialization || found == errc::busy; }

} // namespace
} // namespace detail

result<std::vector<apply_status>> store::apply(std::span<const change> changes,
                                               const call_context& call) {
    if (changes.empty()) return std::vector<apply_status>();
    if (state_->bound().is_joint()) {
        return error(errc::unsupported, "in same_transaction mode nothing is applied: each write "
                                        "reaches both tables");
    }
    const auto once = [&] {
        return state_->run(call, [&](detail::lease& on) {
            return detail::apply_once(*state_, on, changes, call);
        });
    };
    auto answer = once();
    for (int attempt = 1; attempt < state_->options().apply_attempts && answer.has_error() &&
                          detail::is_passing(answer.error()) && time_left(call).count() > 0;
         ++attempt) {
        answer = once();
    }
    return answer;
}

} // namespace tandem::postgres
