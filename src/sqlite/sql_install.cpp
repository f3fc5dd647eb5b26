// SPDX-License-Identifier: BSL-1.0
//
// The control tables, and what a migration brings with it. Layout: docs/stores/sqlite.md. Literals
// only, so that the same text is run by install() and printed for a DBA.
#include "sqlite/sql.hpp"

namespace tandem::sqlite::detail {

namespace {

constexpr std::string_view create_texts[] = {
    R"(CREATE TABLE IF NOT EXISTS tandem_migration(
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, buckets INTEGER NOT NULL,
  control_version INTEGER NOT NULL))",
    R"(CREATE TABLE IF NOT EXISTS tandem_fence(
  mig INTEGER NOT NULL, side TEXT NOT NULL, bucket INTEGER NOT NULL, epoch INTEGER NOT NULL,
  role TEXT NOT NULL, phase INTEGER NOT NULL, era INTEGER NOT NULL, synced INTEGER NOT NULL,
  floor INTEGER NOT NULL DEFAULT 0, mode TEXT NOT NULL DEFAULT 'reset', mapping BLOB, server TEXT,
  changed_at INTEGER, changed_by TEXT, reason TEXT,
  PRIMARY KEY(mig, side, bucket)) WITHOUT ROWID)",
    R"(CREATE TABLE IF NOT EXISTS tandem_column(
  mig INTEGER NOT NULL, side TEXT NOT NULL, tbl INTEGER NOT NULL, table_name TEXT NOT NULL,
  column_name TEXT NOT NULL, added INTEGER NOT NULL,
  PRIMARY KEY(mig, side, tbl)) WITHOUT ROWID)",
    R"(CREATE TABLE IF NOT EXISTS tandem_tombstone(
  mig INTEGER NOT NULL, side TEXT NOT NULL, tbl INTEGER NOT NULL, key BLOB NOT NULL,
  version INTEGER NOT NULL, epoch INTEGER NOT NULL, bucket INTEGER NOT NULL,
  at INTEGER NOT NULL, PRIMARY KEY(mig, side, tbl, key)) WITHOUT ROWID)",
    R"(CREATE TABLE IF NOT EXISTS tandem_outbox(
  id INTEGER PRIMARY KEY, mig INTEGER NOT NULL, side TEXT NOT NULL, bucket INTEGER NOT NULL,
  tbl INTEGER NOT NULL, key BLOB NOT NULL, version INTEGER NOT NULL, epoch INTEGER NOT NULL,
  deleted INTEGER NOT NULL, created_at INTEGER NOT NULL))",
    R"(CREATE TABLE IF NOT EXISTS tandem_outbox_failure(
  id INTEGER PRIMARY KEY, mig INTEGER NOT NULL, side TEXT NOT NULL, tbl INTEGER NOT NULL,
  key BLOB NOT NULL, version INTEGER NOT NULL, attempts INTEGER NOT NULL, dead INTEGER NOT NULL,
  retry_at INTEGER NOT NULL, last_error TEXT))",
    R"(CREATE INDEX IF NOT EXISTS tandem_outbox_failure_key
  ON tandem_outbox_failure(mig, side, tbl, key, version))",
    R"(CREATE TABLE IF NOT EXISTS tandem_dirty(
  id INTEGER PRIMARY KEY, mig INTEGER NOT NULL, side TEXT NOT NULL, tbl INTEGER NOT NULL,
  reason TEXT NOT NULL, at INTEGER NOT NULL))",
    R"(CREATE TABLE IF NOT EXISTS tandem_operation(
  mig INTEGER NOT NULL, side TEXT NOT NULL, id BLOB NOT NULL, content BLOB NOT NULL,
  committed INTEGER NOT NULL, owed INTEGER NOT NULL, version INTEGER NOT NULL,
  writes INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY(mig, side, id)) WITHOUT ROWID)",
    R"(CREATE INDEX IF NOT EXISTS tandem_operation_owed
  ON tandem_operation(mig, side, id) WHERE owed = 1)",
    R"(CREATE TABLE IF NOT EXISTS tandem_spool(
  mig INTEGER NOT NULL, side TEXT NOT NULL, owner TEXT NOT NULL, place TEXT NOT NULL,
  holder TEXT NOT NULL, lease_until INTEGER NOT NULL, owed INTEGER NOT NULL,
  epoch INTEGER NOT NULL, lost INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY(mig, side, owner)) WITHOUT ROWID)",
    // The ids of intents and marks: one that is gone never names another one.
    R"(CREATE TABLE IF NOT EXISTS tandem_counter(
  name TEXT PRIMARY KEY, last INTEGER NOT NULL) WITHOUT ROWID)",
    "INSERT OR IGNORE INTO tandem_counter(name, last) VALUES('outbox', 0), ('dirty', 0)",
};

std::string of_side(const binding& b) {
    return std::to_string(b.id) + ", '" + static_cast<char>(b.side) + "'";
}

install_part fences(const binding& b) {
    const bool is_source = b.side == side::source;
    return {
        is_source ? "Its fence: the source comes up as the primary of old_only."
                  : "Its fence: the target comes up as a secondary.",
        "WITH RECURSIVE bucket(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM bucket WHERE n < " +
            std::to_string(b.buckets - 1) +
            ")\nINSERT OR IGNORE INTO tandem_fence(mig, side, bucket, epoch, role, phase, era, "
            "synced, changed_at)\n  SELECT " +
            of_side(b) + ", n, 1, '" + (is_source ? "P" : "S") +
            "', 1, 0, 0,\n    CAST(ROUND((julianday('now') - 2440587.5) * 86400000) AS INTEGER) "
            "FROM bucket"};
}

void add_version(const binding& b, table_id t, bool lacks, std::vector<install_part>& out) {
    const table_schema& table = b.tables[t];
    const std::string_view name = bare_name(table.name);
    if (lacks) {
        out.push_back({"The version column of " + std::string(name) +
                           ", which is missing; uninstall() takes it away again.",
                       "ALTER TABLE " + quote(name) + " ADD COLUMN " + quote(table.version_column) +
                           " INTEGER NOT NULL DEFAULT 0"});
    }
    out.push_back(
        {lacks ? "" : "The version column of " + std::string(name) + " is there.",
         "INSERT INTO tandem_column(mig, side, tbl, table_name, column_name, added)\n"
         "  VALUES(" +
             of_side(b) + ", " + std::to_string(t) + ", " + literal(name) + ", " +
             literal(table.version_column) + ", " + (lacks ? "1" : "0") + ")\n  ON CONFLICT DO " +
             (lacks ? "UPDATE SET table_name = excluded.table_name, added = 1" : "NOTHING")});
}

} // namespace

std::string literal(std::string_view text) {
    std::string out = "'";
    for (const char c : text) {
        if (c == '\'') out += c;
        out += c;
    }
    return out += '\'';
}

std::vector<install_part> install_parts(const binding& b, const std::vector<bool>& lacks_version) {
    std::vector<install_part> out;
    for (const auto text : create_texts) {
        out.push_back({out.empty() ? "The control tables of all migrations in this file." : "",
                       std::string(text)});
    }
    out.push_back({"The migration.",
                   "INSERT OR IGNORE INTO tandem_migration(id, name, buckets, control_version)\n"
                   "  VALUES(" +
                       std::to_string(b.id) + ", " + literal(b.migration) + ", " +
                       std::to_string(b.buckets) + ", 1)"});
    out.push_back(fences(b));
    for (std::size_t t = 0; t < b.tables.size(); ++t) {
        if (b.tables[t].version_column.empty()) continue;
        add_version(b, static_cast<table_id>(t), lacks_version[t], out);
    }
    return out;
}

std::vector<std::string> removal_texts() {
    std::vector<std::string> out;
    for (const std::string_view name :
         {"migration", "fence", "column", "tombstone", "outbox", "outbox_failure", "dirty",
          "operation", "spool", "counter"}) {
        out.push_back("DROP TABLE tandem_" + std::string(name));
    }
    return out;
}

} // namespace tandem::sqlite::detail
