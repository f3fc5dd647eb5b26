// SPDX-License-Identifier: BSL-1.0
//
// transaction: what the function of migration::transaction works with. It reads with a lock and
// writes at the primary, inside one transaction of that store; the intents of a dual phase commit
// with it. Lives as long as the call of the function; used by one thread.
#pragma once

#include "tandem/router.hpp"

#include <type_traits>

namespace tandem {

class transaction {
public:
    /// The row, locked until the end; nothing where the key is absent. Only declared keys (errc::
    /// unsupported otherwise).
    template <class T, class Key>
    [[nodiscard]] result<std::optional<T>> get(const router<T, Key>& table,
                                               const std::type_identity_t<Key>& k) {
        TANDEM_TRY(auto at, table.codec_.to_key(k));
        TANDEM_TRY(auto found, read(table.table_, at));
        if (!found) return std::optional<T>();
        TANDEM_TRY(auto record, table.codec_.from_row(*found));
        return std::optional<T>(std::move(record));
    }
    /// Inserts or replaces.
    template <class T, class Key>
    [[nodiscard]] result<version> upsert(const router<T, Key>& table,
                                         const std::type_identity_t<T>& record) {
        return put(table, write_kind::upsert, record);
    }
    /// Errors: already_exists.
    template <class T, class Key>
    [[nodiscard]] result<version> insert(const router<T, Key>& table,
                                         const std::type_identity_t<T>& record) {
        return put(table, write_kind::insert, record);
    }
    /// False where the key was absent.
    template <class T, class Key>
    [[nodiscard]] result<bool> erase(const router<T, Key>& table,
                                     const std::type_identity_t<Key>& k) {
        TANDEM_TRY(auto at, table.codec_.to_key(k));
        TANDEM_TRY(auto reply,
                   write({.kind = write_kind::erase, .table = table.table_, .key = std::move(at)}));
        return reply.status == write_status::committed;
    }

private:
    friend class detail::coordinator;
    transaction(store_transaction& inner, std::span<const table_key> keys, const limits& bounds,
                std::span<const table_schema> tables, bool want_change)
        : inner_(inner), keys_(keys), limits_(bounds), tables_(tables), want_change_(want_change) {}

    template <class T, class Key>
    result<version> put(const router<T, Key>& table, write_kind kind, const T& record) {
        TANDEM_TRY(auto image, table.codec_.to_row(record));
        TANDEM_TRY(auto at, table.codec_.key_of(image));
        TANDEM_TRY(auto reply, write({.kind = kind,
                                      .table = table.table_,
                                      .key = std::move(at),
                                      .image = std::move(image)}));
        return reply.version;
    }
    result<std::optional<stored_row>> read(table_id table, const row_key& at);
    result<write_reply> write(write_command command);
    [[nodiscard]] result<void> check_declared(table_id table, const row_key& at) const;

    store_transaction& inner_;
    std::span<const table_key> keys_;
    const limits& limits_;
    std::span<const table_schema> tables_;
    bool want_change_;
};

} // namespace tandem
