// SPDX-License-Identifier: BSL-1.0
//
// A temporary directory, a plain connection beside the store, and a bound store over one table.
// What is set up here fails the test by an exception.
#pragma once

#include "tandem/core/clock_source.hpp"
#include "tandem/sqlite/store.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

struct sqlite3;

namespace tandem_test {

using namespace tandem;

class temporary_directory {
public:
    temporary_directory();
    temporary_directory(const temporary_directory&) = delete;
    temporary_directory& operator=(const temporary_directory&) = delete;
    ~temporary_directory();
    [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }

private:
    std::string path_;
};

/// SQLite without tandem: what another program would see and do.
class plain_connection {
public:
    explicit plain_connection(const std::string& path);
    plain_connection(const plain_connection&) = delete;
    plain_connection& operator=(const plain_connection&) = delete;
    ~plain_connection();
    void execute(const std::string& sql);
    /// The first column of the first row; "(none)" where there is no row.
    [[nodiscard]] std::string text(const std::string& sql);

private:
    sqlite3* db_ = nullptr;
};

void write_file(const std::string& path, const std::string& content);

template <class T>
T value_of(result<T> r) {
    if (r.has_error()) throw std::runtime_error(r.error().full_message());
    if constexpr (!std::is_void_v<T>) return std::move(r).value();
}

inline call_context within(milliseconds time) { return {monotonic_now() + time}; }
inline call_context in_time() { return within(milliseconds(20'000)); }

/// The table of most tests: id int64 key, name text or NULL, amount int64.
table_schema users_table(std::string name = "users");
inline const char* const users_sql =
    "CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT, amount INTEGER NOT NULL, "
    "version INTEGER NOT NULL DEFAULT 0)";

row_key id_of(std::int64_t n);
row user(std::int64_t n, std::string name, std::int64_t amount = 0);
write_command put_user(std::int64_t n, std::string name, std::int64_t amount = 0);
write_command drop_user(std::int64_t n);
change user_change(std::int64_t n, std::string name, std::int64_t version_number, epoch e);

binding users_binding(side s, table_schema t = users_table());
std::unique_ptr<sqlite::store> open_store(const std::string& path, side s = side::source,
                                          table_schema t = users_table());
std::unique_ptr<sqlite::store> open_store(sqlite::options opts, binding b);

/// One file with the table, and an installed store as its source.
class sqlite_store : public testing::Test {
protected:
    void SetUp() override;
    /// Installs and opens the target in a file of its own.
    std::unique_ptr<sqlite::store> make_target();
    /// old_only -> dual_old_primary.
    static void go_dual(sqlite::store& from, sqlite::store& to);
    static bool step(sqlite::store& s, step_kind kind, epoch expected,
                     era_mode mode = era_mode::reset);
    [[nodiscard]] static std::optional<stored_row> read(sqlite::store& s, std::int64_t n);
    /// Expected to commit.
    static write_reply write(sqlite::store& s, const write_command& command);

    temporary_directory directory_;
    std::string path_ = directory_.file("source.db");
    std::unique_ptr<plain_connection> plain_;
    std::unique_ptr<sqlite::store> store_;
};

} // namespace tandem_test
