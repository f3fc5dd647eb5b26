// SPDX-License-Identifier: BSL-1.0
//
// The SQLite file of a spool: WAL, synchronous=FULL, locked exclusively, so there is no shared
// memory file. What is good in it, it gives back; what is not, it says. One thread at a time.
#pragma once

#include "spool/directory.hpp"
#include "spool/format.hpp"

#include <memory>
#include <span>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace tandem::spool::detail {

inline constexpr const char* database_name = "spool.db";
inline constexpr const char* wal_name = "spool.db-wal";

/// One transaction: additions and removals.
struct batch {
    std::vector<std::pair<std::int64_t, std::string>> add; ///< id, encoded record
    std::vector<std::int64_t> remove;
    [[nodiscard]] bool empty() const noexcept { return add.empty() && remove.empty(); }
};

/// All that a file holds.
struct content {
    std::optional<detail::head> head;
    std::int64_t last_id = 0; ///< greatest one ever given out, as far as the file says
    std::int64_t records = 0; ///< good ones
    std::int64_t bytes = 0;
    std::string noted_damage; ///< of an earlier salvage that nobody has taken note of
    std::string problem;      ///< why the file cannot be trusted; empty where it can
};

class database {
public:
    /// Opens an existing file. A damaged one is no error here: inspect() tells. Errors:
    /// permission_denied, resources, store_error.
    [[nodiscard]] static result<std::unique_ptr<database>> open(const directory& where,
                                                                const std::string& name);
    database(const database&) = delete;
    database& operator=(const database&) = delete;
    ~database();

    /// Makes the tables of an empty file. A new identity where `identity` is empty.
    [[nodiscard]] result<void> initialise(std::string identity, std::int64_t last_id,
                                          const std::string& damage);
    /// Reads everything. A damaged file is no error: content::problem says so.
    [[nodiscard]] content inspect();
    /// The records that can be read; what cannot is left out.
    [[nodiscard]] std::vector<stored_record> readable();
    /// The files stay as they are when this is closed: for people to look at.
    void leave_untouched() noexcept;

    /// All or nothing, durable. Errors: resources, store_error. After is_broken() only opening it
    /// again helps.
    [[nodiscard]] result<void> commit(const batch& what);
    /// By the last commit.
    struct amount {
        std::int64_t records = 0;
        std::int64_t bytes = 0;
    };
    [[nodiscard]] amount removed() const noexcept { return removed_; }
    [[nodiscard]] bool is_broken() const noexcept { return broken_; }
    [[nodiscard]] result<std::vector<stored_record>> read(std::int64_t after, std::size_t limit);
    [[nodiscard]] result<void> forget_damage();
    /// From here on without a log beside it.
    [[nodiscard]] result<void> become_one_file();

private:
    explicit database(std::string path) : path_(std::move(path)) {}
    [[nodiscard]] int execute(const char* text) noexcept;
    [[nodiscard]] int configure() noexcept;
    [[nodiscard]] error failure(int code, const char* what);
    [[nodiscard]] int run(const batch& what);
    [[nodiscard]] std::string check_pages();
    [[nodiscard]] std::string load_head(content& into);
    [[nodiscard]] std::string load_records(content& into);

    std::string path_;
    sqlite3* db_ = nullptr;
    sqlite3_stmt* insert_ = nullptr;
    sqlite3_stmt* remove_ = nullptr;
    sqlite3_stmt* read_ = nullptr;
    amount removed_;
    int damaged_ = 0; ///< the result code that made configure() stop
    bool broken_ = false;
};

} // namespace tandem::spool::detail
