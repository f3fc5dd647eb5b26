// SPDX-License-Identifier: BSL-1.0
//
// All SQL of this store, generated once when it is bound. Values travel as parameters, identifiers
// are quoted. Pure: no connection here.
#pragma once

#include "tandem/core/binding.hpp"
#include "tandem/core/step.hpp"

#include "sqlite/statement.hpp"

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::sqlite::detail {

/// "name", with quotes inside doubled.
[[nodiscard]] std::string quote(std::string_view identifier);
/// The table's name without a leading "main.", which is the only schema there is.
[[nodiscard]] std::string_view bare_name(std::string_view table) noexcept;

/// The columns that read_fence() expects.
inline constexpr int fence_columns = 8;

/// Of one table. Rows are read as the fields in order and then the version, where there is one.
/// Written fields are parameters 1 to n in field order, the version is n+1; a key alone is 1 to k.
struct table_sql {
    statement_text find;        ///< key -> row
    statement_text find_fenced; ///< key, migration, side, bucket -> fence, row (NULL key: absent)
    statement_text find_version;
    statement_text insert;
    statement_text update;
    statement_text erase;
    statement_text erase_all;
    /// [lower bound: none, from (>=), after (>)][upper bound: none, to (<)]; bounds, then the
    /// limit.
    std::array<std::array<statement_text, 2>, 3> scan;
};

/// Of the control tables. Parameters 1 and 2 are the migration's number and the side, unless told.
struct control_sql {
    statement_text find_migration; ///< 1 id -> name, buckets, control_version
    statement_text fence;          ///< 3 bucket
    statement_text fences;
    statement_text raise_floor;           ///< 3 bucket, 4 version
    std::array<statement_text, 11> steps; ///< by step_kind; 3 expected, 4 by, 5 reason, 6, 7
    statement_text joint_flip;            ///< begin_handover in joint mode: the whole switch

    statement_text find_tombstone;   ///< 3 table, 4 key -> version, epoch
    statement_text put_tombstone;    ///< 3 table, 4 key, 5 version, 6 epoch, 7 bucket
    statement_text drop_tombstone;   ///< 3 table, 4 key
    statement_text list_tombstones;  ///< 3 table, 4 after, 5 limit -> key, version, epoch
    statement_text purgeable;        ///< 3 limit -> table, key, version, bucket
    statement_text count_tombstones; ///< 3 limit -> how many, age of the oldest in ms
    statement_text tombstone_floors; ///< -> bucket, greatest version
    statement_text drop_tombstones;

    statement_text next_intent; ///< no parameters -> the next id of the outbox
    statement_text add_intent;  ///< 3 bucket, 4 table, 5 key, 6 version, 7 epoch, 8 deleted, 9 id
    /// 3 after, 4 limit, 5 those that wait, too -> id, table, key, version, epoch, attempts
    statement_text owed;
    statement_text find_intent;    ///< 3 id -> table, key, version
    statement_text settle;         ///< 3 id
    statement_text settle_key;     ///< 3 table, 4 key, 5 version: failed ones up to it
    statement_text settle_failure; ///< the same: their failures
    statement_text drop_failures;
    statement_text drop_intents;
    statement_text note_failure; ///< 3 id, 4 dead, 5 text, 6 ms to the next attempt
    statement_text
        dead_letters; ///< 3 after, 4 limit -> id, table, key, version, attempts, text, age
    statement_text revive_all;
    statement_text revive;      ///< 3 id
    statement_text find_dead;   ///< 3 id -> table
    statement_text drop_dead;   ///< 1 id
    statement_text stats;       ///< -> owed, dead, age of the oldest in ms, marks, lowest epoch
    statement_text is_owed;     ///< 3 id
    statement_text forget_mark; ///< 3 table, 4 reason
    statement_text next_mark;   ///< no parameters -> the next id of a mark
    statement_text add_mark;    ///< 3 table, 4 reason, 5 id
    statement_text marks;       ///< -> id, table, reason, age
    statement_text drop_mark;   ///< 3 id
    statement_text drop_marks;

    statement_text
        find_operation;           ///< 3 id -> now, content (NULL: none), committed, version, writes
    statement_text add_operation; ///< 3 id, 4 content, 5 committed, 6 owed, 7 version, 8 writes
    statement_text owed_operations;     ///< 3 limit -> id, content, committed, version, writes
    statement_text operation_delivered; ///< 3 id
    statement_text purge_operations;    ///< 3 ids below this one, 4 limit

    statement_text sequence;        ///< 1 table's name -> the last value given out
    statement_text update_sequence; ///< 1 table's name, 2 value
    statement_text insert_sequence; ///< 1 table's name, 2 value
};

struct sql_texts {
    control_sql control;
    std::vector<table_sql> tables; ///< by table_id
    std::vector<table_sql> joint;  ///< the other side's, in joint mode
};
[[nodiscard]] sql_texts make_sql(const binding& b);

/// A part of an installation, with literals only: install() runs it, install_script() prints it.
struct install_part {
    std::string comment; ///< empty: belongs to the part before
    std::string text;
};
/// Tables that need a version column, by table_id: true where it is to be added.
[[nodiscard]] std::vector<install_part> install_parts(const binding& b,
                                                      const std::vector<bool>& lacks_version);
/// The control objects, in the order in which they go.
[[nodiscard]] std::vector<std::string> removal_texts();
/// 'text', with quotes inside doubled.
[[nodiscard]] std::string literal(std::string_view text);

/// Gives each text the next slot of the statement caches.
class slots {
public:
    [[nodiscard]] statement_text make(std::string text, std::string what) {
        return {std::move(text), next_++, std::move(what)};
    }

private:
    std::size_t next_ = 0;
};
[[nodiscard]] control_sql make_control_sql(slots& s);
[[nodiscard]] table_sql make_table_sql(const table_schema& table, slots& s);

} // namespace tandem::sqlite::detail
