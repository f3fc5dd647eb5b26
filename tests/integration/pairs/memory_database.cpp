// SPDX-License-Identifier: BSL-1.0
#include "tandem/memory/store.hpp"

#include "database.hpp"

#include <stdexcept>

namespace tandem_test {

namespace {

/// The tables come into being when a store is bound.
class memory_database final : public database {
public:
    opened open() override { return opened_of(std::make_unique<memory::store>(db_)); }

    void put_foreign(const std::string& table, std::vector<std::string> values) override {
        // Only the tables of three columns whose first is the key and whose second is text.
        tandem::row image{std::stoll(values.at(0)), values.at(1), std::stoll(values.at(2))};
        if (const auto put = db_.put_foreign(table, std::move(image)); !put) {
            throw std::runtime_error(put.error().message());
        }
    }

private:
    memory::database db_{{.lock_timeout = milliseconds(5'000)}};
};

} // namespace

std::unique_ptr<database> make_memory_database() { return std::make_unique<memory_database>(); }

} // namespace tandem_test
