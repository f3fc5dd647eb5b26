// SPDX-License-Identifier: BSL-1.0
//
// memory::database: tables, fences, tombstones and outboxes in the memory of this process, for
// tests and examples. Several stores may share one database: the same side seen by "several
// processes", both sides of a migration, or both tables in one transaction (same_transaction mode).
// One writer at a time, first come first served; readers see committed content only and wait for
// nobody. It keeps nothing after the process and knows no constraint but the key, NULL and the
// column types. Thread-safe. It outlives its stores and their transactions.
#pragma once

#include "tandem/core/clock_source.hpp"
#include "tandem/core/fence.hpp"
#include "tandem/core/operation.hpp"
#include "tandem/core/read.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::memory {

namespace detail {
struct database_state;
}

struct database_options {
    /// The clock that deadlines are measured by. Give it the fake clock of a test:
    /// `.now = [&] { return clock.now(); }`; a wait for another writer then ends when the fake
    /// clock has passed the deadline.
    std::function<monotonic_time()> now = [] { return monotonic_now(); };
    /// The wall clock by which operation ids expire: milliseconds since 1970.
    std::function<std::int64_t()> unix_now = [] { return unix_now_ms(); };
    /// The longest wait of a write for another writer; then errc::busy. A call whose deadline is
    /// earlier ends there with errc::timeout.
    milliseconds lock_timeout{10'000};
    /// The same for the steps of a switch and for purge.
    milliseconds step_lock_timeout{300};
};

/// A tombstone as it is held.
struct held_tombstone {
    table_id table = 0;
    key_bytes key;
    tandem::version version;
    tandem::epoch epoch = 0; ///< of the delete
};

/// A row of an outbox as it is held.
struct held_intent {
    std::int64_t id = 0;
    table_id table = 0;
    key_bytes key;
    tandem::version version;
    tandem::epoch epoch = 0;
    bool dead = false;
    int attempts = 0;
    std::string last_error;
};

/// A record of an operation as it is held (core/operation.hpp).
struct held_operation {
    operation_record record;
    bool owed = false; ///< the other side lacks it
};

class database {
public:
    explicit database(database_options options = {});
    database(const database&) = delete;
    database& operator=(const database&) = delete;
    ~database();

    // --- what is committed, for tests to look at; empty where nothing of that name exists --------

    /// All rows of a table in key order.
    [[nodiscard]] std::vector<stored_row> rows(std::string_view table) const;
    [[nodiscard]] std::optional<stored_row> find(std::string_view table, const key& k) const;
    /// Of one side of a migration, ascending by table and key; outdated ones included.
    [[nodiscard]] std::vector<held_tombstone> tombstones(std::string_view migration, side s) const;
    /// Ascending by id, dead letters included.
    [[nodiscard]] std::vector<held_intent> outbox(std::string_view migration, side s) const;
    /// Ascending by id.
    [[nodiscard]] std::vector<held_operation> operations(std::string_view migration, side s) const;
    /// In same_transaction mode those of side::source.
    [[nodiscard]] tandem::fences fences(std::string_view migration, side s) const;

    // --- writers that do not know tandem, and damage ---------------------------------------------

    /// Puts a row under its key past fence, guard and outbox. Errors: not_found (no such table:
    /// bind a store first), busy.
    result<void> put_foreign(std::string_view table, row image, version v = {});
    /// Takes a row away without a tombstone; nothing where it is absent. Errors: as above.
    result<void> erase_foreign(std::string_view table, const key& k);

    // --- sequences -------------------------------------------------------------------------------

    /// A counter that feeds a field of a table, as a serial column has; `last` is the value given
    /// out last. Again: sets it. Errors: not_found (no such table).
    result<void> set_sequence(std::string_view table, std::size_t field, std::int64_t last);
    /// The next value. Errors: not_found (no such table or counter).
    result<std::int64_t> draw(std::string_view table, std::size_t field);

private:
    friend class store;
    std::unique_ptr<detail::database_state> state_;
};

} // namespace tandem::memory
