// SPDX-License-Identifier: BSL-1.0
//
// chunk_hash: the digest of a key range, computed by the server, so that equal chunks need not
// travel.
//
//     struct my_store /* also readable */ {
//         result<chunk_digest> chunk_hash(side, table_id, const key_range&, const call_context&);
//     };
//
// Models: postgres::store. Not modelled by memory::store and sqlite::store, whose rows are read and
// compared. Digests compare between stores of one dialect and major version only.
#pragma once

#include "tandem/concepts/readable.hpp"

#include <cstdint>

namespace tandem {

struct chunk_digest {
    std::int64_t rows = 0;
    std::int64_t hash = 0; ///< independent of row order and of physical column order
    friend bool operator==(const chunk_digest&, const chunk_digest&) = default;
};

template <class S>
concept chunk_hash = readable<S> &&
    requires(S& s, side which, table_id table, const key_range& range, const call_context& call) {
    // Over the mapped columns in field order and the version; NULL is told from every value.
    { s.chunk_hash(which, table, range, call) } -> std::same_as<result<chunk_digest>>;
};

} // namespace tandem
