// SPDX-License-Identifier: BSL-1.0
//
// store: a database that tandem can move tables from or to. This is the least any store offers: a
// name, joining a migration, and comparing the declared tables with the live schema. What else it
// can do, it says by modelling the refinements:
//
//   readable               rows by key and by key range, with the fence of the same snapshot
//   fenced                 control tables, and the steps of a switch
//   transactional_intent   a write, its version and its intent in one transaction; the outbox
//   read_modify_write      a transaction that reads and writes several keys
//   guarded_apply          changes applied only where newer, tombstones included
//   bulk_load              many rows at once into an empty table
//   chunk_hash             a digest of a key range computed by the server
//
// The smallest conforming type:
//
//     struct my_store {
//         std::string_view dialect() const;                     // "mystore"
//         tandem::result<void> bind(tandem::binding);           // once, before anything else
//         const tandem::binding& bound() const;
//         tandem::result<std::string> identity(tandem::side, tandem::table_id,
//                                              const tandem::call_context&);
//         tandem::result<std::vector<tandem::schema_difference>>
//         compare_schema(const tandem::call_context&);
//     };
//
// Models: memory::store, sqlite::store, postgres::store. All operations of all refinements are
// thread-safe unless their concept says otherwise, and end by the deadline of their call_context.
#pragma once

#include "tandem/core/binding.hpp"
#include "tandem/core/call.hpp"

#include <concepts>
#include <string>
#include <string_view>

namespace tandem {

template <class S>
concept store = requires(S& s, const S& k, binding b, side which, table_id table,
                         const call_context& call) {
    // A short lower-case word.
    { k.dialect() } -> std::convertible_to<std::string_view>;
    // Errors: invalid_mapping, unsupported (a type or mode this store cannot hold). No I/O.
    { s.bind(b) } -> std::same_as<result<void>>;
    { k.bound() } -> std::same_as<const binding&>;
    // Equal texts = the same physical table; tells "both sides are one table".
    { s.identity(which, table, call) } -> std::same_as<result<std::string>>;
    // Every difference between the mappings and the live tables, the version column, missing
    // privileges and columns neither mapped nor ignored included; empty where all is well.
    { s.compare_schema(call) } -> std::same_as<result<std::vector<schema_difference>>>;
};

} // namespace tandem
