// SPDX-License-Identifier: BSL-1.0
//
// readable: rows by key, in groups and by range, each answer with the fence of its own snapshot.
// The side parameter matters in same_transaction mode alone (binding::joint).
//
//     struct my_store /* also a store */ {
//         result<read_reply> read(side, table_id, const row_key&, const call_context&);
//         result<read_many_reply> read_many(side, table_id, std::span<const row_key>,
//                                           const call_context&);
//         result<scan_reply> scan(side, table_id, const key_range&, std::size_t limit,
//                                 const call_context&);
//         result<tombstones_reply> tombstones(table_id, std::string_view after, std::size_t limit,
//                                             const call_context&);
//     };
//
// Models: memory::store, sqlite::store, postgres::store. See also: store.hpp, core/read.hpp.
#pragma once

#include "tandem/core/read.hpp"
#include "tandem/concepts/store.hpp"

#include <span>

namespace tandem {

template <class S>
concept readable = store<S> &&
    requires(S& s, side which, table_id table, const row_key& key, std::span<const row_key> keys,
             const key_range& range, std::string_view after, std::size_t limit,
             const call_context& call) {
    { s.read(which, table, key, call) } -> std::same_as<result<read_reply>>;
    { s.read_many(which, table, keys, call) } -> std::same_as<result<read_many_reply>>;
    { s.scan(which, table, range, limit, call) } -> std::same_as<result<scan_reply>>;
    // After the encoded key `after` ("" = from the start), in byte order; tombstones that a newer
    // live row outdates may be among them.
    { s.tombstones(table, after, limit, call) } -> std::same_as<result<tombstones_reply>>;
};

} // namespace tandem
