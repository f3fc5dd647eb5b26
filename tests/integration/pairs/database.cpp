// SPDX-License-Identifier: BSL-1.0
#include "database.hpp"

#include <stdexcept>
#include <thread>

namespace tandem_test {

std::string to_string(kind k) {
    switch (k) {
    case kind::memory: return "memory";
    case kind::sqlite: return "sqlite";
    case kind::postgres: return "postgres";
    case kind::pooled: return "pooled";
    }
    return {};
}

std::vector<kind> kinds() {
    std::vector<kind> all{kind::memory};
#ifdef TANDEM_TEST_SQLITE
    all.push_back(kind::sqlite);
#endif
#ifdef TANDEM_TEST_POSTGRES
    all.push_back(kind::postgres);
#endif
    return all;
}

bool has_pooled() {
#ifdef TANDEM_TEST_POSTGRES
    return can_pool_postgres();
#else
    return false;
#endif
}

const std::vector<std::string>& table_texts() {
    static const std::vector<std::string> texts{
        "CREATE TABLE items(id BIGINT PRIMARY KEY, name TEXT NOT NULL, amount BIGINT NOT NULL, "
        "tandem_version BIGINT NOT NULL DEFAULT 0)",
        "CREATE TABLE things(amount BIGINT NOT NULL, thing_id BIGINT PRIMARY KEY, "
        "label TEXT NOT NULL, tandem_version BIGINT NOT NULL DEFAULT 0)",
        "CREATE TABLE notes(item BIGINT NOT NULL, title TEXT NOT NULL, content TEXT, "
        "tandem_version BIGINT NOT NULL DEFAULT 0, PRIMARY KEY(item, title))",
        "CREATE TABLE remarks(title TEXT NOT NULL, item BIGINT NOT NULL, remark TEXT, "
        "tandem_version BIGINT NOT NULL DEFAULT 0, PRIMARY KEY(item, title))",
        "CREATE TABLE plain_items(id BIGINT PRIMARY KEY, name TEXT NOT NULL, "
        "amount BIGINT NOT NULL)",
        "CREATE TABLE plain_things(amount BIGINT NOT NULL, thing_id BIGINT PRIMARY KEY, "
        "label TEXT NOT NULL)"};
    return texts;
}

std::unique_ptr<database> make_database(kind k, [[maybe_unused]] bool apart) {
    switch (k) {
    case kind::memory: return make_memory_database();
    case kind::sqlite:
#ifdef TANDEM_TEST_SQLITE
        return make_sqlite_database();
#else
        break;
#endif
    case kind::postgres:
    case kind::pooled:
#ifdef TANDEM_TEST_POSTGRES
        return make_postgres_database(apart, k == kind::pooled);
#else
        break;
#endif
    }
    throw std::runtime_error("this build has no store of kind " + to_string(k));
}

opened open_at(kind k, const std::string& address) {
    switch (k) {
    case kind::memory:
    case kind::pooled: break;
    case kind::sqlite:
#ifdef TANDEM_TEST_SQLITE
        return open_sqlite(address);
#else
        break;
#endif
    case kind::postgres:
#ifdef TANDEM_TEST_POSTGRES
        return open_postgres(address.substr(address.find(' ') + 1),
                             address.substr(0, address.find(' ')));
#else
        break;
#endif
    }
    throw std::runtime_error("no other process can open a store of kind " + to_string(k) + " at " +
                             address);
}

void wait_until(const std::function<bool()>& done) {
    while (!done())
        std::this_thread::yield();
}

} // namespace tandem_test
