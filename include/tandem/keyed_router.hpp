// SPDX-License-Identifier: BSL-1.0
//
// keyed_router: reads and writes of one table of a keyed_migration. It has what a keyed source has:
// get, scan, put and erase. There is no read-modify-write, no insert that refuses, no batch that is
// all or nothing and no transaction, because the source has none. A small value; thread-safe.
//
// Errors of every call: not_started, stopped, nested_call, and those of the source.
#pragma once

#include "tandem/table/record.hpp"
#include "tandem/options.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace tandem {

class keyed_migration;

namespace detail {

class keyed_coordinator;

/// What the router needs, compiled once (src/keyed_calls.cpp).
struct keyed_calls {
    static result<std::optional<row>> get(keyed_coordinator&, table_id, const row_key&,
                                          const call_options&);
    static result<std::vector<row>> scan(keyed_coordinator&, table_id, const key_range&,
                                         std::size_t limit, const call_options&);
    /// No image: erase.
    static result<void> write(keyed_coordinator&, table_id, const row_key&,
                              const std::optional<row>& image, const call_options&);
};

} // namespace detail

template <class T, class Key>
class keyed_router {
public:
    using record_type = T;
    using key_type = Key;

    /// The record, or nothing where the key is absent; from the source, in both phases.
    [[nodiscard]] result<std::optional<T>> get(const Key& k,
                                               const call_options& options = {}) const {
        TANDEM_TRY(auto at, codec_.to_key(k));
        TANDEM_TRY(auto found, detail::keyed_calls::get(*coordinator_, table_, at, options));
        if (!found) return std::optional<T>();
        TANDEM_TRY(auto record, codec_.from_row({std::move(*found), {}}));
        return std::optional<T>(std::move(record));
    }

    /// Up to `limit` records, from <= key < to in the order of the source.
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
        TANDEM_TRY(auto rows,
                   detail::keyed_calls::scan(*coordinator_, table_, range, limit, options));
        std::vector<T> records;
        records.reserve(rows.size());
        for (auto& r : rows) {
            TANDEM_TRY(auto one, codec_.from_row({std::move(r), {}}));
            records.push_back(std::move(one));
        }
        return records;
    }

    /// Inserts or replaces at the source; the target follows. Errors: outcome_unknown (it may have
    /// happened, or may happen until keyed_options::late_limit has passed); resources (no intent
    /// could be kept, nothing was written); those of a row that does not fit its mapping.
    [[nodiscard]] result<void> put(const T& record, const call_options& options = {}) const {
        TANDEM_TRY(auto image, codec_.to_row(record));
        TANDEM_TRY(auto at, codec_.key_of(image));
        return detail::keyed_calls::write(*coordinator_, table_, at,
                                          std::optional<row>(std::move(image)), options);
    }

    /// Removes; an absent key is no error. Errors: as put(); unsupported (deletes_never).
    [[nodiscard]] result<void> erase(const Key& k, const call_options& options = {}) const {
        TANDEM_TRY(auto at, codec_.to_key(k));
        return detail::keyed_calls::write(*coordinator_, table_, at, std::nullopt, options);
    }

private:
    friend class keyed_migration;
    keyed_router(std::shared_ptr<detail::keyed_coordinator> owner, table_id table,
                 record_codec<T, Key> codec)
        : coordinator_(std::move(owner)), table_(table), codec_(codec) {}

    std::shared_ptr<detail::keyed_coordinator> coordinator_;
    table_id table_;
    record_codec<T, Key> codec_;
};

} // namespace tandem
