// SPDX-License-Identifier: BSL-1.0
//
// One side of the demo: a database with one table, and a way to make it fail for a while. It is
// made for the run and removed with the object, unless its folder was given by the user. The
// functions are for one caller; the store that it gives out is thread-safe.
#pragma once

#include "tandem/sqlite/store.hpp"
#include "tandem/any_store.hpp"
#include "tandem/migration.hpp"

#include "options.hpp"
#include "problem.hpp"
#ifdef TANDEM_DEMO_POSTGRES
#include "tandem/postgres/store.hpp"
#endif

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <variant>

namespace demo {

#ifdef TANDEM_DEMO_POSTGRES
using store_pointer = std::variant<tandem::sqlite::store*, tandem::postgres::store*>;
#else
using store_pointer = std::variant<tandem::sqlite::store*>;
#endif

class database {
public:
    database() = default;
    database(const database&) = delete;
    database& operator=(const database&) = delete;
    virtual ~database() = default;

    /// For people: "the SQLite file ..."
    [[nodiscard]] virtual std::string description() const = 0;
    [[nodiscard]] virtual outcome<void> create_table(const tandem::table_schema& table) = 0;
    /// All rows, as they would be there long before tandem came: without versions and control
    /// tables.
    [[nodiscard]] virtual outcome<void> load(const tandem::table_schema& table,
                                             std::span<const tandem::row> rows) = 0;
    /// The store for the migration; the same each time.
    [[nodiscard]] virtual outcome<store_pointer> store() = 0;

    /// What begin_outage() does: "another program locks the target's file".
    [[nodiscard]] virtual std::string outage() const = 0;
    [[nodiscard]] virtual outcome<void> begin_outage() = 0;
    [[nodiscard]] virtual outcome<void> end_outage() = 0;
};

/// A folder for the files of the run. A temporary one is removed with the object.
class run_folder {
public:
    /// Empty: a temporary one. Errors: unusable_folder.
    [[nodiscard]] static outcome<std::unique_ptr<run_folder>> make(const std::string& wanted);
    run_folder(std::filesystem::path path, bool is_temporary)
        : path_(std::move(path)), is_temporary_(is_temporary) {}
    run_folder(const run_folder&) = delete;
    run_folder& operator=(const run_folder&) = delete;
    ~run_folder();
    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
    [[nodiscard]] bool is_temporary() const noexcept { return is_temporary_; }

private:
    std::filesystem::path path_;
    bool is_temporary_;
};

/// `name` is source or target. Errors: unusable_folder (the file is there already).
[[nodiscard]] outcome<std::unique_ptr<database>> make_sqlite(const run_folder& folder,
                                                             const std::string& name);
/// A private server. Errors: server_failed; unavailable_kind where the demo was built without it.
[[nodiscard]] outcome<std::unique_ptr<database>> make_postgres(const std::string& name);

[[nodiscard]] outcome<std::unique_ptr<database>>
make_database(store_kind kind, const run_folder& folder, const std::string& name);

/// CREATE TABLE as the mapping wants it.
[[nodiscard]] std::string create_statement(const tandem::table_schema& table, store_kind kind);

/// The columns of `table` loaded through a store that nothing else is bound to.
template <class Store>
[[nodiscard]] tandem::result<void> bulk_load(Store& store, const tandem::table_schema& table,
                                             std::span<const tandem::row> rows) {
    constexpr std::size_t chunk = 10'000;
    constexpr std::chrono::seconds timeout{120};
    TANDEM_TRY(store.bind(
        {.migration = "loading", .id = tandem::migration_id("loading"), .tables = {table}}));
    for (std::size_t at = 0; at < rows.size(); at += chunk) {
        const tandem::call_context call{std::chrono::steady_clock::now() + timeout};
        const auto part = rows.subspan(at, std::min(chunk, rows.size() - at));
        TANDEM_TRY(store.bulk_load(0, part, call));
    }
    return tandem::success();
}

/// The migration over both, and each store as the check at the end reads it.
[[nodiscard]] outcome<std::unique_ptr<tandem::migration>>
make_migration(tandem::migration_options options, database& source, database& target);
[[nodiscard]] outcome<std::unique_ptr<tandem::any_store>> make_view(database& side);

} // namespace demo
