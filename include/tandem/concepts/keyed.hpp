// SPDX-License-Identifier: BSL-1.0
//
// keyed: a source that can get, put and erase one key and scan by key, and nothing else: no
// versions, no fence, no transaction, no place for an intent. tandem moves a table away from it in
// the first two phases (keyed_migration.hpp), by pull under lock (docs/protocol.md, section 13).
//
//     struct my_source /* also a store */ {
//         result<std::optional<row>> get(table_id, const row_key&, const call_context&);
//         result<void> put(table_id, const row_key&, const row&, const call_context&);
//         result<void> erase(table_id, const row_key&, const call_context&);
//         result<std::vector<row>> scan(table_id, const key_range&, std::size_t limit,
//                                       const call_context&);
//     };
//
// Models: testing::keyed_store. See also: store.hpp, fallback_queue.hpp.
#pragma once

#include "tandem/core/read.hpp"
#include "tandem/concepts/store.hpp"

namespace tandem {

template <class S>
concept keyed = store<S> &&
    requires(S& s, table_id table, const row_key& at, const row& image, const key_range& range,
             std::size_t limit, const call_context& call) {
    // Recent: what a put that had ended wrote, or something newer. Rows are in field order.
    { s.get(table, at, call) } -> std::same_as<result<std::optional<row>>>;
    // Insert or replace; remove, where an absent key is no error. Errors: outcome_unknown wherever
    // the write may have happened, or may happen later. Every other error says that it has not
    // happened and never will. A store that cannot tell says outcome_unknown always.
    { s.put(table, at, image, call) } -> std::same_as<result<void>>;
    { s.erase(table, at, call) } -> std::same_as<result<void>>;
    // Ascending in an order of the store's own, at most `limit`, behind range.after. Every row that
    // is there from the first call to the last is in one of the answers.
    { s.scan(table, range, limit, call) } -> std::same_as<result<std::vector<row>>>;
};

} // namespace tandem
