// SPDX-License-Identifier: BSL-1.0
//
// bulk_load: many rows at once into a table nobody else writes, in the store's fastest way. It
// knows no fence and no guard: it is for loading a table before a migration begins, never during
// one.
//
//     struct my_store /* also a store */ {
//         result<std::int64_t> bulk_load(table_id, std::span<const row>, const call_context&);
//     };
//
// Models: memory::store, sqlite::store, postgres::store (COPY). See also: guarded_apply.hpp.
#pragma once

#include "tandem/concepts/store.hpp"

#include <span>

namespace tandem {

template <class S>
concept bulk_load = store<S> &&
    requires(S& s, table_id table, std::span<const row> rows, const call_context& call) {
    // All rows or none; version 0. Errors: constraint (a key is there already).
    { s.bulk_load(table, rows, call) } -> std::same_as<result<std::int64_t>>;
};

} // namespace tandem
