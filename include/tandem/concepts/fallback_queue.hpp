// SPDX-License-Identifier: BSL-1.0
//
// fallback_queue: where intents stand when the source cannot keep them itself. An intent is durable
// here before the write it belongs to is sent, and stays until the change is known to be at the
// target. It belongs to one process at a time.
//
//     struct my_queue {
//         result<std::int64_t> add(const intent_record&, const call_context&);
//         void note(std::int64_t id, write_outcome, monotonic_time) noexcept;
//         result<std::vector<owed_intent>> owed(std::int64_t after, std::size_t limit,
//                                               const call_context&);
//         result<void> settle(std::span<const std::int64_t> ids, const call_context&);
//         queue_stats stats() const;
//         const std::string& identity() const;
//         const std::string& place() const;
//         std::optional<std::string> damage() const;
//         result<void> damage_noted(const call_context&);
//     };
//
// Models: spool::spool. Thread-safe. See also: docs/protocol.md, section 13.
#pragma once

#include "tandem/core/call.hpp"
#include "tandem/core/result.hpp"
#include "tandem/core/schema.hpp"

#include <concepts>
#include <optional>
#include <span>
#include <string>

namespace tandem {

/// An intent: that the row of this key is owed to the target.
struct intent_record {
    table_id table = 0;
    key_bytes key;    ///< encoded (core/key.hpp)
    std::string body; ///< whatever belongs to it; empty for an intent that names the key alone
    friend bool operator==(const intent_record&, const intent_record&) = default;
};

/// What is known of the write an intent belongs to.
enum class write_outcome : std::uint8_t {
    in_flight, ///< the write has not ended
    known,     ///< it ended: done, or surely not done
    unknown,   ///< it may have happened, or may happen later
};

struct owed_intent {
    std::int64_t id = 0; ///< rising in the order of add()
    intent_record what;
    write_outcome outcome = write_outcome::in_flight;
    /// Outcome unknown: when that was noted; min() where the queue was opened with it.
    monotonic_time since = monotonic_time::min();
};

struct queue_stats {
    std::int64_t owed = 0;  ///< intents
    std::int64_t bytes = 0; ///< they take
};

template <class Q>
concept fallback_queue = requires(Q& q, const Q& k, const intent_record& what, std::int64_t id,
                                  std::size_t limit, std::span<const std::int64_t> ids,
                                  write_outcome outcome, monotonic_time at,
                                  const call_context& call) {
    // Durable when it returns; its outcome is in_flight. Errors: resources (a bound, or the disk is
    // full), row_too_large, timeout, store_error. After an error nothing may be written: the intent
    // may be there or not.
    { q.add(what, call) } -> std::same_as<result<std::int64_t>>;
    // In memory alone: after a restart all are unknown. `at` is when nothing was sent any more.
    { q.note(id, outcome, at) } -> std::same_as<void>;
    // With an id above `after`, ascending by id.
    { q.owed(id, limit, call) } -> std::same_as<result<std::vector<owed_intent>>>;
    // Removes; unknown ids are ignored. After an error they may be there or not.
    { q.settle(ids, call) } -> std::same_as<result<void>>;
    { k.stats() } -> std::same_as<queue_stats>;
    // Another queue, or the same one after its content was lost: another text.
    { k.identity() } -> std::same_as<const std::string&>;
    // Where it stands: the same text after a restart, another one for a copy of it elsewhere; at
    // most 64 bytes. Two processes must not have it open at one place.
    { k.place() } -> std::same_as<const std::string&>;
    // Intents may be missing, and why; until damage_noted() made it forget that.
    { k.damage() } -> std::same_as<std::optional<std::string>>;
    { q.damage_noted(call) } -> std::same_as<result<void>>;
};

} // namespace tandem
