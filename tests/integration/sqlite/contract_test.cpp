// SPDX-License-Identifier: BSL-1.0
//
// The store contract over SQLite files.
#include "fixture.hpp"
#include "sqlite/sql.hpp"
#include "sqlite/values.hpp"
#include "support/store_contract.hpp"

namespace tandem_test {

namespace {

std::string create_sql(const table_schema& t) {
    using sqlite::detail::quote;
    std::string text = "CREATE TABLE " + quote(t.name) + "(";
    for (const auto& column : t.columns) {
        text += quote(column.name) + " " + std::string(sqlite::detail::declare(column.type)) +
                (column.nullable ? ", " : " NOT NULL, ");
    }
    if (!t.version_column.empty()) {
        text += quote(t.version_column) + " BIGINT NOT NULL DEFAULT 0, ";
    }
    text += "PRIMARY KEY(";
    for (std::size_t i = 0; i < t.key.size(); ++i) {
        text += (i == 0 ? "" : ", ") + quote(t.columns[t.key[i]].name);
    }
    return text + "))";
}

struct sqlite_traits {
    static constexpr const char* name = "sqlite";
    using store = tandem::sqlite::store;
    static std::string unavailable() { return {}; }
    static contract_quirks quirks() {
        contract_quirks out;
        out.orders_numeric_keys = false; // they are text
        return out;
    }

    class world {
    public:
        explicit world(const contract_layout& layout) : is_joint_(layout.one_database) {
            for (const auto& t : layout.source) {
                plain_connection(path(side::source)).execute(create_sql(t));
            }
            for (const auto& t : layout.target) {
                plain_connection(path(side::target)).execute(create_sql(t));
            }
        }
        std::unique_ptr<store> open(side s) {
            return std::make_unique<store>(
                tandem::sqlite::options{.path = path(s), .durable = false});
        }

    private:
        [[nodiscard]] std::string path(side s) const {
            return directory_.file(is_joint_ || s == side::source ? "source.db" : "target.db");
        }
        temporary_directory directory_;
        bool is_joint_;
    };
};

TANDEM_INSTANTIATE_STORE_CONTRACT(sqlite_traits);

} // namespace

} // namespace tandem_test
