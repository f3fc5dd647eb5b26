// SPDX-License-Identifier: BSL-1.0

#include "tandem/engine/delivery.hpp"

#include <algorithm>
#include <tuple>

namespace tandem {

std::vector<delivery> coalesce(std::span<const owed_change> owed) {
    std::vector<const owed_change*> sorted;
    sorted.reserve(owed.size());
    for (const auto& o : owed)
        sorted.push_back(&o);
    std::sort(sorted.begin(), sorted.end(), [](const owed_change* a, const owed_change* b) {
        return std::tie(a->change.table, a->change.key, a->id) <
               std::tie(b->change.table, b->change.key, b->id);
    });

    std::vector<delivery> out;
    out.reserve(sorted.size());
    for (const owed_change* o : sorted) {
        if (!out.empty() && out.back().change.table == o->change.table &&
            out.back().change.key == o->change.key) {
            delivery& d = out.back();
            const epoch newest = std::max(d.change.epoch, o->change.epoch);
            if (d.change.version < o->change.version) d.change = o->change;
            d.change.epoch = newest;
            d.intents.push_back(o->id);
            d.attempts = std::max(d.attempts, o->attempts);
        } else {
            out.push_back({o->change, {o->id}, o->attempts});
        }
    }
    return out;
}

namespace {

/// What no row can be the cause of stands for the store as a whole: without this, one missing grant
/// would make a dead letter of every change.
bool any_row_fails(errc code) noexcept {
    return code == errc::permission_denied || code == errc::schema_mismatch ||
           code == errc::unsupported || code == errc::corrupt_data ||
           code == errc::invalid_mapping || code == errc::invalid_options ||
           code == errc::same_table;
}

} // namespace

blame blame_for(const error& why) noexcept {
    switch (why.condition()) {
    case errc_condition::conflict: return blame::one_row;
    case errc_condition::permanent:
        return any_row_fails(why.value()) ? blame::secondary : blame::one_row;
    case errc_condition::retryable:
    case errc_condition::outcome_unknown:
    case errc_condition::refused: return blame::secondary;
    }
    return blame::secondary;
}

} // namespace tandem
