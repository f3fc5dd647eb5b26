// SPDX-License-Identifier: BSL-1.0
#include "database.hpp"

#include "tandem/store_ref.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace demo {

namespace fs = std::filesystem;

namespace {

problem unusable(const std::string& what, const fs::path& where, const std::string& remedy) {
    return {trouble::unusable_folder, exit_status::configuration,
            what + "; " + where.string() + "; " + remedy};
}

std::string quoted(const std::string& name) { return "\"" + name + "\""; } // plain names alone

std::string_view sql_type(tandem::column_type type, store_kind kind) {
    const bool is_postgres = kind == store_kind::postgres;
    if (type == tandem::column_type::int64) return is_postgres ? "bigint" : "INTEGER";
    if (is_postgres && type == tandem::column_type::timestamptz) return "timestamptz";
    // json, not jsonb: the text is compared at the end, and jsonb would write it anew.
    if (is_postgres && type == tandem::column_type::json) return "json";
    return is_postgres ? "text" : "TEXT";
}

} // namespace

outcome<std::unique_ptr<run_folder>> run_folder::make(const std::string& wanted) {
    if (wanted.empty()) {
        const char* base = std::getenv("TMPDIR");
        const fs::path parent = base != nullptr && *base != '\0' ? base : "/tmp";
        std::string name = (parent / "tandem-demo-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) {
            return unusable(std::string("no temporary folder can be made (") +
                                std::strerror(errno) + ")",
                            parent, "set TMPDIR to a folder that can be written");
        }
        return std::make_unique<run_folder>(name, true);
    }
    std::error_code failure;
    fs::create_directories(wanted, failure);
    if (!fs::is_directory(wanted, failure)) {
        return unusable("this is no folder and none can be made", wanted,
                        "give --dir a folder that can be written");
    }
    return std::make_unique<run_folder>(wanted, false);
}

run_folder::~run_folder() {
    std::error_code ignored;
    if (is_temporary_) fs::remove_all(path_, ignored);
}

std::string create_statement(const tandem::table_schema& table, store_kind kind) {
    std::string columns;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        const auto& c = table.columns[i];
        columns += quoted(c.name) + " " + std::string(sql_type(c.type, kind));
        columns += c.nullable ? "" : " NOT NULL";
        columns += i == table.key.front() ? " PRIMARY KEY, " : ", ";
    }
    columns += quoted(table.version_column) + " " +
               std::string(sql_type(tandem::column_type::int64, kind)) + " NOT NULL DEFAULT 0";
    return "CREATE TABLE " + quoted(table.name) + " (" + columns + ")";
}

outcome<std::unique_ptr<database>> make_database(store_kind kind, const run_folder& folder,
                                                 const std::string& name) {
    return kind == store_kind::sqlite ? make_sqlite(folder, name) : make_postgres(name);
}

outcome<std::unique_ptr<tandem::migration>> make_migration(tandem::migration_options options,
                                                           database& source, database& target) {
    TANDEM_TRY(const store_pointer at_source, source.store());
    TANDEM_TRY(const store_pointer at_target, target.store());
    return std::visit(
        [&](auto* from, auto* to) {
            return std::make_unique<tandem::migration>(std::move(options), *from, *to);
        },
        at_source, at_target);
}

outcome<std::unique_ptr<tandem::any_store>> make_view(database& side) {
    TANDEM_TRY(const store_pointer at, side.store());
    return std::visit(
        [](auto* store) -> std::unique_ptr<tandem::any_store> {
            return std::make_unique<tandem::store_ref<std::remove_pointer_t<decltype(store)>>>(
                *store);
        },
        at);
}

} // namespace demo
