// SPDX-License-Identifier: BSL-1.0
//
// A side that is a SQLite file. It fails the way SQLite files do: another connection takes the
// file's write lock and keeps it.
#include "database.hpp"

#include <sqlite3.h>

namespace demo {

namespace {

constexpr tandem::milliseconds lock_timeout{1'000};

struct closer {
    void operator()(sqlite3* file) const { sqlite3_close(file); }
};
using connection = std::unique_ptr<sqlite3, closer>;

outcome<connection> open(const std::string& path) {
    sqlite3* raw = nullptr;
    const int status = sqlite3_open(path.c_str(), &raw);
    connection file(raw);
    if (status == SQLITE_OK) return file;
    return problem(trouble::unusable_folder, exit_status::configuration,
                   std::string("the file cannot be opened (") + sqlite3_errstr(status) + "); " +
                       path + "; check its folder");
}

outcome<void> execute(sqlite3* file, const std::string& path, const std::string& sql) {
    sqlite3_busy_timeout(file, 10'000);
    if (sqlite3_exec(file, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) {
        return tandem::success();
    }
    return problem(trouble::unusable_folder, exit_status::connection,
                   std::string("SQLite refused a statement (") + sqlite3_errmsg(file) + "); " +
                       path + "; check the folder and its free space");
}

class sqlite_database final : public database {
public:
    sqlite_database(std::string path, std::string name)
        : path_(std::move(path)), name_(std::move(name)) {}

    std::string description() const override { return "the SQLite file " + path_; }

    outcome<void> create_table(const tandem::table_schema& table) override {
        TANDEM_TRY(auto file, open(path_));
        return execute(file.get(), path_, create_statement(table, store_kind::sqlite));
    }

    outcome<void> load(const tandem::table_schema& table,
                       std::span<const tandem::row> rows) override {
        tandem::sqlite::store store(store_options());
        const auto loaded = bulk_load(store, table, rows);
        if (!loaded) return problem(loaded.error(), "loading the rows into " + path_);
        return tandem::success();
    }

    outcome<store_pointer> store() override {
        if (!store_) store_ = std::make_unique<tandem::sqlite::store>(store_options());
        return store_pointer(store_.get());
    }

    std::string outage() const override {
        return "another program keeps the write lock of the " + name_ + "'s file";
    }
    outcome<void> begin_outage() override {
        TANDEM_TRY(locker_, open(path_));
        return execute(locker_.get(), path_, "BEGIN IMMEDIATE");
    }
    outcome<void> end_outage() override {
        locker_.reset(); // rolls back
        return tandem::success();
    }

private:
    [[nodiscard]] tandem::sqlite::options store_options() const {
        return {.path = path_, .readers_max = 8, .lock_timeout = lock_timeout};
    }

    std::string path_;
    std::string name_;
    std::unique_ptr<tandem::sqlite::store> store_;
    connection locker_;
};

} // namespace

outcome<std::unique_ptr<database>> make_sqlite(const run_folder& folder, const std::string& name) {
    const auto path = folder.path() / (name + ".db");
    std::error_code ignored;
    if (std::filesystem::exists(path, ignored)) {
        return problem(trouble::unusable_folder, exit_status::refused,
                       "the file is there already, and the demo overwrites nothing; " +
                           path.string() + "; remove it or give --dir another folder");
    }
    return std::make_unique<sqlite_database>(path.string(), name);
}

} // namespace demo
