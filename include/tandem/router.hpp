// SPDX-License-Identifier: BSL-1.0
//
// router: reads and writes of one table of a migration, in whatever phase it is. A small value,
// copied freely; thread-safe. Every call ends by its deadline. It says outcome_unknown where a
// commit may have happened, and nothing was written with every other error (except where noted).
//
// Errors of every call: not_started, stopped, nested_call; unavailable, pool_exhausted, timeout,
// busy, connection_lost (retryable); fenced and draining where no authority was found before the
// deadline.
#pragma once

#include "tandem/core/transaction.hpp"
#include "tandem/table/record.hpp"
#include "tandem/options.hpp"

#include <concepts>
#include <functional>
#include <memory>
#include <optional>
#include <tuple>
#include <vector>

namespace tandem {

class migration;
class transaction;

namespace detail {

class coordinator;

/// A read-modify-write on rows: gets the present row or nothing, gives back the new row, or nothing
/// to erase it.
using row_function = std::function<result<std::optional<row>>(const std::optional<stored_row>&)>;

/// What the router needs of the coordinator, compiled once (src/calls.cpp).
struct calls {
    static result<read_reply> get(coordinator&, table_id, const row_key&, const call_options&);
    static result<std::vector<std::optional<stored_row>>>
    get_many(coordinator&, table_id, std::span<const row_key>, const call_options&);
    static result<std::vector<stored_row>> scan(coordinator&, table_id, const key_range&,
                                                std::size_t limit, const call_options&);
    static result<write_reply> write(coordinator&, write_command, const call_options&);
    static result<operation_effect> write_all(coordinator&, std::vector<write_command>,
                                              const call_options&);
    static result<write_reply> modify(coordinator&, table_id, row_key, const row_function&,
                                      const call_options&);
};

} // namespace detail

template <class T, class Key>
class router {
public:
    using record_type = T;
    using key_type = Key;

    /// The record, or nothing where the key is absent. Linearizable per key, across switches.
    [[nodiscard]] result<std::optional<T>> get(const Key& k,
                                               const call_options& options = {}) const {
        TANDEM_TRY(auto at, codec_.to_key(k));
        TANDEM_TRY(auto reply, detail::calls::get(*coordinator_, table_, at, options));
        return to_record(reply.found);
    }

    /// result[i] belongs to keys[i]; one snapshot of one store. A key may stand there twice.
    [[nodiscard]] result<std::vector<std::optional<T>>>
    get_many(std::span<const Key> keys, const call_options& options = {}) const {
        std::vector<row_key> at;
        at.reserve(keys.size());
        for (const Key& k : keys) {
            TANDEM_TRY(auto one, codec_.to_key(k));
            at.push_back(std::move(one));
        }
        TANDEM_TRY(auto rows, detail::calls::get_many(*coordinator_, table_, at, options));
        std::vector<std::optional<T>> records;
        records.reserve(rows.size());
        for (const auto& r : rows) {
            TANDEM_TRY(auto one, to_record(r));
            records.push_back(std::move(one));
        }
        return records;
    }

    /// Up to `limit` records with from <= key < to, ascending by key; a missing bound is open. One
    /// snapshot. Errors: mixed_primaries (buckets have different primaries).
    [[nodiscard]] result<std::vector<T>> scan(const std::optional<Key>& from,
                                              const std::optional<Key>& to, std::size_t limit,
                                              const call_options& options = {}) const {
        key_range range;
        if (from) {
            TANDEM_TRY(auto at, codec_.to_key(*from));
            range.from = std::move(at.parts);
        }
        if (to) {
            TANDEM_TRY(auto at, codec_.to_key(*to));
            range.to = std::move(at.parts);
        }
        TANDEM_TRY(auto rows, detail::calls::scan(*coordinator_, table_, range, limit, options));
        std::vector<T> records;
        records.reserve(rows.size());
        for (const auto& r : rows) {
            TANDEM_TRY(auto one, codec_.from_row(r));
            records.push_back(std::move(one));
        }
        return records;
    }

    /// Inserts or replaces; gives back the version the row now has.
    /// Errors: outcome_unknown, constraint, empty_key, key_too_large, row_too_large, invalid_text.
    [[nodiscard]] result<version> upsert(const T& record, const call_options& options = {}) const {
        return put(write_kind::upsert, record, options);
    }

    /// Inserts. Errors: already_exists, and those of upsert.
    [[nodiscard]] result<version> insert(const T& record, const call_options& options = {}) const {
        return put(write_kind::insert, record, options);
    }

    /// Removes; false where the key was absent. Errors: outcome_unknown; unsupported
    /// (deletes_never).
    [[nodiscard]] result<bool> erase(const Key& k, const call_options& options = {}) const {
        TANDEM_TRY(auto at, codec_.to_key(k));
        TANDEM_TRY(
            auto reply,
            detail::calls::write(*coordinator_,
                                 {.kind = write_kind::erase, .table = table_, .key = std::move(at)},
                                 options));
        return reply.status == write_status::committed;
    }

    /// Read-modify-write in one transaction at the primary: f changes the record in place. f
    /// returns void, or result<void> whose error rolls back and is returned. It must not change the
    /// key, have effects elsewhere, or call tandem. Errors: not_found, and those of upsert.
    template <class F>
    requires std::invocable<F&, T&>
    [[nodiscard]] result<version> update(const Key& k, F&& f,
                                         const call_options& options = {}) const {
        return modify(
            k,
            [&f](std::optional<T> present) -> result<std::optional<T>> {
                if (!present) return errc::not_found;
                if constexpr (std::is_void_v<std::invoke_result_t<F&, T&>>) {
                    f(*present);
                } else {
                    TANDEM_TRY(f(*present));
                }
                return present;
            },
            options);
    }

    /// The general read-modify-write: f gets the record or nothing and returns the record to store,
    /// or nothing to erase it. Nothing for nothing writes nothing and gives version 0.
    [[nodiscard]] result<version>
    modify(const Key& k, const std::function<result<std::optional<T>>(std::optional<T>)>& f,
           const call_options& options = {}) const {
        TANDEM_TRY(auto at, codec_.to_key(k));
        const detail::row_function on_rows =
            [&](const std::optional<stored_row>& found) -> result<std::optional<row>> {
            TANDEM_TRY(auto present, to_record(found));
            TANDEM_TRY(auto wanted, f(std::move(present)));
            if (!wanted) return std::optional<row>();
            TANDEM_TRY(auto image, codec_.to_row(*wanted));
            return std::optional<row>(std::move(image));
        };
        TANDEM_TRY(auto reply,
                   detail::calls::modify(*coordinator_, table_, std::move(at), on_rows, options));
        return reply.version;
    }

    /// All records or none, one transaction at the primary. Errors: duplicate_key (a key stands
    /// there twice), batch_too_large, and those of upsert.
    [[nodiscard]] result<void> upsert_all(std::span<const T> records,
                                          const call_options& options = {}) const {
        std::vector<write_command> commands;
        commands.reserve(records.size());
        for (const T& record : records) {
            TANDEM_TRY(auto one, command(write_kind::upsert, record));
            commands.push_back(std::move(one));
        }
        TANDEM_TRY(detail::calls::write_all(*coordinator_, std::move(commands), options));
        return success();
    }

    /// All keys or none, one transaction; how many were there.
    [[nodiscard]] result<std::int64_t> erase_all(std::span<const Key> keys,
                                                 const call_options& options = {}) const {
        std::vector<write_command> commands;
        commands.reserve(keys.size());
        for (const Key& k : keys) {
            TANDEM_TRY(auto at, codec_.to_key(k));
            commands.push_back({.kind = write_kind::erase, .table = table_, .key = std::move(at)});
        }
        TANDEM_TRY(const auto done,
                   detail::calls::write_all(*coordinator_, std::move(commands), options));
        return done.writes;
    }

    /// Declares a key for migration::transaction.
    [[nodiscard]] result<table_key> key(const Key& k) const {
        TANDEM_TRY(auto at, codec_.to_key(k));
        return table_key{table_, std::move(at)};
    }

private:
    friend class migration;
    friend class transaction;
    router(std::shared_ptr<detail::coordinator> owner, table_id table, record_codec<T, Key> codec)
        : coordinator_(std::move(owner)), table_(table), codec_(codec) {}

    result<std::optional<T>> to_record(const std::optional<stored_row>& found) const {
        if (!found) return std::optional<T>();
        TANDEM_TRY(auto record, codec_.from_row(*found));
        return std::optional<T>(std::move(record));
    }
    result<write_command> command(write_kind kind, const T& record) const {
        TANDEM_TRY(auto image, codec_.to_row(record));
        TANDEM_TRY(auto at, codec_.key_of(image));
        return write_command{
            .kind = kind, .table = table_, .key = std::move(at), .image = std::move(image)};
    }
    result<version> put(write_kind kind, const T& record, const call_options& options) const {
        TANDEM_TRY(auto one, command(kind, record));
        TANDEM_TRY(auto reply, detail::calls::write(*coordinator_, std::move(one), options));
        return reply.version;
    }

    std::shared_ptr<detail::coordinator> coordinator_;
    table_id table_;
    record_codec<T, Key> codec_;
};

} // namespace tandem
