// SPDX-License-Identifier: BSL-1.0
//
// What a store is made of, shared by the sources that implement its operations, and the two shapes
// of a transaction: `unit`, which may write, and `snapshot`, which only reads. Thread-safe; a unit
// and a snapshot belong to one thread at a time.
#pragma once

#include "tandem/core/binding.hpp"
#include "tandem/core/fence.hpp"
#include "tandem/sqlite/options.hpp"

#include "sqlite/inspect.hpp"
#include "sqlite/pool.hpp"
#include "sqlite/sql.hpp"

#include <atomic>
#include <mutex>

namespace tandem::sqlite::detail {

/// All that is known of one table. Points into the state.
struct table_ref {
    const table_schema* schema;
    const table_sql* sql;
    const table_layout* layout;
};

class state {
public:
    explicit state(options o)
        : opts(std::move(o)),
          readers(opts, connection::access::read, opts.readers_max, errc::pool_exhausted),
          writer(opts, connection::access::write, 1, errc::busy) {}

    const options opts;
    // Constant after bind().
    bool is_bound = false;
    binding bound;
    sql_texts sql;
    char side_letter[1] = {'O'};

    pool readers;
    pool writer;

    /// Errors: not_started (before bind).
    [[nodiscard]] result<void> ready() const;
    /// The same, and invalid_mapping where there is no such table.
    [[nodiscard]] result<void> ready(table_id table) const;

    /// Looks at the tables once. Errors: schema_mismatch, which is looked at again the next time.
    [[nodiscard]] result<void> load_layouts(connection& c);
    /// After load_layouts().
    [[nodiscard]] table_ref table(side which, table_id t) const noexcept;
    [[nodiscard]] table_ref own_table(table_id t) const noexcept { return table(bound.side, t); }

    /// "O" or "N": this store's side, as the control tables spell it.
    [[nodiscard]] std::string_view side_text() const noexcept { return {side_letter, 1}; }

private:
    [[nodiscard]] result<std::vector<table_layout>>
    read_layouts(connection& c, const std::vector<table_schema>& tables) const;

    std::mutex layouts_mutex_;
    std::atomic<bool> has_layouts_{false};
    std::vector<table_layout> layouts_;       // written once, before has_layouts_
    std::vector<table_layout> joint_layouts_; // the same
};

enum class foreign_keys : bool { ignored, enforced };
/// Whether the transaction touches rows of the mapped tables.
enum class layouts : bool { unneeded, needed };

/// One BEGIN IMMEDIATE transaction on the writer. Rolled back unless committed.
class unit {
public:
    /// Errors: busy, timeout, read_only and those of opening the file.
    [[nodiscard]] static result<unit> begin(state& s, const call_context& call, foreign_keys mode,
                                            layouts what = layouts::needed);
    unit(unit&&) noexcept = default;
    unit& operator=(unit&&) = delete;
    ~unit();

    [[nodiscard]] connection& operator*() const noexcept { return *lease_; }
    [[nodiscard]] connection* operator->() const noexcept { return &*lease_; }

    /// Errors: outcome_unknown where the transaction may be durable; timeout, busy, constraint and
    /// resources, where nothing happened.
    [[nodiscard]] result<void> commit(const call_context& call);

private:
    explicit unit(pool::lease lent) noexcept : lease_(std::move(lent)) {}
    void roll_back() noexcept;

    pool::lease lease_;
};

/// One read transaction on a reader: all its statements see the same state of the file.
class snapshot {
public:
    [[nodiscard]] static result<snapshot> begin(state& s, const call_context& call,
                                                layouts what = layouts::needed);
    snapshot(snapshot&&) noexcept = default;
    snapshot& operator=(snapshot&&) = delete;
    ~snapshot();
    [[nodiscard]] connection& operator*() const noexcept { return *lease_; }

private:
    explicit snapshot(pool::lease lent) noexcept : lease_(std::move(lent)) {}
    pool::lease lease_;
};

} // namespace tandem::sqlite::detail
