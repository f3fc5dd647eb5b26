// SPDX-License-Identifier: BSL-1.0
//
// The control tables and the statements on them. Layout: docs/stores/sqlite.md; the conditions of
// the steps are those of the protocol, section 5.
#include "sqlite/sql.hpp"

namespace tandem::sqlite::detail {

namespace {

// The database's own clock, in milliseconds since 1970.
constexpr std::string_view now_ms =
    "CAST(ROUND((julianday('now') - 2440587.5) * 86400000) AS INTEGER)";

// Of the side in ?1 and ?2: it is an authority and has a secondary.
constexpr std::string_view has_era =
    "EXISTS(SELECT 1 FROM tandem_fence f WHERE f.mig = ?1 AND f.side = ?2 AND f.bucket = 0 "
    "AND f.role IN ('P', 'D') AND f.phase IN (2, 3))";

constexpr std::string_view fence_list = "bucket, epoch, role, phase, era, synced, floor, mode";

statement_text make_step(slots& s, step_kind kind, std::string_view set, std::string_view where) {
    return s.make("UPDATE tandem_fence SET " + std::string(set) +
                      ", changed_at = " + std::string(now_ms) + ", changed_by = ?4, reason = ?5 " +
                      "WHERE mig = ?1 AND side = ?2 AND " + std::string(where),
                  "the step " + std::string(to_string(kind)));
}

std::array<statement_text, 11> make_steps(slots& s) {
    using enum step_kind;
    std::array<statement_text, 11> steps;
    const auto add = [&](step_kind kind, std::string_view set, std::string_view where) {
        steps[static_cast<std::size_t>(kind)] = make_step(s, kind, set, where);
    };
    add(begin_handover, "role = 'D', epoch = ?3 + 1",
        "role = 'P' AND epoch = ?3 AND synced = 1 AND phase IN (2, 3)");
    add(decide, "role = 'H', phase = 5 - phase",
        "role = 'D' AND epoch = ?3 AND NOT EXISTS(SELECT 1 FROM tandem_outbox o "
        "WHERE o.mig = ?1 AND o.side = ?2) AND NOT EXISTS(SELECT 1 FROM tandem_dirty d "
        "WHERE d.mig = ?1 AND d.side = ?2) AND NOT EXISTS(SELECT 1 FROM tandem_operation r "
        "WHERE r.mig = ?1 AND r.side = ?2 AND r.owed = 1)");
    add(enable, "role = 'P', epoch = ?3, phase = ?6, synced = 1, era = ?3, floor = max(floor, ?7)",
        "epoch < ?3");
    add(step_kind::abort, "role = 'P', epoch = ?3 + 1", "role = 'D' AND epoch = ?3");
    add(enter_secondary, "role = 'S', epoch = ?3 + 1, mode = ?6", "epoch < ?3 + 1");
    add(enter_primary,
        "epoch = ?3 + 1, era = ?3 + 1, synced = 0, phase = CASE phase WHEN 1 THEN 2 ELSE 3 END, "
        "mode = ?6",
        "role = 'P' AND epoch = ?3 AND phase IN (1, 4)");
    add(leave, "epoch = ?3 + 1, synced = 0, phase = CASE phase WHEN 2 THEN 1 ELSE 4 END",
        "role = 'P' AND epoch = ?3 AND phase IN (2, 3)");
    add(roll_primary, "epoch = ?3 + 1", "role = 'P' AND epoch = ?3");
    add(roll_secondary, "role = 'S', epoch = ?3", "epoch < ?3");
    add(mark_synced, "synced = 1", "role = 'P' AND era = ?3 AND phase IN (2, 3) AND synced = 0");
    add(retire, "role = 'H', epoch = ?3, phase = 4", "role IN ('S', 'H') AND epoch <= ?3");
    return steps;
}

void make_fences(control_sql& c, slots& s) {
    c.find_migration = s.make(
        "SELECT name, buckets, control_version FROM tandem_migration WHERE id = ?1", "installing");
    const std::string from = " FROM tandem_fence WHERE mig = ?1 AND side = ?2";
    c.fence = s.make("SELECT " + std::string(fence_list) + from + " AND bucket = ?3",
                     "reading the fence");
    c.fences = s.make("SELECT " + std::string(fence_list) + from + " ORDER BY bucket",
                      "reading the fence");
    c.raise_floor = s.make("UPDATE tandem_fence SET floor = max(floor, ?4) "
                           "WHERE mig = ?1 AND side = ?2 AND bucket = ?3",
                           "raising the floor");
    c.steps = make_steps(s);
    c.joint_flip = make_step(s, step_kind::begin_handover, "epoch = ?3 + 1, phase = 5 - phase",
                             "role = 'P' AND epoch = ?3 AND synced = 1 AND phase IN (2, 3)");
}

void make_tombstones(control_sql& c, slots& s) {
    const std::string where = " WHERE mig = ?1 AND side = ?2";
    const std::string keyed = where + " AND tbl = ?3 AND key = ?4";
    const std::string from = " FROM tandem_tombstone";
    c.find_tombstone = s.make("SELECT version, epoch" + from + keyed, "reading a tombstone");
    c.put_tombstone =
        s.make("INSERT OR REPLACE INTO tandem_tombstone(mig, side, tbl, key, version, "
               "epoch, bucket, at) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, " +
                   std::string(now_ms) + ")",
               "writing a tombstone");
    c.drop_tombstone = s.make("DELETE" + from + keyed, "removing a tombstone");
    c.list_tombstones = s.make("SELECT key, version, epoch" + from + where +
                                   " AND tbl = ?3 AND key > ?4 ORDER BY key LIMIT ?5",
                               "reading tombstones");
    // docs/adr/0010, rule 7: at an authority once synced, but not what is still owed, as leaving
    // the era would drop the intent, nor what a backfill has to bring to a dirty table; at the
    // others what the epoch check keeps late changes away from.
    c.purgeable =
        s.make("SELECT t.tbl, t.key, t.version, t.bucket FROM tandem_tombstone t "
               "JOIN tandem_fence f ON f.mig = t.mig AND f.side = t.side AND f.bucket = t.bucket "
               "WHERE t.mig = ?1 AND t.side = ?2 AND "
               "CASE WHEN f.role IN ('P', 'D') THEN f.synced = 1 AND t.key NOT IN "
               "(SELECT o.key FROM tandem_outbox o WHERE o.mig = ?1 AND o.side = ?2) "
               "AND t.tbl NOT IN (SELECT d.tbl FROM tandem_dirty d WHERE d.mig = ?1 "
               "AND d.side = ?2) "
               "ELSE t.epoch < f.epoch END LIMIT ?3",
               "purging tombstones");
    c.count_tombstones =
        s.make("SELECT count(*), coalesce(max(" + std::string(now_ms) +
                   " - min(at), 0), 0) FROM (SELECT at" + from + where + " LIMIT ?3)",
               "counting tombstones");
    c.tombstone_floors = s.make("SELECT bucket, max(version)" + from + where + " GROUP BY bucket",
                                "purging tombstones");
    c.drop_tombstones = s.make("DELETE" + from + where, "purging tombstones");
}

void make_outbox(control_sql& c, slots& s) {
    const std::string where = " WHERE mig = ?1 AND side = ?2";
    // Counted by hand: AUTOINCREMENT would make sqlite_sequence, which nothing can remove again.
    c.next_intent = s.make("UPDATE tandem_counter SET last = last + 1 WHERE name = 'outbox' "
                           "RETURNING last",
                           "writing an intent");
    c.add_intent = s.make("INSERT INTO tandem_outbox(mig, side, bucket, tbl, key, version, epoch, "
                          "deleted, created_at, id) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, " +
                              std::string(now_ms) + ", ?9)",
                          "writing an intent");
    c.owed = s.make(
        "SELECT o.id, o.tbl, o.key, o.version, o.epoch, coalesce(f.attempts, EXISTS(SELECT 1 "
        "FROM tandem_outbox_failure k WHERE k.mig = ?1 AND k.side = ?2 AND k.tbl = o.tbl AND "
        "k.key = o.key)) FROM tandem_outbox o LEFT JOIN tandem_outbox_failure f ON f.id = o.id "
        "WHERE o.mig = ?1 AND o.side = ?2 AND o.id > ?3 AND (f.id IS NULL OR (f.dead = 0 AND "
        "(?5 OR f.retry_at <= " +
            std::string(now_ms) + "))) ORDER BY o.id LIMIT ?4",
        "reading the outbox");
    c.find_intent = s.make("SELECT tbl, key, version FROM tandem_outbox" + where + " AND id = ?3",
                           "removing intents");
    c.settle = s.make("DELETE FROM tandem_outbox" + where + " AND id = ?3", "removing intents");
    c.drop_intents = s.make("DELETE FROM tandem_outbox" + where, "removing intents");
    c.stats = s.make("SELECT count(*), (SELECT count(*) FROM tandem_outbox_failure" + where +
                         " AND dead = 1), coalesce(max(" + std::string(now_ms) +
                         " - min(created_at), 0), 0), (SELECT count(*) FROM tandem_dirty" + where +
                         "), (SELECT count(*) FROM (SELECT 1 FROM tandem_operation r" + where +
                         " AND owed = 1 AND " + std::string(has_era) +
                         " LIMIT 10000)), coalesce(min(epoch), 0) FROM tandem_outbox" + where,
                     "reading the outbox");
    c.is_owed =
        s.make("SELECT 1 FROM tandem_outbox" + where + " AND id = ?3", "reading the outbox");
}

void make_failures(control_sql& c, slots& s) {
    const std::string where = " WHERE mig = ?1 AND side = ?2";
    const std::string of_key = where + " AND tbl = ?3 AND key = ?4 AND version <= ?5";
    const std::string from = " FROM tandem_outbox_failure";
    c.settle_key = s.make("DELETE FROM tandem_outbox WHERE id IN (SELECT id" + from + of_key + ")",
                          "removing intents");
    c.settle_failure = s.make("DELETE" + from + of_key, "removing intents");
    c.drop_failures = s.make("DELETE" + from + where, "removing intents");
    c.note_failure = s.make(
        "INSERT INTO tandem_outbox_failure(id, mig, side, tbl, key, version, attempts, dead, "
        "last_error, retry_at) SELECT id, mig, side, tbl, key, version, 1, ?4, ?5, ?6 + " +
            std::string(now_ms) + " FROM tandem_outbox" + where +
            " AND id = ?3 ON CONFLICT(id) DO UPDATE SET attempts = attempts + 1, "
            "dead = max(dead, excluded.dead), last_error = excluded.last_error, "
            "retry_at = excluded.retry_at",
        "noting a failed delivery");
    c.dead_letters = s.make(
        "SELECT f.id, f.tbl, f.key, f.version, f.attempts, f.last_error, max(" +
            std::string(now_ms) +
            " - o.created_at, 0) FROM tandem_outbox_failure f JOIN tandem_outbox o ON o.id = f.id "
            "WHERE f.mig = ?1 AND f.side = ?2 AND f.dead = 1 AND f.id > ?3 "
            "ORDER BY f.id LIMIT ?4",
        "reading dead letters");
    c.revive_all = s.make("DELETE" + from + where + " AND dead = 1", "reviving dead letters");
    c.revive =
        s.make("DELETE" + from + where + " AND dead = 1 AND id = ?3", "reviving dead letters");
    c.find_dead =
        s.make("SELECT tbl" + from + where + " AND dead = 1 AND id = ?3", "dropping dead letters");
    c.drop_dead = s.make("DELETE" + from + " WHERE id = ?1", "dropping dead letters");
}

void make_marks(control_sql& c, slots& s) {
    const std::string where = " WHERE mig = ?1 AND side = ?2";
    c.forget_mark = s.make("DELETE FROM tandem_dirty" + where + " AND tbl = ?3 AND reason = ?4",
                           "marking a table dirty");
    c.next_mark = s.make("UPDATE tandem_counter SET last = last + 1 WHERE name = 'dirty' "
                         "RETURNING last",
                         "marking a table dirty");
    c.add_mark = s.make("INSERT INTO tandem_dirty(mig, side, tbl, reason, at, id) VALUES(?1, ?2, "
                        "?3, ?4, " +
                            std::string(now_ms) + ", ?5)",
                        "marking a table dirty");
    c.marks = s.make("SELECT id, tbl, reason, max(" + std::string(now_ms) +
                         " - at, 0) FROM tandem_dirty" + where + " ORDER BY id",
                     "reading dirty marks");
    c.drop_mark =
        s.make("DELETE FROM tandem_dirty" + where + " AND id = ?3", "clearing dirty marks");
    c.drop_marks = s.make("DELETE FROM tandem_dirty" + where, "clearing dirty marks");
}

void make_operations(control_sql& c, slots& s) {
    const std::string where = " WHERE mig = ?1 AND side = ?2";
    const std::string columns = "content, committed, version, writes";
    c.find_operation = s.make("SELECT " + std::string(now_ms) + ", " + columns +
                                  " FROM (SELECT 1) LEFT JOIN tandem_operation ON mig = ?1 AND "
                                  "side = ?2 AND id = ?3",
                              "reading the record of an operation");
    c.add_operation = s.make("INSERT OR IGNORE INTO tandem_operation(mig, side, id, content, "
                             "committed, owed, version, writes, at) VALUES(?1, ?2, ?3, ?4, ?5, "
                             "?6, ?7, ?8, " +
                                 std::string(now_ms) + ")",
                             "writing the record of an operation");
    c.owed_operations = s.make("SELECT id, " + columns + " FROM tandem_operation" + where +
                                   " AND owed = 1 AND " + std::string(has_era) + " LIMIT ?3",
                               "reading records of operations");
    c.operation_delivered = s.make("UPDATE tandem_operation SET owed = 0" + where + " AND id = ?3",
                                   "settling the record of an operation");
    c.purge_operations = s.make("DELETE FROM tandem_operation" + where +
                                    " AND id IN (SELECT id FROM tandem_operation" + where +
                                    " AND id < ?3 ORDER BY id LIMIT ?4)",
                                "purging records of operations");
}

} // namespace

control_sql make_control_sql(slots& s) {
    control_sql c;
    make_fences(c, s);
    make_tombstones(c, s);
    make_outbox(c, s);
    make_failures(c, s);
    make_marks(c, s);
    make_operations(c, s);
    c.sequence = s.make("SELECT seq FROM sqlite_sequence WHERE name = ?1 COLLATE NOCASE",
                        "reading a sequence");
    c.update_sequence = s.make("UPDATE sqlite_sequence SET seq = ?2 WHERE name = ?1 COLLATE NOCASE",
                               "moving a sequence");
    c.insert_sequence =
        s.make("INSERT INTO sqlite_sequence(name, seq) VALUES(?1, ?2)", "moving a sequence");
    return c;
}

} // namespace tandem::sqlite::detail
