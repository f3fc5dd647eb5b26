// SPDX-License-Identifier: BSL-1.0
//
// What a memory::database holds. Invariant: content changes only under the writer gate AND the
// exclusive mutex; hence a holder of the gate may read it without the mutex, and everybody else
// under the shared mutex sees whole commits. The one exception: outbox rows that exist already are
// removed and marked under the exclusive mutex alone, and so are dirty marks, so both are read
// under the mutex always.
#pragma once

#include "tandem/core/spool_lease.hpp"
#include "tandem/memory/database.hpp"

#include "memory/key_order.hpp"
#include "memory/writer_gate.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <set>
#include <shared_mutex>
#include <utility>

namespace tandem::memory::detail {

struct tombstone {
    tandem::version version;
    tandem::epoch epoch = 0;
    monotonic_time at{};
};

struct table_data {
    table_schema schema; ///< of the first that named the table
    std::map<key, stored_row, key_less> rows;
    std::map<std::size_t, std::int64_t> sequences; ///< field -> given out last

    [[nodiscard]] const stored_row* find(const key& k) const {
        const auto it = rows.find(k);
        return it == rows.end() ? nullptr : &it->second;
    }
};

struct intent {
    table_id table = 0;
    row_key key;
    tandem::version version;
    tandem::epoch epoch = 0;
    bool dead = false;
    int attempts = 0;
    std::string last_error;
    monotonic_time created_at;
    monotonic_time retry_at{}; ///< not due before
};

struct held_mark {
    table_id table = 0;
    std::string reason;
    monotonic_time at;
};

struct held_spool {
    spool_entry entry; ///< `left` is not kept
    monotonic_time until;
};

using tombstone_key = std::pair<table_id, key_bytes>;

/// The control tables of one side of one migration.
struct side_data {
    std::int32_t id = 0;
    /// Uninstalled. Who found this object before sees fences that are closed for everybody.
    std::atomic<bool> gone{false};
    tandem::fences fences; ///< one a bucket
    std::map<tombstone_key, tombstone> tombstones;
    std::map<std::int64_t, intent> outbox;
    std::int64_t next_intent = 1; ///< guarded by the gate; numbers of rolled back writes are lost
    std::map<operation_id, held_operation> operations;
    std::set<operation_id> under_way; ///< of open transactions; guarded by the mutex alone
    std::map<std::int64_t, held_mark> dirty;
    std::int64_t next_mark = 1;
    std::map<std::string, held_spool> spools; ///< under the mutex alone, as marks

    [[nodiscard]] fence& fence_of(std::string_view encoded) {
        return fences[static_cast<std::size_t>(
            bucket_of(encoded, static_cast<int>(fences.size())))];
    }
    [[nodiscard]] const tombstone* find(const tombstone_key& k) const {
        const auto it = tombstones.find(k);
        return it == tombstones.end() ? nullptr : &it->second;
    }
    [[nodiscard]] bool is_dirty(table_id t) const {
        return std::any_of(dirty.begin(), dirty.end(),
                           [&](const auto& m) { return m.second.table == t; });
    }
    [[nodiscard]] std::optional<operation_record> find(const operation_id& of) const {
        const auto it = operations.find(of);
        return it == operations.end() ? std::nullopt : std::optional(it->second.record);
    }
    [[nodiscard]] bool owes_operation() const {
        return std::any_of(operations.begin(), operations.end(),
                           [](const auto& o) { return o.second.owed; });
    }
    void mark_dirty(table_id t, std::string_view reason, monotonic_time now) {
        std::erase_if(
            dirty, [&](const auto& m) { return m.second.table == t && m.second.reason == reason; });
        dirty[next_mark++] = {t, std::string(reason), now};
    }
    /// Removes a tombstone and raises the floor of its bucket: never the one without the other.
    auto purge(std::map<tombstone_key, tombstone>::iterator it) {
        auto& floor = fence_of(it->first.second).floor;
        floor = std::max(floor, it->second.version);
        return tombstones.erase(it);
    }
};

struct database_state {
    explicit database_state(database_options o) : options(std::move(o)), gate(options.now) {}

    const database_options options;
    writer_gate gate;
    mutable std::shared_mutex mutex;
    std::map<std::string, std::unique_ptr<table_data>, std::less<>> tables;
    std::map<std::pair<std::string, side>, std::unique_ptr<side_data>> sides;
    std::vector<std::unique_ptr<side_data>> former; ///< uninstalled; somebody may still look at one

    // Under the mutex. Null where there is none; what is found stays as long as the database.
    [[nodiscard]] table_data* table(std::string_view name) const {
        const auto it = tables.find(name);
        return it == tables.end() ? nullptr : it->second.get();
    }
    [[nodiscard]] side_data* control(std::string_view migration, side s) const {
        const auto it = sides.find({std::string(migration), s});
        return it == sides.end() ? nullptr : it->second.get();
    }
};

/// What a server's columns would refuse. Errors: type_mismatch, constraint (NULL), out_of_range,
/// invalid_text.
[[nodiscard]] result<void> check_row(const table_schema& schema, const row& image);

/// Sets the counters of a table above `last` and above what the table holds, by `margin`.
void raise_sequence(table_data& table, std::size_t field, std::int64_t last, std::int64_t margin);

} // namespace tandem::memory::detail
