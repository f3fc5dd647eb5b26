// SPDX-License-Identifier: BSL-1.0
//
// One connection to the file, with its prepared statements. A call sets the deadline, after which
// waiting for a lock gives up (busy) and a running statement is interrupted (timeout). One thread
// at a time; the pool sees to that.
#pragma once

#include "tandem/core/call.hpp"
#include "tandem/sqlite/options.hpp"

#include "sqlite/statement.hpp"

#include <memory>
#include <vector>

struct sqlite3;

namespace tandem::sqlite::detail {

class connection {
public:
    enum class access : std::uint8_t { read, write };

    /// Opens the file, which is created where the options say so. Errors: unavailable (missing, or
    /// not to be opened), invalid_options (no file), permission_denied, corrupt_data, busy.
    [[nodiscard]] static result<std::unique_ptr<connection>>
    open(const options& opts, access wanted, const call_context& call);

    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;
    ~connection();

    /// What follows belongs to this call. Error: timeout, where its deadline has passed.
    [[nodiscard]] result<void> start_call(const call_context& call);
    /// From here to the next start_call() no deadline holds: for COMMIT and ROLLBACK.
    void suspend_deadline() noexcept { interrupt_at_ = monotonic_time::max(); }

    [[nodiscard]] result<cursor> prepare(const statement_text& statement);
    /// Prepared for this once.
    [[nodiscard]] result<cursor> prepare_once(const std::string& text, std::string_view what);
    /// Statements without values.
    [[nodiscard]] result<void> execute(const char* text, std::string_view what);
    /// The bare result code of it.
    [[nodiscard]] int execute_code(const char* text) noexcept;

    [[nodiscard]] std::int64_t changes() const noexcept;
    [[nodiscard]] bool in_transaction() const noexcept;
    [[nodiscard]] bool is_read_only() const noexcept;
    /// False after an error that a fresh connection may not have.
    [[nodiscard]] bool is_usable() const noexcept { return usable_; }
    void retire() noexcept { usable_ = false; }

    /// Whether this connection enforces foreign keys; not inside a transaction.
    [[nodiscard]] result<void> enforce_foreign_keys(bool wanted);

    [[nodiscard]] error failure(int code, std::string_view what);
    [[nodiscard]] sqlite3* handle() const noexcept { return db_; }
    [[nodiscard]] const std::string& path() const noexcept { return path_; }

private:
    connection(std::string path, milliseconds lock_timeout) noexcept
        : path_(std::move(path)), lock_timeout_(lock_timeout) {}

    [[nodiscard]] result<void> configure(const options& opts, access wanted);
    [[nodiscard]] result<void> switch_to_wal();
    bool wait_for_lock(int attempt) const noexcept;
    bool past_deadline() const noexcept;

    static int on_busy(void* self, int attempt) noexcept;
    static int on_progress(void* self) noexcept;

    std::string path_;
    milliseconds lock_timeout_;
    sqlite3* db_ = nullptr;
    std::vector<sqlite3_stmt*> statements_; ///< by slot
    std::vector<sqlite3_stmt*> once_;       ///< finalized at the next call
    monotonic_time interrupt_at_ = monotonic_time::max();
    monotonic_time lock_until_ = monotonic_time::max();
    bool usable_ = true;
    bool foreign_keys_ = false;
};

} // namespace tandem::sqlite::detail
