// SPDX-License-Identifier: BSL-1.0
//
// guarantees: what holds between two types of stores, computed from the concepts they model, so
// that a service can assert while compiling what it relies on. The table of docs/guarantees.md is
// made from this header. It says what the protocol gives; that a store of your own keeps the
// promises of its concepts is for its contract tests to show. No state, no I/O.
//
//     static_assert(tandem::holds<my_store, tandem::postgres::store>(
//                       tandem::guarantee::no_lost_update, tandem::arrangement::async) ==
//                   tandem::extent::full);
//
#pragma once

#include "tandem/concepts/fallback_queue.hpp"
#include "tandem/concepts/guarded_apply.hpp"
#include "tandem/concepts/joint.hpp"
#include "tandem/concepts/keyed.hpp"
#include "tandem/concepts/operation_log.hpp"

#include <array>

namespace tandem {

/// How two stores work together.
enum class arrangement : std::uint8_t {
    async,            ///< migration, secondary_mode::async
    sync,             ///< migration, secondary_mode::sync
    same_transaction, ///< migration over one store that holds both tables
    keyed,            ///< keyed_migration: the source cannot fence
};
inline constexpr std::array arrangements{arrangement::async, arrangement::sync,
                                         arrangement::same_transaction, arrangement::keyed};

enum class guarantee : std::uint8_t {
    no_write_lost,       ///< an acknowledged write survives every crash, switch and way back
    intent_with_write,   ///< what the other side lacks is known from the moment of the commit
    no_stale_phase,      ///< no write commits under a phase that has ended
    no_older_row,        ///< no row is replaced by an older state of it
    no_resurrection,     ///< no deleted row comes back
    no_lost_update,      ///< read-modify-write sees the newest write, whoever made it
    recent_reads,        ///< reads are linearizable per key, during a switch too
    several_keys,        ///< transactions over several keys and tables, at the primary
    both_at_once,        ///< both tables change in one transaction
    secondary_caught_up, ///< the secondary holds a write when it is acknowledged
    free_of_secondary,   ///< a secondary that is down or hangs fails no write
    new_only_reachable,  ///< the target becomes primary, and the source can be left behind
    way_back,            ///< back to the source with every write made since
    verifiable,          ///< verify() compares both sides beside running writers
    known_outcome, ///< with an operation id: what became of a write, and a repeat happens once
};

enum class extent : std::uint8_t {
    none,    ///< not promised, or there is nothing to promise it of
    limited, ///< within what docs/guarantees.md says beside it
    full,
};

/// Whether the two types can work together so. same_transaction: one type, given twice.
template <class Source, class Target>
[[nodiscard]] constexpr bool is_offered(arrangement how) noexcept {
    switch (how) {
    case arrangement::async:
    case arrangement::sync:
        return read_modify_write<Source> && guarded_apply<Source> && read_modify_write<Target> &&
               guarded_apply<Target>;
    case arrangement::same_transaction:
        return std::same_as<Source, Target> && joint<Source> && read_modify_write<Source>;
    case arrangement::keyed: return keyed<Source> && read_modify_write<Target>;
    }
    return false;
}

namespace detail {

constexpr extent full_if(bool it_holds) noexcept { return it_holds ? extent::full : extent::none; }
constexpr extent limited_if(bool it_holds) noexcept {
    return it_holds ? extent::limited : extent::none;
}

/// One that two stores with fences of their own, or one with both tables, give by what they model.
template <class Source, class Target>
constexpr extent holds_between_fences(guarantee which, arrangement how) noexcept {
    constexpr bool fences = fenced<Source> && fenced<Target>;
    constexpr bool intents = transactional_intent<Source> && transactional_intent<Target>;
    constexpr bool guards = guarded_apply<Source> && guarded_apply<Target>;
    constexpr bool transactions = read_modify_write<Source> && read_modify_write<Target>;
    const bool one = how == arrangement::same_transaction;
    switch (which) {
    case guarantee::no_write_lost: return full_if(fences && (one || (intents && guards)));
    case guarantee::intent_with_write: return full_if(!one && intents);
    case guarantee::no_stale_phase:
    case guarantee::new_only_reachable:
    case guarantee::way_back: return full_if(fences);
    case guarantee::no_older_row:
    case guarantee::no_resurrection: return full_if(one || guards);
    case guarantee::no_lost_update:
    case guarantee::several_keys: return full_if(transactions);
    case guarantee::recent_reads: return full_if(fences);
    case guarantee::both_at_once: return full_if(one);
    case guarantee::secondary_caught_up:
        return one ? extent::full : limited_if(how == arrangement::sync);
    case guarantee::free_of_secondary:
        return one ? extent::none : how == arrangement::sync ? extent::limited : extent::full;
    case guarantee::verifiable: return full_if(!one);
    case guarantee::known_outcome: return full_if(operation_log<Source> && operation_log<Target>);
    }
    return extent::none;
}

constexpr extent holds_from_keyed(guarantee which) noexcept {
    switch (which) {
    case guarantee::no_write_lost:
    case guarantee::no_older_row:
    case guarantee::no_resurrection:
    case guarantee::recent_reads:
    case guarantee::way_back:
    case guarantee::intent_with_write: return extent::limited;
    case guarantee::free_of_secondary: return extent::full;
    default: return extent::none;
    }
}

} // namespace detail

/// none as well where the two cannot work together so.
template <class Source, class Target>
[[nodiscard]] constexpr extent holds(guarantee which, arrangement how) noexcept {
    if (!is_offered<Source, Target>(how)) return extent::none;
    if (how == arrangement::keyed) return detail::holds_from_keyed(which);
    return detail::holds_between_fences<Source, Target>(which, how);
}

} // namespace tandem
