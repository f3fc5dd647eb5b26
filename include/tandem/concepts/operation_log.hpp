// SPDX-License-Identifier: BSL-1.0
//
// operation_log: a store that keeps a record of each write that carries an operation id, in the
// write's own transaction, so that a repeat is known for one and an outcome can be asked for.
// Records are owed to the other side as changes are, each for itself: `decide` (core/step.hpp)
// changes nothing while one is owed, so the next primary has all of them.
//
//     struct my_store /* also read_modify_write */ {
//         result<begin_reply> begin(std::span<const table_key>, isolation, const operation_claim&,
//                                   const call_context&);
//         result<operation_answer> conclude(const operation_id&, milliseconds retention,
//                                           const call_context&);
//         result<std::vector<operation_record>> owed_operations(std::size_t limit,
//                                                               const call_context&);
//         result<void> add_operations(std::span<const operation_record>, const call_context&);
//         result<void> operations_delivered(std::span<const operation_record>,
//                                           const call_context&);
//         result<std::int64_t> purge_operations(milliseconds retention, std::size_t limit,
//                                               const call_context&);
//     };
//
// Models: memory::store, sqlite::store, postgres::store. See also: core/operation.hpp.
#pragma once

#include "tandem/concepts/read_modify_write.hpp"

namespace tandem {

template <class S>
concept operation_log = read_modify_write<S> &&
    requires(S& s, std::span<const table_key> keys, isolation level, const operation_claim& claim,
             const operation_id& id, milliseconds retention, std::size_t limit,
             std::span<const operation_record> records, const call_context& call) {
    // As begin() without a claim; waits for a transaction with the same id. Where the record is
    // there, the reply is that of core/operation.hpp, admit_operation(). Else commit() writes the
    // record, also where nothing else was written. Errors: busy (the other one took too long),
    // id_reused, operation_abandoned, operation_expired, invalid_options.
    { s.begin(keys, level, claim, call) } -> std::same_as<result<begin_reply>>;
    // Settles an id, at the primary, in one transaction that enters the fence: where no transaction
    // with this id is under way and none was committed, an abandoned record is written, which
    // refuses whoever comes later. pending: one is under way, or another question.
    { s.conclude(id, retention, call) } -> std::same_as<result<operation_answer>>;
    // Records that the other side lacks, in any order; none where no era is open.
    { s.owed_operations(limit, call) } -> std::same_as<result<std::vector<operation_record>>>;
    // Adds those that are missing, as not owed; for either role and any epoch, because a record is
    // a fact. Errors: not_installed.
    { s.add_operations(records, call) } -> std::same_as<result<void>>;
    // They are committed at the other side: no longer owed. Unknown ids are ignored.
    { s.operations_delivered(records, call) } -> std::same_as<result<void>>;
    // Removes up to `limit` records of ids older than retention and margin, by the store's clock.
    { s.purge_operations(retention, limit, call) } -> std::same_as<result<std::int64_t>>;
};

} // namespace tandem
