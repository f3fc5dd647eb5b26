// SPDX-License-Identifier: BSL-1.0
#include "fixture.hpp"

#include "tandem/core/key.hpp"

#include <sqlite3.h>

#include <stdlib.h>

#include <filesystem>
#include <fstream>

namespace tandem_test {

temporary_directory::temporary_directory() {
    std::string pattern = std::filesystem::temp_directory_path() / "tandem-sqlite-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary directory");
    path_ = pattern;
}

temporary_directory::~temporary_directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

plain_connection::plain_connection(const std::string& path) {
    if (sqlite3_open(path.c_str(), &db_) != SQLITE_OK)
        throw std::runtime_error("cannot open " + path);
    sqlite3_busy_timeout(db_, 10'000);
    execute("PRAGMA synchronous=OFF"); // what is set up here need not survive a loss of power
}

plain_connection::~plain_connection() { sqlite3_close(db_); }

void plain_connection::execute(const std::string& sql) {
    if (sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
        throw std::runtime_error(sql + ": " + sqlite3_errmsg(db_));
    }
}

std::string plain_connection::text(const std::string& sql) {
    sqlite3_stmt* s = nullptr;
    if (sqlite3_prepare_v2(db_, sql.c_str(), -1, &s, nullptr) != SQLITE_OK) {
        throw std::runtime_error(sql + ": " + sqlite3_errmsg(db_));
    }
    std::string out = "(none)";
    if (sqlite3_step(s) == SQLITE_ROW) {
        const auto* found = reinterpret_cast<const char*>(sqlite3_column_text(s, 0));
        out = found != nullptr ? found : "(null)";
    }
    sqlite3_finalize(s);
    return out;
}

void write_file(const std::string& path, const std::string& content) {
    std::ofstream(path, std::ios::binary) << content;
}

table_schema users_table(std::string name) {
    table_schema t{.name = std::move(name), .version_column = "version"};
    t.columns = {{.name = "id", .type = column_type::int64, .field = 0},
                 {.name = "name", .type = column_type::text, .nullable = true, .field = 1},
                 {.name = "amount", .type = column_type::int64, .field = 2}};
    t.key = {0};
    return t;
}

row_key id_of(std::int64_t n) {
    key parts{cell(n)};
    auto encoded = value_of(encode_key(parts));
    return {std::move(parts), std::move(encoded)};
}

row user(std::int64_t n, std::string name, std::int64_t amount) {
    return {cell(n), cell(std::move(name)), cell(amount)};
}

write_command put_user(std::int64_t n, std::string name, std::int64_t amount) {
    write_command out{.kind = write_kind::upsert, .key = id_of(n)};
    out.image = user(n, std::move(name), amount);
    return out;
}

write_command drop_user(std::int64_t n) { return {.kind = write_kind::erase, .key = id_of(n)}; }

change user_change(std::int64_t n, std::string name, std::int64_t version_number, epoch e) {
    change out{.key = id_of(n).encoded, .version = {version_number}, .epoch = e};
    out.image = user(n, std::move(name));
    return out;
}

binding users_binding(side s, table_schema t) {
    return {.migration = "m", .id = migration_id("m"), .side = s, .tables = {std::move(t)}};
}

std::unique_ptr<sqlite::store> open_store(sqlite::options opts, binding b) {
    auto out = std::make_unique<sqlite::store>(std::move(opts));
    value_of(out->bind(std::move(b)));
    return out;
}

std::unique_ptr<sqlite::store> open_store(const std::string& path, side s, table_schema t) {
    return open_store({.path = path}, users_binding(s, std::move(t)));
}

void sqlite_store::SetUp() {
    plain_ = std::make_unique<plain_connection>(path_);
    plain_->execute(users_sql);
    store_ = open_store(path_);
    value_of(store_->install(in_time()));
}

std::unique_ptr<sqlite::store> sqlite_store::make_target() {
    const auto path = directory_.file("target.db");
    plain_connection(path).execute(users_sql);
    auto out = open_store(path, side::target);
    value_of(out->install(in_time()));
    return out;
}

void sqlite_store::go_dual(sqlite::store& from, sqlite::store& to) {
    ASSERT_TRUE(step(to, step_kind::enter_secondary, 1));
    ASSERT_TRUE(step(from, step_kind::enter_primary, 1));
}

bool sqlite_store::step(sqlite::store& s, step_kind kind, epoch expected, era_mode mode) {
    switch_step wanted{.kind = kind, .expected = expected};
    wanted.mode = mode;
    return value_of(s.step(wanted, in_time()));
}

std::optional<stored_row> sqlite_store::read(sqlite::store& s, std::int64_t n) {
    return value_of(s.read(s.bound().side, 0, id_of(n), in_time())).found;
}

write_reply sqlite_store::write(sqlite::store& s, const write_command& command) {
    auto reply = value_of(s.write(command, {}, in_time()));
    EXPECT_EQ(reply.status, write_status::committed);
    return reply;
}

} // namespace tandem_test
