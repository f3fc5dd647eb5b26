// SPDX-License-Identifier: BSL-1.0
//
// The control tables: made once, by whoever comes first, and checked by everybody else.
#include "tandem/sqlite/store.hpp"

#include "sqlite/fences.hpp"

namespace tandem::sqlite {

namespace detail {

namespace {

constexpr std::int64_t control_version = 1;

result<void> check_migration(connection& c, const state& s) {
    TANDEM_TRY(auto found, c.prepare(s.sql.control.find_migration));
    TANDEM_TRY(const bool is_there, found.bind(1, s.bound.id).step());
    if (!is_there) return not_installed(s);
    const std::string name(found.text(0));
    if (name != s.bound.migration) {
        return error(errc::invalid_options, "the migration '" + name +
                                                "' in this file has the same number; choose "
                                                "another name");
    }
    if (found.integer(1) != s.bound.buckets) {
        return error(errc::invalid_options, "the migration '" + name + "' was installed with " +
                                                std::to_string(found.integer(1)) +
                                                " buckets; bind it with as many");
    }
    if (found.integer(2) != control_version) {
        return error(errc::unsupported, "the control tables were made by another version of "
                                        "tandem; use that one");
    }
    return success();
}

/// By table_id: whether its version column has to be added.
result<std::vector<bool>> lacks_version(connection& c, const binding& b) {
    std::vector<bool> out;
    for (const auto& table : b.tables) {
        TANDEM_TRY(const auto live, inspect(c, table.name));
        if (live.kind != table_kind::table) {
            return error(errc::schema_mismatch,
                         "the table '" + table.name + "' does not exist; create it first");
        }
        out.push_back(!table.version_column.empty() && !live.find(table.version_column));
    }
    return out;
}

/// Everything in one transaction; `adds` the missing version columns, else none.
result<void> install(state& s, bool adds, const call_context& call) {
    TANDEM_TRY(auto open, unit::begin(s, call, foreign_keys::ignored, layouts::unneeded));
    std::vector<bool> lacks(s.bound.tables.size(), false);
    if (adds) {
        TANDEM_TRY(lacks, lacks_version(*open, s.bound));
    }
    for (const auto& part : install_parts(s.bound, lacks)) {
        TANDEM_TRY(open->execute(part.text.c_str(), "installing"));
    }
    TANDEM_TRY(check_migration(*open, s));
    return open.commit(call);
}

} // namespace

} // namespace detail

result<void> store::install(const call_context& call) {
    return detail::install(*state_, false, call);
}

result<void> store::add_version_columns(const call_context& call) {
    return detail::install(*state_, true, call);
}

result<std::string> store::install_script(const script_options&, const call_context& call) {
    auto& s = *state_;
    TANDEM_TRY(auto view, detail::snapshot::begin(s, call, detail::layouts::unneeded));
    TANDEM_TRY(const auto lacks, detail::lacks_version(*view, s.bound));
    std::string out = "-- tandem: installs the " + std::string(to_string(s.bound.side)) +
                      " of the migration " + detail::literal(s.bound.migration) +
                      ", for the file as it is now.\n"
                      "-- Run it once: sqlite3 -bail <file> < <this text>\n\n"
                      "BEGIN IMMEDIATE;\n";
    for (const auto& part : detail::install_parts(s.bound, lacks)) {
        if (!part.comment.empty()) out += "\n-- " + part.comment + "\n";
        out += part.text + ";\n";
    }
    return out + "\nCOMMIT;\n";
}

result<fences> store::read_fences(const call_context& call) {
    TANDEM_TRY(auto view, detail::snapshot::begin(*state_, call, detail::layouts::unneeded));
    return detail::read_fences(*view, *state_);
}

} // namespace tandem::sqlite
