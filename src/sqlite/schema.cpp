// SPDX-License-Identifier: BSL-1.0
//
// Compares the mappings with the live tables: every difference, each with what to do about it.
#include "tandem/sqlite/store.hpp"

#include "sqlite/state.hpp"

#include <algorithm>

namespace tandem::sqlite {

namespace detail {

namespace {

class comparison {
public:
    comparison(connection& c, const options& opts, const table_schema& wanted,
               std::vector<schema_difference>& out)
        : connection_(c), opts_(opts), wanted_(wanted), out_(out) {}

    result<void> run() {
        TANDEM_TRY(live_, inspect(connection_, wanted_.name));
        switch (live_.kind) {
        case table_kind::missing:
            add("", "the table does not exist",
                "create it with a primary key over its key columns");
            return success();
        case table_kind::view:
            add("", "this is a view, which holds no rows", "map the table that it selects from");
            return success();
        case table_kind::virtual_table:
            add("", "this is a virtual table, whose transactions SQLite does not govern",
                "map an ordinary table");
            return success();
        case table_kind::table: break;
        }
        for (const auto& column : wanted_.columns)
            compare_column(column);
        compare_version();
        compare_others();
        compare_key();
        compare_triggers();
        return look_for_null_keys();
    }

private:
    void add(std::string_view column, std::string problem, std::string remedy) {
        out_.push_back({wanted_.name, std::string(column), std::move(problem), std::move(remedy)});
    }

    [[nodiscard]] std::string alter() const {
        return "ALTER TABLE " + quote(bare_name(wanted_.name)) + " ";
    }

    [[nodiscard]] bool is_key(const column_schema& column) const {
        return std::any_of(wanted_.key.begin(), wanted_.key.end(),
                           [&](std::size_t at) { return &wanted_.columns[at] == &column; });
    }

    void compare_column(const column_schema& column) {
        const auto* found = live_.find(column.name);
        const std::string type(to_string(column.type));
        const std::string fitting(declare(column.type));
        if (found == nullptr) {
            add(column.name, "the column does not exist",
                alter() + "ADD COLUMN " + quote(column.name) + " " + fitting +
                    (column.nullable ? "" : " NOT NULL DEFAULT ...") + ";");
            return;
        }
        if (found->generated) {
            add(column.name, "the column is generated and cannot be written",
                "ignore it by name instead of mapping it");
            return;
        }
        if (!storage_for(column.type, found->declared)) {
            add(column.name,
                "it is declared '" + found->declared + "', whose affinity " +
                    std::string(to_string(affinity_of(found->declared))) + " does not keep " +
                    type + " as it is",
                "rebuild the table with " + quote(column.name) + " declared " + fitting);
        }
        if (!is_key(column)) compare_null(column, *found);
    }

    void compare_null(const column_schema& column, const live_column& found) {
        if (found.not_null && column.nullable) {
            add(column.name, "the column is NOT NULL, but mapped as std::optional",
                "map it without std::optional");
        }
        if (!found.not_null && !column.nullable && found.key_position == 0) {
            add(column.name, "the column may hold NULL, but is not mapped as std::optional",
                "map it as std::optional, or rebuild the table with the column NOT NULL");
        }
    }

    void compare_version() {
        const std::string& name = wanted_.version_column;
        if (name.empty()) return;
        const std::string definition = "ADD COLUMN " + quote(name) + " INTEGER NOT NULL DEFAULT 0;";
        const std::string again = alter() + "DROP COLUMN " + quote(name) + "; " + alter() +
                                  definition + " (before start() alone: it forgets the versions)";
        const auto* found = live_.find(name);
        if (found == nullptr) {
            add(name, "the version column does not exist", alter() + definition);
            out_.back().lacks_version = true;
        } else if (found->generated || affinity_of(found->declared) != affinity::integer) {
            add(name, "the version column is declared '" + found->declared + "', not INTEGER",
                again);
        } else if (!found->not_null) {
            add(name, "the version column may hold NULL", again);
        }
    }

    void compare_others() {
        const auto named = [](const std::vector<std::string>& names, const std::string& name) {
            return std::any_of(names.begin(), names.end(),
                               [&](const std::string& n) { return same_name(n, name); });
        };
        for (const auto& column : live_.columns) {
            const bool is_mapped =
                std::any_of(wanted_.columns.begin(), wanted_.columns.end(),
                            [&](const auto& c) { return same_name(c.name, column.name); });
            if (is_mapped || same_name(wanted_.version_column, column.name)) continue;
            if (!named(wanted_.ignored, column.name)) {
                add(column.name, "the column is neither mapped nor ignored",
                    "map it, or ignore it by name");
            }
            // The rowid gives itself a value.
            if (column.not_null && !column.has_default && !column.generated &&
                &column != live_.rowid_column()) {
                add(column.name,
                    "the column is NOT NULL without a default and not mapped, so no row could be "
                    "inserted",
                    "map it, or rebuild the table with a default");
            }
        }
    }

    [[nodiscard]] bool covers_key(const std::vector<std::string>& columns) const {
        return columns.size() == wanted_.key.size() &&
               std::all_of(wanted_.key.begin(), wanted_.key.end(), [&](std::size_t at) {
                   return std::any_of(columns.begin(), columns.end(), [&](const auto& name) {
                       return same_name(name, wanted_.columns[at].name);
                   });
               });
    }

    void compare_key() {
        for (const std::size_t at : wanted_.key) {
            const auto& column = wanted_.columns[at];
            const auto* found = live_.find(column.name);
            if (found == nullptr) return; // said already
            if (!found->binary_collation) {
                add(column.name,
                    "the key column has a collation under which different keys are equal",
                    "rebuild the table with the column COLLATE BINARY");
            }
            if (!found->not_null && found->key_position == 0) {
                add(column.name, "the key column may hold NULL, and NULLs are never duplicates",
                    "rebuild the table with the column NOT NULL");
            }
        }
        const auto* rowid = live_.rowid_column();
        if (rowid != nullptr && covers_key({rowid->name})) return;
        const bool has_index =
            std::any_of(live_.indexes.begin(), live_.indexes.end(), [&](const live_index& i) {
                return i.unique && !i.partial && !i.has_expression && i.binary_collation &&
                       covers_key(i.columns);
            });
        if (!has_index) add_index_difference();
    }

    void add_index_difference() {
        std::string columns;
        for (const std::size_t at : wanted_.key) {
            columns += (columns.empty() ? "" : ", ") + quote(wanted_.columns[at].name);
        }
        const std::string name(bare_name(wanted_.name));
        add("", "no primary key and no unique index is over just the key columns",
            "CREATE UNIQUE INDEX " + quote(name + "_key") + " ON " + quote(name) + "(" + columns +
                ");");
    }

    void compare_triggers() {
        if (opts_.triggers_allowed) return;
        for (const auto& trigger : live_.triggers) {
            add("", "the trigger '" + trigger + "' fires for applied changes as well as for writes",
                "drop it, or set options.triggers_allowed where that does no harm");
        }
    }

    /// SQLite lets a PRIMARY KEY hold NULL unless its columns say NOT NULL. Few tables say so, and
    /// fewer hold one: the index knows.
    result<void> look_for_null_keys() {
        for (const std::size_t at : wanted_.key) {
            const auto& name = wanted_.columns[at].name;
            const auto* found = live_.find(name);
            if (found == nullptr || found->not_null || found->key_position != 1) continue;
            TANDEM_TRY(auto nulls,
                       connection_.prepare_once("SELECT 1 FROM " + quote(live_.name) + " WHERE " +
                                                    quote(name) + " IS NULL LIMIT 1",
                                                "looking for NULL keys"));
            TANDEM_TRY(const bool has_null, nulls.step());
            if (has_null) {
                add(name, "the key column holds NULL", "give these rows a key, or delete them");
            }
        }
        return success();
    }

    connection& connection_;
    const options& opts_;
    const table_schema& wanted_;
    std::vector<schema_difference>& out_;
    live_table live_;
};

} // namespace

} // namespace detail

result<std::vector<schema_difference>> store::compare_schema(const call_context& call) {
    auto& s = *state_;
    TANDEM_TRY(s.ready());
    TANDEM_TRY(auto reader, s.readers.take(call));
    std::vector<schema_difference> out;
    if (reader->is_read_only()) {
        out.push_back({"'" + reader->path() + "'", "", "the file is read-only for this process",
                       "make the file and its directory writable"});
    }
    for (const auto* list : {&s.bound.tables, &s.bound.joint}) {
        for (const auto& table : *list) {
            TANDEM_TRY(detail::comparison(*reader, s.opts, table, out).run());
        }
    }
    return out;
}

} // namespace tandem::sqlite
