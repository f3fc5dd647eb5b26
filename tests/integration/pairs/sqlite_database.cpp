// SPDX-License-Identifier: BSL-1.0
#include "tandem/sqlite/store.hpp"

#include "database.hpp"

#include <sqlite3.h>

#include <stdlib.h>

#include <filesystem>
#include <stdexcept>

namespace tandem_test {

namespace {

class plain_file {
public:
    explicit plain_file(const std::string& path) {
        if (sqlite3_open(path.c_str(), &db_) != SQLITE_OK) throw std::runtime_error(path);
        sqlite3_busy_timeout(db_, 10'000);
    }
    plain_file(const plain_file&) = delete;
    plain_file& operator=(const plain_file&) = delete;
    ~plain_file() { sqlite3_close(db_); }
    void execute(const std::string& sql) {
        if (sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
            throw std::runtime_error(sql + ": " + sqlite3_errmsg(db_));
        }
    }

private:
    sqlite3* db_ = nullptr;
};

/// Holds the file's one write lock.
class frozen_file final : public held {
public:
    explicit frozen_file(const std::string& path) : file_(path) {
        file_.execute("BEGIN IMMEDIATE");
    }
    ~frozen_file() override { file_.execute("ROLLBACK"); }

private:
    plain_file file_;
};

class sqlite_database final : public database {
public:
    sqlite_database() {
        std::string pattern = std::filesystem::temp_directory_path() / "tandem-pair-XXXXXX";
        if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no directory");
        folder_ = pattern;
        plain_ = std::make_unique<plain_file>(path());
        plain_->execute("PRAGMA journal_mode=WAL");
        for (const auto& text : table_texts())
            plain_->execute(text);
    }
    ~sqlite_database() override {
        plain_.reset();
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    opened open() override { return open_sqlite(path()); }
    std::string address() const override { return path(); }
    void put_foreign(const std::string& table, std::vector<std::string> values) override {
        plain_->execute("INSERT INTO " + table + "(id, name, amount) VALUES(" + values.at(0) +
                        ", '" + values.at(1) + "', " + values.at(2) + ")");
    }
    bool execute(const std::string& sql) override {
        plain_->execute(sql);
        return true;
    }
    bool refuse_intents() override {
        return execute("CREATE TRIGGER no_intents BEFORE INSERT ON tandem_outbox BEGIN "
                       "SELECT RAISE(ABORT, 'no intents'); END");
    }
    std::unique_ptr<held> freeze() override { return std::make_unique<frozen_file>(path()); }

private:
    std::string path() const { return folder_ + "/data.db"; }
    std::string folder_;
    std::unique_ptr<plain_file> plain_;
};

} // namespace

std::unique_ptr<database> make_sqlite_database() { return std::make_unique<sqlite_database>(); }

// The end of the power is not what is tested here, so commits do not wait for the disk.
opened open_sqlite(const std::string& path) {
    return opened_of(
        std::make_unique<sqlite::store>(sqlite::options{.path = path, .durable = false}));
}

} // namespace tandem_test
