// SPDX-License-Identifier: BSL-1.0
#include "sqlite/errors.hpp"

#include <sqlite3.h>

#include <array>

namespace tandem::sqlite::detail {

namespace {

std::string_view constraint_name(int code) noexcept {
    switch (code) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID: return "a unique constraint";
    case SQLITE_CONSTRAINT_NOTNULL: return "a NOT NULL constraint";
    case SQLITE_CONSTRAINT_FOREIGNKEY: return "a foreign key";
    case SQLITE_CONSTRAINT_CHECK: return "a CHECK constraint";
    case SQLITE_CONSTRAINT_TRIGGER: return "a trigger";
    default: return "a constraint";
    }
}

struct advice {
    errc value;
    std::string_view sentence;
};

constexpr std::array<advice, 9> advices{{
    {errc::busy, "the file's lock was not free in time; shorten the other transaction or allow "
                 "more time"},
    {errc::timeout, "the deadline passed; nothing was written"},
    {errc::out_of_range, "a value does not fit the declared type of its column"},
    {errc::resources, "disk, memory or a limit of the process is exhausted; nothing was written"},
    {errc::read_only, "the file or its directory is read-only for this process; make both "
                      "writable"},
    {errc::permission_denied, "the process may not access the file; correct its owner or mode"},
    {errc::unavailable, "the file or its directory cannot be opened, read or written; see the "
                        "server text"},
    {errc::schema_mismatch, "a table or column of the mapping is missing; compare the schema"},
    {errc::row_too_large, "a row exceeds SQLite's size limit"},
}};

std::string sentence(errc value, int code) {
    if (value == errc::constraint) {
        return std::string(constraint_name(code)) + " of the table said no";
    }
    if (value == errc::not_installed) return "the control tables are missing; call install() once";
    if (value == errc::corrupt_data) {
        return (code & 0xff) == SQLITE_NOTADB
                   ? "this is not a SQLite database, or it is encrypted; correct options.path"
                   : "the database is damaged; stop, keep the file, run PRAGMA integrity_check";
    }
    for (const auto& known : advices) {
        if (known.value == value) return std::string(known.sentence);
    }
    return "SQLite refused; see the server text";
}

} // namespace

errc class_of(int code) noexcept {
    switch (code) { // the extended codes that differ from their class
    case SQLITE_CONSTRAINT_DATATYPE: return errc::out_of_range;
    case SQLITE_IOERR_NOMEM: return errc::resources;
    case SQLITE_READONLY_DBMOVED: return errc::unavailable;
    default: break;
    }
    switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
    case SQLITE_SCHEMA: return errc::busy;
    case SQLITE_FULL:
    case SQLITE_NOMEM:
    case SQLITE_NOLFS: return errc::resources;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN: return errc::unavailable;
    case SQLITE_READONLY: return errc::read_only;
    case SQLITE_PERM:
    case SQLITE_AUTH: return errc::permission_denied;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return errc::corrupt_data;
    case SQLITE_CONSTRAINT: return errc::constraint;
    case SQLITE_TOOBIG: return errc::row_too_large;
    case SQLITE_MISMATCH: return errc::type_mismatch;
    case SQLITE_INTERRUPT: return errc::timeout;
    default: return errc::store_error;
    }
}

errc class_of(int code, std::string_view message) noexcept {
    if ((code & 0xff) == SQLITE_ERROR) {
        if (message.find("no such table: tandem_") != std::string_view::npos) {
            return errc::not_installed;
        }
        if (message.find("no such table") != std::string_view::npos ||
            message.find("no such column") != std::string_view::npos ||
            message.find("has no column named") != std::string_view::npos) {
            return errc::schema_mismatch;
        }
    }
    return class_of(code);
}

error make_error(int code, sqlite3* db, std::string_view what, std::string_view path) {
    const std::string server = db != nullptr ? sqlite3_errmsg(db) : sqlite3_errstr(code);
    const errc value = class_of(code, server);
    return {value, std::string(what) + " in '" + std::string(path) + "': " + sentence(value, code),
            server};
}

error unknown_commit(sqlite3* db, std::string_view path) {
    return {errc::outcome_unknown,
            "COMMIT in '" + std::string(path) +
                "' failed while it was writing; the change may or may not be there",
            sqlite3_errmsg(db)};
}

} // namespace tandem::sqlite::detail
