// SPDX-License-Identifier: BSL-1.0
//
// A write transaction at the primary, as a store gives it out: the fence was entered first, the
// locks of all declared keys were taken in ascending order, and commit writes the intents of a dual
// phase in the same transaction. One thread at a time. Destroying an open transaction rolls it
// back.
#pragma once

#include "tandem/core/call.hpp"
#include "tandem/core/operation.hpp"
#include "tandem/core/read.hpp"
#include "tandem/core/write.hpp"

#include <memory>
#include <span>

namespace tandem {

enum class isolation : std::uint8_t { read_committed, repeatable_read, serializable };

/// A key a transaction will touch.
struct table_key {
    table_id table = 0;
    row_key key;
};

class store_transaction {
public:
    store_transaction() = default;
    store_transaction(const store_transaction&) = delete;
    store_transaction& operator=(const store_transaction&) = delete;
    virtual ~store_transaction() = default;

    /// The row, locked until the end of the transaction; nothing where the key is absent.
    [[nodiscard]] virtual result<std::optional<stored_row>> get(table_id table,
                                                                const row_key& key) = 0;

    /// Writes now, inside the transaction. The reply's status is committed, exists or absent; its
    /// version is the one the row will have. want_change is honoured by commit().
    [[nodiscard]] virtual result<write_reply> write(const write_command& command) = 0;

    /// Several writes at once, in as few round trips as the store can; keys distinct.
    [[nodiscard]] virtual result<std::vector<write_reply>>
    write_all(std::span<const write_command> commands) = 0;

    /// One reply a write, in order. Errors: outcome_unknown where the commit may be under way;
    /// anything else means that nothing happened.
    [[nodiscard]] virtual result<std::vector<write_reply>> commit() = 0;
};

struct begin_reply {
    /// Null: refused under the fence (the belief is old, or a switch drains); nothing happened.
    std::unique_ptr<store_transaction> transaction;
    tandem::fence fence; ///< of the first key's bucket, as entered
    /// With an operation_claim: it was committed before, and this is what it did. Then there is no
    /// transaction and nothing happened.
    std::optional<operation_effect> repeated;
};

} // namespace tandem
