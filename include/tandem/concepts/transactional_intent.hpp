// SPDX-License-Identifier: BSL-1.0
//
// transactional_intent: a write that commits together with its version and, in a dual phase, with
// the intent that a change is owed; and the outbox those intents live in.
//
//     struct my_store /* also fenced */ {
//         result<write_reply> write(const write_command&, route belief, const call_context&);
//         result<std::vector<owed_change>> owed(std::int64_t after, std::size_t limit, owed_scope,
//                                               const call_context&);
//         result<void> settle(std::span<const std::int64_t> ids, const call_context&);
//         result<void> note_failure(std::span<const std::int64_t> ids, const delivery_failure&,
//                                   const call_context&);
//         result<std::vector<dead_letter>> dead_letters(std::int64_t after, std::size_t limit,
//                                                       const call_context&);
//         ... and so on: see below
//     };
//
// Models: memory::store, sqlite::store, postgres::store. See also: guarded_apply.hpp.
#pragma once

#include "tandem/core/dead_letter.hpp"
#include "tandem/core/write.hpp"
#include "tandem/concepts/fenced.hpp"

namespace tandem {

template <class S>
concept transactional_intent = fenced<S> &&
    requires(S& s, const write_command& command, route belief, std::int64_t id, std::size_t limit,
             std::span<const std::int64_t> ids, const delivery_failure& failure, table_id table,
             owed_scope scope, std::string_view reason, std::span<const key_bytes> keys,
             const call_context& call) {
    // One key, its own transaction. The store may use the belief to choose a cheaper form; it never
    // commits under an epoch other than the fence's. Errors: outcome_unknown and the conditions
    // conflict, permanent, retryable.
    { s.write(command, belief, call) } -> std::same_as<result<write_reply>>;
    // Intents with an id above `after`, ascending by id, each with the present state of its key at
    // this side (row and tombstone read in one statement; the newer decides; neither: a tombstone
    // of the intent's version). Dead letters are left out, and under owed_scope::due those whose
    // next attempt has not come.
    { s.owed(id, limit, scope, call) } -> std::same_as<result<std::vector<owed_change>>>;
    // The same state of any keys of a table (encoded), in one snapshot; nothing where there is
    // neither row nor tombstone. The epoch is left 0.
    { s.present(table, keys, call) } -> std::same_as<result<std::vector<std::optional<change>>>>;
    // Removes intents. Only ever called with ids whose change, or a newer one of the same key, is
    // known to be committed at the secondary. Hence failed and dead intents of the same key with
    // the same or an older version go with them. Unknown ids are ignored.
    { s.settle(ids, call) } -> std::same_as<result<void>>;
    // Counts a failed delivery of each; `dead` makes them dead letters, which stay owed. Unknown
    // ids are ignored.
    { s.note_failure(ids, failure, call) } -> std::same_as<result<void>>;
    { s.stats(call) } -> std::same_as<result<owed_stats>>;
    // Whether an intent still exists: the check behind a closed apply.
    { s.is_owed(id, call) } -> std::same_as<result<bool>>;

    // Dead letters with an id above `after`, ascending by id.
    { s.dead_letters(id, limit, call) } -> std::same_as<result<std::vector<dead_letter>>>;
    // Makes dead letters ordinary intents again, due at once and with all their attempts: those of
    // `ids`, or all where it is empty; how many. What is no dead letter is ignored.
    { s.revive(ids, call) } -> std::same_as<result<std::int64_t>>;
    // Removes the dead letters among `ids` and marks their tables dirty, in one transaction; how
    // many. What is no dead letter is ignored, and marks nothing.
    { s.drop(ids, reason, call) } -> std::same_as<result<std::int64_t>>;

    // Marks: while one is there, `decide` (core/step.hpp) changes nothing and purge spares the
    // table's tombstones. They survive `leave`; enter_primary in mode reset removes them, because
    // the secondary was emptied. A mark stands for what was lost before it was committed: a verify
    // that began after that may clear it. The same table and reason again replaces the mark by a
    // newer one. Errors: invalid_mapping (no such table).
    { s.mark_dirty(table, reason, call) } -> std::same_as<result<void>>;
    // Ascending by id.
    { s.dirty_marks(call) } -> std::same_as<result<std::vector<dirty_mark>>>;
    // Removes these marks and no others. By id, not up to one: ids are not in the order of commits.
    { s.clear_dirty(ids, call) } -> std::same_as<result<void>>;
};

} // namespace tandem
