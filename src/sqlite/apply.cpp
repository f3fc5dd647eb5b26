// SPDX-License-Identifier: BSL-1.0
//
// Guarded applies. All changes of a call are one transaction that excludes every other writer, so
// the guard needs no more than to look before it acts.
#include "tandem/core/key.hpp"
#include "tandem/sqlite/store.hpp"

#include "sqlite/fences.hpp"
#include "sqlite/rows.hpp"

#include <set>
#include <utility>

namespace tandem::sqlite {

namespace detail {

namespace {

/// A row without a version is older than everything, version 0 included: that of a table loaded
/// before the era. Applying version 0 twice is applying the same row twice.
bool gives_way(version held, version v) noexcept { return held.value == 0 || held < v; }

result<apply_status> apply_row(connection& c, const state& s, const change& wanted,
                               const key& parts) {
    const auto t = s.own_table(wanted.table);
    TANDEM_TRY(const auto held, find_version(c, t, parts));
    if (held) {
        if (!gives_way(*held, wanted.version)) return apply_status::superseded;
        TANDEM_TRY(update_row(c, t, *wanted.image, wanted.version));
        return apply_status::applied;
    }
    TANDEM_TRY(const auto dead, find_tombstone(c, s, wanted.table, wanted.key));
    if (dead && dead->version >= wanted.version) return apply_status::superseded;
    TANDEM_TRY(insert_row(c, t, *wanted.image, wanted.version));
    if (dead) {
        TANDEM_TRY(drop_tombstone(c, s, wanted.table, wanted.key));
    }
    return apply_status::applied;
}

result<apply_status> apply_delete(connection& c, const state& s, const change& wanted,
                                  const key& parts) {
    const auto t = s.own_table(wanted.table);
    TANDEM_TRY(const auto held, find_version(c, t, parts));
    if (held) {
        if (!gives_way(*held, wanted.version)) return apply_status::superseded;
        TANDEM_TRY(erase_row(c, t, parts));
    } else {
        TANDEM_TRY(const auto dead, find_tombstone(c, s, wanted.table, wanted.key));
        if (dead && dead->version >= wanted.version) return apply_status::superseded;
    }
    const epoch of_delete = wanted.tombstone_epoch != 0 ? wanted.tombstone_epoch : wanted.epoch;
    TANDEM_TRY(put_tombstone(c, s, wanted.table, wanted.key, {wanted.version, of_delete}));
    return apply_status::applied;
}

result<apply_status> apply_one(connection& c, const state& s, entered_fences& entered,
                               const change& wanted) {
    TANDEM_TRY(const auto* f, entered.of(wanted.key));
    if (f->epoch > wanted.epoch) return apply_status::closed;
    TANDEM_TRY(const auto parts,
               decode_key(wanted.key, s.own_table(wanted.table).schema->key_types()));
    return wanted.image ? apply_row(c, s, wanted, parts) : apply_delete(c, s, wanted, parts);
}

} // namespace

} // namespace detail

result<std::vector<apply_status>> store::apply(std::span<const change> changes,
                                               const call_context& call) {
    auto& s = *state_;
    TANDEM_TRY(s.ready());
    if (s.bound.is_joint()) {
        return error(errc::unsupported, "in same_transaction mode a write reaches both tables "
                                        "itself; there is nothing to apply");
    }
    std::set<std::pair<table_id, std::string_view>> seen;
    for (const auto& wanted : changes) {
        TANDEM_TRY(s.ready(wanted.table));
        if (!seen.emplace(wanted.table, wanted.key).second) {
            return error(errc::duplicate_key,
                         "a batch of changes names a key twice; send each key once");
        }
    }
    TANDEM_TRY(auto open, detail::unit::begin(s, call, detail::foreign_keys::ignored));
    detail::entered_fences entered(*open, s);
    std::vector<apply_status> statuses;
    statuses.reserve(changes.size());
    for (const auto& wanted : changes) {
        TANDEM_TRY(const auto status, detail::apply_one(*open, s, entered, wanted));
        statuses.push_back(status);
    }
    TANDEM_TRY(open.commit(call));
    return statuses;
}

} // namespace tandem::sqlite
