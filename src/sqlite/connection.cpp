// SPDX-License-Identifier: BSL-1.0
#include "sqlite/connection.hpp"

#include "tandem/core/clock_source.hpp"

#include "sqlite/errors.hpp"

#include <sqlite3.h>

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace tandem::sqlite::detail {

namespace {

/// Virtual machine steps between two looks at the clock: about 100 us.
constexpr int steps_between_looks = 10'000;

/// SQLite answers all of these with CANTOPEN, so they are told apart before it is asked.
result<void> check_file(const options& opts) {
    struct stat found {};
    if (::stat(opts.path.c_str(), &found) == 0) {
        if (S_ISREG(found.st_mode)) {
            return success();
        }
        return error(errc::invalid_options,
                     "options.path '" + opts.path + "' is no regular file" +
                         (S_ISDIR(found.st_mode) ? ", but a directory" : "") +
                         "; name the database file");
    }
    const int reason = errno;
    if (reason == EACCES) {
        return error(errc::permission_denied,
                     "a directory of '" + opts.path + "' may not be searched by this process");
    }
    if (reason != ENOENT) {
        return error(errc::unavailable, "'" + opts.path + "' cannot be looked at",
                     std::generic_category().message(reason));
    }
    if (opts.create) {
        return success();
    }
    return error(errc::unavailable, "the database file '" + opts.path +
                                        "' does not exist; correct options.path, or set "
                                        "options.create to make it");
}

} // namespace

result<std::unique_ptr<connection>> connection::open(const options& opts, access wanted,
                                                     const call_context& call) {
    TANDEM_TRY(check_file(opts));
    std::unique_ptr<connection> made(new connection(opts.path, opts.lock_timeout));
    // NOMUTEX: the pool gives a connection to one thread at a time.
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                      (opts.create ? SQLITE_OPEN_CREATE : 0);
    const int code = sqlite3_open_v2(opts.path.c_str(), &made->db_, flags, nullptr);
    if (code != SQLITE_OK) {
        const int reason = made->db_ != nullptr ? sqlite3_system_errno(made->db_) : 0;
        if (reason == EACCES || reason == EPERM) {
            return error(errc::permission_denied,
                         "opening '" + opts.path +
                             "': the process may not access the file; correct its owner or mode",
                         sqlite3_errmsg(made->db_));
        }
        return made->failure(code, "opening the file");
    }
    TANDEM_TRY(made->start_call(call));
    TANDEM_TRY(made->configure(opts, wanted));
    return made;
}

connection::~connection() {
    for (auto* prepared : statements_) {
        sqlite3_finalize(prepared);
    }
    for (auto* prepared : once_) {
        sqlite3_finalize(prepared);
    }
    sqlite3_close(db_);
}

result<void> connection::configure(const options& opts, access wanted) {
    sqlite3_busy_handler(db_, &connection::on_busy, this);
    sqlite3_progress_handler(db_, steps_between_looks, &connection::on_progress, this);
    // The first statement that reads the file: what is no database fails here.
    TANDEM_TRY(execute("SELECT 1 FROM sqlite_schema LIMIT 1", "opening the file"));
    if (!is_read_only()) {
        TANDEM_TRY(switch_to_wal());
    }
    if (wanted == access::read) {
        return execute("PRAGMA query_only=ON", "opening the file");
    }
    TANDEM_TRY(execute("PRAGMA foreign_keys=OFF", "opening the file"));
    return execute(opts.durable ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL",
                   "opening the file");
}

// Does nothing where the file is in WAL mode already. SQLite does not call the busy handler while
// it changes the mode, so the wait stands here.
result<void> connection::switch_to_wal() {
    for (int attempt = 0;; ++attempt) {
        const int code = execute_code("PRAGMA journal_mode=WAL");
        if (code == SQLITE_OK) {
            return success();
        }
        if ((code & 0xff) != SQLITE_BUSY || !wait_for_lock(attempt)) {
            return failure(code, "changing the journal mode to WAL");
        }
    }
}

result<void> connection::start_call(const call_context& call) {
    for (auto* prepared : once_) {
        sqlite3_finalize(prepared);
    }
    once_.clear();
    const auto now = monotonic_now();
    interrupt_at_ = call.deadline;
    lock_until_ = std::min(call.deadline, now + lock_timeout_);
    if (now >= call.deadline) {
        return error(errc::timeout, "the deadline passed before '" + path_ + "' was asked");
    }
    return success();
}

result<cursor> connection::prepare(const statement_text& statement) {
    if (statement.slot >= statements_.size()) {
        statements_.resize(statement.slot + 1, nullptr);
    }
    auto*& prepared = statements_[statement.slot];
    if (prepared == nullptr) {
        const int code =
            sqlite3_prepare_v3(db_, statement.text.c_str(), static_cast<int>(statement.text.size()),
                               SQLITE_PREPARE_PERSISTENT, &prepared, nullptr);
        if (code != SQLITE_OK) {
            return failure(code, statement.what);
        }
    }
    return cursor(*this, prepared, statement.what);
}

result<cursor> connection::prepare_once(const std::string& text, std::string_view what) {
    sqlite3_stmt* prepared = nullptr;
    const int code =
        sqlite3_prepare_v3(db_, text.c_str(), static_cast<int>(text.size()), 0, &prepared, nullptr);
    if (code != SQLITE_OK) {
        return failure(code, what);
    }
    once_.push_back(prepared);
    return cursor(*this, prepared, what);
}

result<void> connection::execute(const char* text, std::string_view what) {
    const int code = execute_code(text);
    if (code != SQLITE_OK) {
        return failure(code, what);
    }
    return success();
}

int connection::execute_code(const char* text) noexcept {
    return sqlite3_exec(db_, text, nullptr, nullptr, nullptr);
}

std::int64_t connection::changes() const noexcept { return sqlite3_changes(db_); }

bool connection::in_transaction() const noexcept { return sqlite3_get_autocommit(db_) == 0; }

bool connection::is_read_only() const noexcept { return sqlite3_db_readonly(db_, "main") == 1; }

// Changing the pragma makes every prepared statement be prepared again, so it is left alone where
// it is right already: a side is rarely primary and secondary in turn.
result<void> connection::enforce_foreign_keys(bool wanted) {
    if (wanted == foreign_keys_) {
        return success();
    }
    TANDEM_TRY(execute(wanted ? "PRAGMA foreign_keys=ON" : "PRAGMA foreign_keys=OFF",
                       "changing the foreign key mode"));
    foreign_keys_ = wanted;
    return success();
}

error connection::failure(int code, std::string_view what) {
    switch (code & 0xff) {
    case SQLITE_IOERR:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_CANTOPEN:
    case SQLITE_NOMEM:
    case SQLITE_MISUSE:
    case SQLITE_READONLY: usable_ = false; break;
    default: break;
    }
    return make_error(code, db_, what, path_);
}

bool connection::past_deadline() const noexcept {
    return interrupt_at_ != monotonic_time::max() && monotonic_now() >= interrupt_at_;
}

bool connection::wait_for_lock(int attempt) const noexcept {
    const auto left = lock_until_ - monotonic_now();
    if (left <= left.zero()) {
        return false;
    }
    // Short steps: whoever sleeps long loses the lock to those who ask more often.
    const auto step_ms =
        std::min<std::int64_t>(attempt < 8 ? 1 : 3, std::chrono::ceil<milliseconds>(left).count());
    sqlite3_sleep(static_cast<int>(step_ms));
    return true;
}

int connection::on_busy(void* self, int attempt) noexcept {
    return static_cast<const connection*>(self)->wait_for_lock(attempt) ? 1 : 0;
}

int connection::on_progress(void* self) noexcept {
    return static_cast<const connection*>(self)->past_deadline() ? 1 : 0;
}

} // namespace tandem::sqlite::detail
