// SPDX-License-Identifier: BSL-1.0
//
//   head(data)         one row, a head frame (format.hpp)
//   damage(text)       what an earlier salvage said, until somebody took note of it
//   record(id, data)   one row an intent, a record frame; ids are never used again

#include "spool/database.hpp"

#include <sqlite3.h>

namespace tandem::spool::detail {
namespace {

constexpr const char* tables = "CREATE TABLE head(data BLOB NOT NULL);"
                               "CREATE TABLE damage(text TEXT NOT NULL);"
                               "CREATE TABLE record(id INTEGER PRIMARY KEY AUTOINCREMENT, "
                               "data BLOB NOT NULL);";
// As SQLite keeps the above; a flipped bit in there would change what statements do.
constexpr std::string_view schema = "table head head CREATE TABLE head(data BLOB NOT NULL)\n"
                                    "table damage damage CREATE TABLE damage(text TEXT NOT NULL)\n"
                                    "table record record CREATE TABLE record(id INTEGER PRIMARY "
                                    "KEY AUTOINCREMENT, data BLOB NOT NULL)\n"
                                    "table sqlite_sequence sqlite_sequence CREATE TABLE "
                                    "sqlite_sequence(name,seq)\n";

/// A statement for one use.
class statement {
public:
    statement(sqlite3* db, const char* text) noexcept {
        code_ = sqlite3_prepare_v2(db, text, -1, &prepared_, nullptr);
    }
    statement(const statement&) = delete;
    statement& operator=(const statement&) = delete;
    ~statement() { sqlite3_finalize(prepared_); }
    [[nodiscard]] int code() const noexcept { return code_; }
    [[nodiscard]] sqlite3_stmt* get() const noexcept { return prepared_; }
    /// True where there is a row.
    bool step() noexcept {
        if (code_ != SQLITE_OK && code_ != SQLITE_ROW) return false;
        code_ = sqlite3_step(prepared_);
        return code_ == SQLITE_ROW;
    }
    [[nodiscard]] bool ended_well() const noexcept { return code_ == SQLITE_DONE; }

private:
    sqlite3_stmt* prepared_ = nullptr;
    int code_ = SQLITE_OK;
};

std::string_view blob(sqlite3_stmt* from, int column) noexcept {
    const void* data = sqlite3_column_blob(from, column);
    const int size = sqlite3_column_bytes(from, column);
    if (data == nullptr) return {};
    return {static_cast<const char*>(data), static_cast<std::size_t>(size)};
}

void bind_blob(sqlite3_stmt* to, int at, std::string_view value) noexcept {
    sqlite3_bind_blob64(to, at, value.data(), value.size(), SQLITE_STATIC);
}

bool is_damage(int code) noexcept {
    const int primary = code & 0xff;
    return primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB || primary == SQLITE_ERROR ||
           primary == SQLITE_FORMAT || code == SQLITE_IOERR_SHORT_READ ||
           primary == SQLITE_READONLY || primary == SQLITE_EMPTY;
}

/// A write that failed, as on a full disk, leaves the file as it was; only a failed sync does not.
bool is_full(int code) noexcept {
    const int primary = code & 0xff;
    return primary == SQLITE_FULL || primary == SQLITE_NOMEM || code == SQLITE_IOERR_WRITE ||
           code == SQLITE_IOERR_NOMEM;
}

} // namespace

result<std::unique_ptr<database>> database::open(const directory& where, const std::string& name) {
    TANDEM_TRY(where.check_file(name));
    std::unique_ptr<database> opened(new database(where.path_of(name)));
    const int code = sqlite3_open_v2(opened->path_.c_str(), &opened->db_,
                                     SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW |
                                         SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
                                     nullptr);
    if (code != SQLITE_OK) return opened->failure(code, "opening the spool");
    if (const int set = opened->configure(); set != SQLITE_OK) {
        if (!is_damage(set)) return opened->failure(set, "opening the spool");
        opened->damaged_ = set;
    }
    return opened;
}

database::~database() {
    for (sqlite3_stmt* s : {insert_, remove_, read_})
        sqlite3_finalize(s);
    sqlite3_close_v2(db_);
}

int database::execute(const char* text) noexcept {
    return sqlite3_exec(db_, text, nullptr, nullptr, nullptr);
}

int database::configure() noexcept {
    // Exclusive before WAL: the index of the log is then in memory, not in a file of its own.
    for (const char* text :
         {"PRAGMA locking_mode=EXCLUSIVE", "PRAGMA trusted_schema=OFF", "PRAGMA cell_size_check=ON",
          "PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL"}) {
        if (const int code = execute(text); code != SQLITE_OK) return code;
    }
    return SQLITE_OK;
}

error database::failure(int code, const char* what) {
    std::string said = db_ != nullptr ? sqlite3_errmsg(db_) : sqlite3_errstr(code);
    std::string detail = std::string(what) + " '" + path_ + "': ";
    if (is_full(code)) {
        return {errc::resources,
                detail +
                    "the disk takes no more (it is full, or a limit or a fault stops it); make "
                    "room, nothing was written",
                std::move(said)};
    }
    if (const int primary = code & 0xff;
        primary == SQLITE_PERM || primary == SQLITE_CANTOPEN || primary == SQLITE_READONLY) {
        return {errc::permission_denied, detail + "the file cannot be opened or written",
                std::move(said)};
    }
    if ((code & 0xff) == SQLITE_BUSY)
        return {errc::busy, detail + "another program has the file open", std::move(said)};
    if (is_damage(code))
        return {errc::corrupt_data, detail + "the file is damaged; open it again to salvage it",
                std::move(said)};
    return {errc::store_error, detail + "the disk failed; open the spool again", std::move(said)};
}

result<void> database::initialise(std::string identity, std::int64_t last_id,
                                  const std::string& damage) {
    constexpr const char* what = "making the spool";
    if (identity.empty()) {
        statement made(db_, "SELECT randomblob(16)");
        if (!made.step()) return failure(made.code(), what);
        identity = blob(made.get(), 0);
    }
    if (const int code = execute("BEGIN IMMEDIATE"); code != SQLITE_OK) return failure(code, what);
    if (const int code = execute(tables); code != SQLITE_OK) return failure(code, what);
    const std::string data = encode(head{.identity = identity});
    statement first(db_, "INSERT INTO head VALUES(?1)");
    bind_blob(first.get(), 1, data);
    first.step();
    if (!first.ended_well()) return failure(first.code(), what);
    statement last(db_, "INSERT INTO sqlite_sequence(name, seq) VALUES('record', ?1)");
    sqlite3_bind_int64(last.get(), 1, last_id);
    last.step();
    if (!last.ended_well()) return failure(last.code(), what);
    if (!damage.empty()) {
        statement note(db_, "INSERT INTO damage VALUES(?1)");
        sqlite3_bind_text64(note.get(), 1, damage.data(), damage.size(), SQLITE_STATIC,
                            SQLITE_UTF8);
        note.step();
        if (!note.ended_well()) return failure(note.code(), what);
    }
    if (const int code = execute("COMMIT"); code != SQLITE_OK) return failure(code, what);
    return success();
}

std::string database::check_pages() {
    std::string seen;
    statement all(db_, "SELECT type || ' ' || name || ' ' || tbl_name || ' ' || sql || char(10) "
                       "FROM sqlite_schema ORDER BY rowid");
    while (all.step())
        seen += blob(all.get(), 0);
    if (!all.ended_well() || seen != schema) return "its tables are not those of a spool";
    statement check(db_, "PRAGMA integrity_check(1)");
    if (!check.step()) return "SQLite cannot check the file";
    const std::string said(blob(check.get(), 0));
    return said == "ok" ? std::string() : "SQLite's check says: " + said;
}

std::string database::load_head(content& into) {
    int heads = 0;
    statement all(db_, "SELECT data FROM head");
    while (all.step()) {
        ++heads;
        into.head = decode_head(blob(all.get(), 0));
    }
    if (!all.ended_well() || heads != 1 || !into.head) return "its head cannot be read";
    statement noted(db_, "SELECT text FROM damage");
    while (noted.step())
        into.noted_damage += blob(noted.get(), 0);
    if (!noted.ended_well()) return "its notes cannot be read";
    statement last(db_, "SELECT seq FROM sqlite_sequence WHERE name = 'record'");
    if (!last.step()) return "the last id cannot be read";
    into.last_id = sqlite3_column_int64(last.get(), 0);
    return into.last_id < 0 || into.last_id > id_max ? "the last id is wrong" : "";
}

std::string database::load_records(content& into) {
    std::int64_t bad = 0;
    statement all(db_, "SELECT id, data FROM record ORDER BY id");
    while (all.step()) {
        const auto id = sqlite3_column_int64(all.get(), 0);
        const auto data = blob(all.get(), 1);
        const auto r = decode_record(data);
        if (!r || r->id != id || id > into.last_id) {
            ++bad;
        } else {
            ++into.records;
            into.bytes += static_cast<std::int64_t>(data.size());
        }
    }
    if (bad > 0) return std::to_string(bad) + " records have a wrong checksum";
    return all.ended_well() ? "" : "its records cannot be read to the end";
}

content database::inspect() {
    content found;
    if (damaged_ != 0) {
        found.problem = std::string("SQLite cannot open it: ") + sqlite3_errstr(damaged_);
        return found;
    }
    if (sqlite3_db_readonly(db_, "main") != 0) {
        found.problem = "its header forbids writing";
        return found;
    }
    // The head first: a newer format is refused, not mended.
    found.problem = load_head(found);
    if (found.problem.empty()) found.problem = check_pages();
    if (found.problem.empty()) found.problem = load_records(found);
    return found;
}

std::vector<stored_record> database::readable() {
    std::vector<stored_record> found;
    statement all(db_, "SELECT id, data FROM record");
    while (all.step()) {
        auto r = decode_record(blob(all.get(), 1));
        if (r && r->id == sqlite3_column_int64(all.get(), 0)) found.push_back(std::move(*r));
    }
    return found;
}

void database::leave_untouched() noexcept {
    sqlite3_db_config(db_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

int database::run(const batch& what) {
    const auto prepare = [this](sqlite3_stmt*& slot, const char* text) {
        return slot != nullptr
                   ? SQLITE_OK
                   : sqlite3_prepare_v3(db_, text, -1, SQLITE_PREPARE_PERSISTENT, &slot, nullptr);
    };
    if (const int code = prepare(insert_, "INSERT INTO record(id, data) VALUES(?1, ?2)"))
        return code;
    if (const int code =
            prepare(remove_, "DELETE FROM record WHERE id = ?1 RETURNING length(data)"))
        return code;
    removed_ = {};
    if (const int code = execute("BEGIN IMMEDIATE")) return code;
    for (const auto& [id, data] : what.add) {
        sqlite3_bind_int64(insert_, 1, id);
        bind_blob(insert_, 2, data);
        const int code = sqlite3_step(insert_);
        sqlite3_reset(insert_);
        if (code != SQLITE_DONE) return code;
    }
    for (const std::int64_t id : what.remove) {
        sqlite3_bind_int64(remove_, 1, id);
        int code = sqlite3_step(remove_);
        if (code == SQLITE_ROW) {
            ++removed_.records;
            removed_.bytes += sqlite3_column_int64(remove_, 0);
            code = sqlite3_step(remove_);
        }
        sqlite3_reset(remove_);
        if (code != SQLITE_DONE) return code;
    }
    return execute("COMMIT");
}

result<void> database::commit(const batch& what) {
    if (broken_) {
        return error(errc::store_error,
                     "the spool '" + path_ + "' met a failure of the disk; open it again");
    }
    const int code = run(what);
    if (code == SQLITE_OK) return success();
    error why = failure(code, "writing the spool");
    // After a failed fsync nobody knows what is on the disk; a full disk is another matter.
    if (why.value() != errc::resources) broken_ = true;
    if (sqlite3_get_autocommit(db_) == 0 && execute("ROLLBACK") != SQLITE_OK) broken_ = true;
    return why;
}

result<std::vector<stored_record>> database::read(std::int64_t after, std::size_t limit) {
    constexpr const char* text = "SELECT id, data FROM record WHERE id > ?1 ORDER BY id LIMIT ?2";
    if (read_ == nullptr) {
        if (const int code =
                sqlite3_prepare_v3(db_, text, -1, SQLITE_PREPARE_PERSISTENT, &read_, nullptr))
            return failure(code, "reading the spool");
    }
    sqlite3_bind_int64(read_, 1, after);
    sqlite3_bind_int64(read_, 2, static_cast<std::int64_t>(limit));
    std::vector<stored_record> found;
    int code = sqlite3_step(read_);
    for (; code == SQLITE_ROW; code = sqlite3_step(read_)) {
        auto r = decode_record(blob(read_, 1));
        if (!r) {
            sqlite3_reset(read_);
            return failure(SQLITE_CORRUPT, "reading the spool");
        }
        found.push_back(std::move(*r));
    }
    sqlite3_reset(read_);
    if (code != SQLITE_DONE) return failure(code, "reading the spool");
    return found;
}

result<void> database::forget_damage() {
    if (const int code = execute("DELETE FROM damage"); code != SQLITE_OK)
        return failure(code, "writing the spool");
    return success();
}

result<void> database::become_one_file() {
    if (const int code = execute("PRAGMA journal_mode=DELETE"); code != SQLITE_OK)
        return failure(code, "closing the spool");
    return success();
}

} // namespace tandem::spool::detail
