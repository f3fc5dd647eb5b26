// SPDX-License-Identifier: BSL-1.0
//
// Changes that a unique constraint of the secondary refuses. The row that holds the value there has
// given it up at the primary, or it is to be given up by a change that comes later. So the present
// state of that row goes with the change, in one transaction, and so on for the rows in the way of
// that one (protocol, section 3 "Unique constraints"; docs/adr/0032).

#include "coordinator.hpp"

#include <map>
#include <set>
#include <utility>

namespace tandem::detail {
namespace {

// Each round adds the rows in the way of those that the one before added: the length of a chain.
constexpr int rounds_max = 64;
constexpr std::size_t rows_added_max = 10'000;

error with_note(const error& why, std::string_view note) {
    return {why.value(), std::string(why.detail()) + std::string(note),
            std::string(why.server_text())};
}

using known_keys = std::set<std::pair<table_id, key_bytes>>;

/// Adds the rows in the way that are not in the set yet. Each is accepted under the epoch of the
/// change that needs it: its own intent, if any, may be younger.
std::size_t add_holders(std::vector<change>& set, known_keys& known,
                        std::span<const holder> holders) {
    std::size_t added = 0;
    for (const holder& h : holders) {
        const table_id table = set[h.change].table;
        if (!known.emplace(table, h.key).second) continue;
        const epoch accepted_under = set[h.change].epoch;
        set.push_back({.table = table, .key = h.key, .version = {}, .epoch = accepted_under});
        ++added;
    }
    return added;
}

/// The states of all rows of the set as the primary has them now, in one snapshot a table: taken
/// together they break no constraint that the primary keeps. False where a row in the way is not at
/// the primary at all; what was asked to be delivered (the first `wanted`) stays as it is then.
result<bool> take_present(any_store& primary, std::vector<change>& set, std::size_t wanted,
                          const call_context& call) {
    std::map<table_id, std::vector<std::size_t>> by_table;
    for (std::size_t i = 0; i < set.size(); ++i)
        by_table[set[i].table].push_back(i);
    for (const auto& [table, positions] : by_table) {
        std::vector<key_bytes> keys;
        for (const std::size_t i : positions)
            keys.push_back(set[i].key);
        TANDEM_TRY(auto states, primary.present(table, keys, call));
        for (std::size_t n = 0; n < positions.size(); ++n) {
            change& c = set[positions[n]];
            if (!states[n] && positions[n] >= wanted) return false;
            if (!states[n] || states[n]->version < c.version) continue;
            states[n]->epoch = c.epoch;
            c = std::move(*states[n]);
        }
    }
    return true;
}

result<std::vector<apply_status>> resolve(any_store& primary, any_store& to,
                                          std::span<const change> changes, error refusal,
                                          const call_context& call) {
    std::vector<change> set(changes.begin(), changes.end());
    known_keys known;
    for (const change& c : set)
        known.emplace(c.table, c.key);
    for (int round = 0; round < rounds_max; ++round) {
        const auto holders = to.holders(set, call);
        if (!holders && holders.error() != errc::unsupported) return holders.error();
        if (!holders || holders.value().empty()) return refusal;
        const std::size_t added = add_holders(set, known, holders.value());
        if (added == 0 && round > 0) {
            return with_note(refusal, ", and the primary has the same two rows: change one of "
                                      "them there, or drop the constraint here");
        }
        if (set.size() > changes.size() + rows_added_max) return refusal;
        TANDEM_TRY(const bool complete, take_present(primary, set, changes.size(), call));
        if (!complete) {
            return with_note(refusal, ": the row that has the value is not at the primary; "
                                      "verify() names it as extra");
        }
        auto statuses = to.apply(set, call);
        if (statuses) {
            statuses.value().resize(changes.size());
            return statuses;
        }
        if (statuses.error() != errc::constraint) return statuses;
        refusal = statuses.error();
    }
    return refusal;
}

} // namespace

result<std::vector<apply_status>> coordinator::apply_or_resolve(side secondary,
                                                                std::span<const change> changes,
                                                                const call_context& call) {
    auto statuses = store_at(secondary).apply(changes, call);
    if (statuses || statuses.error() != errc::constraint) return statuses;
    return resolve(store_at(other(secondary)), store_at(secondary), changes, statuses.error(),
                   call);
}

} // namespace tandem::detail
