// SPDX-License-Identifier: BSL-1.0
//
// transactional_intent: a write that commits together with its version and, in a dual phase, with
// the intent that a change is owed; and the outbox those intents live in.
//
//     struct my_store /* also fenced */ {
//         result<write_reply> write(const write_command&, route belief, const call_context&);
//         result<std::vector<owed_change>> owed(std::int64_t after, std::size_t limit,
//                                               const call_context&);
//         result<void> settle(std::span<const std::int64_t> ids, const call_context&);
//         result<void> note_failure(std::int64_t id, std::string_view error, bool dead,
//                                   const call_context&);
//         result<owed_stats> stats(const call_context&);
//     };
//
// Models: memory::store, sqlite::store, postgres::store. See also: guarded_apply.hpp.
#pragma once

#include "tandem/core/write.hpp"
#include "tandem/concepts/fenced.hpp"

namespace tandem {

template <class S>
concept transactional_intent = fenced<S> &&
    requires(S& s, const write_command& command, route belief, std::int64_t id, std::size_t limit,
             std::span<const std::int64_t> ids, std::string_view text, const call_context& call) {
    // One key, its own transaction. The store may use the belief to choose a cheaper form; it never
    // commits under an epoch other than the fence's. Errors: outcome_unknown and the conditions
    // conflict, permanent, retryable.
    { s.write(command, belief, call) } -> std::same_as<result<write_reply>>;
    // Intents with an id above `after`, ascending by id, each with the present state of its key at
    // this side (row and tombstone read in one statement; the newer decides; neither: a tombstone
    // of the intent's version). Dead letters are left out.
    { s.owed(id, limit, call) } -> std::same_as<result<std::vector<owed_change>>>;
    // Removes intents. Only ever called with ids whose change, or a newer one of the same key, is
    // known to be committed at the secondary. Unknown ids are ignored.
    { s.settle(ids, call) } -> std::same_as<result<void>>;
    // Counts a failed delivery; `dead` makes it a dead letter, which stays owed.
    { s.note_failure(id, text, true, call) } -> std::same_as<result<void>>;
    // Makes dead letters ordinary intents again, with all their attempts; how many.
    { s.revive(call) } -> std::same_as<result<std::int64_t>>;
    { s.stats(call) } -> std::same_as<result<owed_stats>>;
    // Whether an intent still exists: the check behind a closed apply.
    { s.is_owed(id, call) } -> std::same_as<result<bool>>;
};

} // namespace tandem
