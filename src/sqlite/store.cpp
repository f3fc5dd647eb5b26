// SPDX-License-Identifier: BSL-1.0
//
// Joining a migration, and which file it is. The operations stand in the sources named after them.
#include "tandem/sqlite/store.hpp"

#include "sqlite/state.hpp"

#include <sqlite3.h>

#include <sys/stat.h>

namespace tandem::sqlite {

namespace {

constexpr milliseconds lock_timeout_max{3'600'000};

error bad_option(const std::string& problem) { return {errc::invalid_options, problem}; }

result<void> check_table(const table_schema& table, bool is_joint) {
    TANDEM_TRY(tandem::check(table));
    const std::string_view name = detail::bare_name(table.name);
    const std::string where = "table '" + table.name + "': ";
    if (name.find('.') != std::string_view::npos) {
        return error(errc::unsupported, where + "a SQLite store has the schema main alone; name "
                                                "the table without a schema");
    }
    if (detail::same_name(name.substr(0, 7), "tandem_") ||
        detail::same_name(name.substr(0, 7), "sqlite_")) {
        return error(errc::invalid_mapping, where + "names that begin with tandem_ or sqlite_ are "
                                                    "taken; rename the table");
    }
    if (!is_joint && table.version_column.empty()) {
        return error(errc::invalid_mapping,
                     where + "no version column is named; only same_transaction mode needs none");
    }
    return success();
}

result<void> check_binding(const binding& b) {
    if (b.tables.empty()) {
        return error(errc::invalid_mapping, "a migration has at least one table");
    }
    if (b.buckets != 1 && b.buckets != 1024) {
        return bad_option("a migration has 1 or 1024 buckets");
    }
    if (b.is_joint() && (b.joint.size() != b.tables.size() || b.side != side::source)) {
        return error(errc::invalid_mapping, "in same_transaction mode the store is bound as the "
                                            "source, and both sides have as many tables");
    }
    for (const auto* list : {&b.tables, &b.joint}) {
        for (const auto& table : *list) {
            TANDEM_TRY(check_table(table, b.is_joint()));
        }
    }
    return success();
}

} // namespace

result<void> check(const options& opts) {
    if (opts.path.empty()) return bad_option("sqlite options.path is empty; name a file");
    if (opts.path == ":memory:") {
        return bad_option("sqlite options.path is ':memory:', which every connection would have "
                          "for itself; name a file");
    }
    if (opts.path.find('\0') != std::string::npos) {
        return bad_option("sqlite options.path contains NUL; name a file");
    }
    if (opts.readers_max < 1 || opts.readers_max > 64) {
        return bad_option("sqlite options.readers_max is " + std::to_string(opts.readers_max) +
                          "; it must be 1 to 64");
    }
    if (opts.lock_timeout < milliseconds{1} || opts.lock_timeout > lock_timeout_max) {
        return bad_option("sqlite options.lock_timeout is " +
                          std::to_string(opts.lock_timeout.count()) +
                          " ms; it must be 1 ms to 1 h");
    }
    return success();
}

store::store(options opts) : state_(std::make_shared<detail::state>(std::move(opts))) {}
store::store(store&&) noexcept = default;
store& store::operator=(store&&) noexcept = default;
store::~store() = default;

result<void> store::bind(binding b) {
    if (state_->is_bound)
        return bad_option("bind() was called twice; use a store for each migration");
    TANDEM_TRY(check(state_->opts));
    if (sqlite3_threadsafe() == 0) {
        return error(errc::unsupported, "this SQLite was built without threads; build it with "
                                        "SQLITE_THREADSAFE=2");
    }
    TANDEM_TRY(check_binding(b));
    state_->sql = detail::make_sql(b);
    state_->side_letter[0] = static_cast<char>(b.side);
    state_->bound = std::move(b);
    state_->is_bound = true;
    return success();
}

const binding& store::bound() const noexcept { return state_->bound; }

result<std::string> store::identity(side which, table_id table, const call_context& call) {
    TANDEM_TRY(state_->ready(table));
    // Opens the file, so that it is there and a missing one is reported as everywhere.
    TANDEM_TRY(auto reader, state_->readers.take(call));
    struct stat found {};
    if (::stat(reader->path().c_str(), &found) != 0) {
        return error(errc::unavailable, "'" + reader->path() + "' cannot be looked at any more");
    }
    std::string name(detail::bare_name(state_->bound.table(which, table).name));
    for (char& c : name) { // SQLite compares names without regard to ASCII case
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    }
    return "sqlite:" + std::to_string(found.st_dev) + ":" + std::to_string(found.st_ino) + ":" +
           name;
}

} // namespace tandem::sqlite
