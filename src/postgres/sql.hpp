// SPDX-License-Identifier: BSL-1.0
//
// The SQL of one store, generated once: `control_sql` for the control tables, `table_sql` for each
// table. Pure: names and types go in, statements come out. Every text that decides under the fence
// does so in a statement later than the one that took the lock; none ever takes the lock and reads
// the fence in one (protocol, section 9).
#pragma once

#include "tandem/core/binding.hpp"
#include "tandem/core/transaction.hpp"

#include "postgres/pipeline.hpp"

#include <array>

namespace tandem::postgres::detail {

/// What the texts of a migration's side have in common.
struct sql_scope {
    std::int32_t migration = 0;
    char side = 'O'; ///< of the fence, the tombstones and the outbox
    int buckets = 1;
    std::string control; ///< schema of the control tables, quoted, with its dot
    bool joint = false;

    [[nodiscard]] std::string table(std::string_view name) const {
        return control + std::string(name);
    }
    /// `alias.mig=7 and alias.side='O'`
    [[nodiscard]] std::string of(std::string_view alias) const;
    /// Lock class of the key locks of this side.
    std::int32_t key_class = 0;
};

[[nodiscard]] sql_scope scope_of(const binding& bound, std::string_view control_schema);

/// One table as the catalog has it.
struct sql_table {
    const table_schema* schema = nullptr;
    table_id number = 0;
    std::string name;             ///< schema and table, quoted
    std::vector<live_type> types; ///< by column of the mapping
    std::vector<bool> written;    ///< false: a generated column
    bool overriding = false;      ///< a mapped column is GENERATED ALWAYS AS IDENTITY
    bool has_triggers = false;    ///< of the host's own

    [[nodiscard]] bool has_deletes() const noexcept { return schema->deletes == deletes::allowed; }
};

/// plain: phases without secondary; dual: with an intent; dual_change: gives it and the row back.
struct write_forms {
    statement plain, dual, dual_change;
};

/// Parameters: see the builders in sql_write.cpp, sql_read.cpp and sql_apply.cpp.
struct table_sql {
    write_forms upsert, insert, erase;
    write_forms restate;         ///< not in joint mode; dual_change: as dual
    statement joint_erase_other; ///< joint mode: the second half of a dual erase
    statement read_one, read_many, lock_row;
    std::array<std::array<statement, 2>, 3> scan;   ///< [lower: none, from, after][upper: none, to]
    std::array<std::array<statement, 2>, 3> digest; ///< the same; chunk_hash
    statement apply_one, apply_upserts, apply_deletes, apply_tombstones;
    statement sweep; ///< arrays of key parts, key bytes
    statement owed_state;
    statement copy_chunk_first, copy_chunk_after; ///< joint mode
};

struct control_sql {
    std::array<statement, 3> begin; ///< by isolation
    statement begin_read, commit, rollback, async_commit;
    statement savepoint, release_savepoint, rollback_to_savepoint;
    statement by_index, by_order; ///< for what follows in a transaction without code of the host's
    statement set_timeouts;       ///< $1 lock_timeout, $2 statement_timeout, in ms
    statement set_idle_timeout;   ///< $1 in ms
    statement lock_write, lock_write_timed; ///< $1 bucket, $2 stripe [, $3, $4 as above]
    statement lock_fence, lock_fence_timed; ///< $1 bucket [, $2, $3]
    statement lock_fences, lock_stripes;    ///< $1 ascending numbers
    statement enter;                        ///< $1 ascending buckets
    statement fence_rows, fence_epochs;     ///< all; $1 buckets
    statement touch_fence;                  ///< of bucket 0
    statement mark_apply;                   ///< for triggers: this transaction applies
    statement anchor, remove_anchor;        ///< $1 tbl, $2 key [, $3 bucket, $4 epoch]
    statement tombstones;                   ///< $1 tbl, $2 after, $3 limit
    statement count_tombstones;             ///< $1 limit -> how many, age of the oldest in ms
    statement owed;                         ///< $1 after, $2 limit, $3 those that wait, too
    statement settle, settle_failures, stats, is_owed;
    statement note_failure;       ///< $1 ids, $2 dead, $3 text, $4 ms to the next attempt
    statement dead_letters;       ///< $1 after, $2 limit
    statement revive, revive_all; ///< $1 ids
    statement drop_dead;          ///< $1 ids, $2 reason; how many
    statement mark_dirty;         ///< $1 tbl, $2 reason
    statement marks, clear_marks, drop_marks;     ///< $1 ids (clear_marks)
    statement lock_operation, try_lock_operation; ///< $1 its lock
    statement find_operation;                     ///< $1 id
    statement add_operation; ///< $1 id, $2 content, $3 committed, $4 version, $5 writes
    statement add_operations, operations_delivered; ///< arrays of these; $1 ids
    statement owed_operations;                      ///< $1 limit
    statement purge_operations;                     ///< $1 age in ms, $2 limit
    statement transaction_status;                   ///< $1 xid8 as text
    statement durable_commit;
    statement lock_exclusive;
    statement has_outbox, drop_outbox, drop_failures;
    statement purge_tombstones; ///< reset of an era
    statement purge_buckets, purge_lock, purge;
    std::array<statement, 11> steps; ///< by step_kind
};

[[nodiscard]] control_sql make_control_sql(const sql_scope& scope);

/// `other`: joint mode, the table of the other side; else null.
[[nodiscard]] table_sql make_table_sql(const sql_scope& scope, const sql_table& own,
                                       const sql_table* other);

// --- parts, by file -----------------------------------------------------------------------------

void add_write_sql(table_sql& out, const sql_scope& scope, const sql_table& own);
void add_joint_sql(table_sql& out, const sql_scope& scope, const sql_table& own,
                   const sql_table& other);
void add_read_sql(table_sql& out, const sql_scope& scope, const sql_table& own);
void add_apply_sql(table_sql& out, const sql_scope& scope, const sql_table& own);
void add_step_sql(control_sql& out, const sql_scope& scope);
void add_dead_letter_sql(control_sql& out, const sql_scope& scope);
void add_operation_sql(control_sql& out, const sql_scope& scope);
/// An SQL expression: how many records this side owes.
[[nodiscard]] std::string owed_operations_count(const sql_scope& scope);
[[nodiscard]] std::string digest_expression(const sql_table& own);

/// A part of an installation, with literals only: install() runs it, install_script() prints it.
struct install_part {
    std::string comment; ///< empty: belongs to the part before
    std::string text;
};
/// The control tables and functions, in order; each may be repeated.
[[nodiscard]] std::vector<install_part> install_sql(std::string_view control_schema);
/// What takes them away.
[[nodiscard]] std::vector<std::string> removal_sql(std::string_view control_schema);
/// The rows of a migration at its side; each may be repeated.
[[nodiscard]] std::vector<install_part> registration_sql(const sql_scope& scope,
                                                         const binding& bound);
/// `live_name` is quoted, with its schema. `lacks`: the column is to be added.
[[nodiscard]] std::vector<install_part>
version_column_sql(const sql_scope& scope, const table_schema& table, table_id number,
                   const std::string& live_name, bool lacks);
/// An SQL expression for the encoded key of a row `alias` (core/key.hpp).
[[nodiscard]] std::string key_bytes_expression(const sql_scope& scope, const sql_table& own,
                                               std::string_view alias);

// --- pieces shared by them ----------------------------------------------------------------------

[[nodiscard]] std::string column_name(const sql_table& t, std::size_t column);
/// `t."a", t."b"`, in the order of the mapping's columns; `alias` may be empty.
[[nodiscard]] std::string column_list(const sql_table& t, std::string_view alias);
[[nodiscard]] std::string written_list(const sql_table& t);
[[nodiscard]] std::string key_list(const sql_table& t, std::string_view alias);
/// `t."k"=$1 and t."l"=$2`
[[nodiscard]] std::string key_match(const sql_table& t, std::string_view alias, std::size_t first);
/// The version as an expression; 0 in joint mode.
[[nodiscard]] std::string version_of(const sql_scope& scope, const sql_table& t,
                                     std::string_view alias);
/// `"a"=excluded."a", ...` without the key and generated columns; may be empty.
[[nodiscard]] std::string assignments(const sql_table& t);
[[nodiscard]] std::vector<oid> column_types(const sql_table& t);
[[nodiscard]] std::vector<oid> key_types(const sql_table& t);
[[nodiscard]] std::vector<oid> with(std::vector<oid> types, std::initializer_list<oid> more);

} // namespace tandem::postgres::detail
