// SPDX-License-Identifier: BSL-1.0
//
// One database of any kind with the user tables of the integration tests in it, and what a
// program without tandem does and sees there. Every database is fresh and private; it goes with
// the object. The tables, in every database: items and notes as a source has them, things and
// remarks as a target has them, plain_items and plain_things without version columns for
// same_transaction mode.
#pragma once

#include "hooked_store.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace tandem_test {

enum class kind {
    memory,
    sqlite,
    postgres,
    pooled, ///< PostgreSQL behind pgbouncer in transaction mode
};
std::string to_string(kind k);
/// The kinds this build has, memory first; without `pooled`, which only some tests run over.
std::vector<kind> kinds();
bool has_pooled();

/// Something that is held up until the object goes.
class held {
public:
    held() = default;
    held(const held&) = delete;
    held& operator=(const held&) = delete;
    virtual ~held() = default;
};

class database {
public:
    database() = default;
    database(const database&) = delete;
    database& operator=(const database&) = delete;
    virtual ~database() = default;

    /// A store object as a further process would have, not bound.
    virtual opened open() = 0;
    /// Where open_at() finds it from another process: a path, or a schema and a conninfo. Memory:
    /// "".
    virtual std::string address() const { return {}; }

    /// A row put in by a program that does not know tandem: version 0.
    virtual void put_foreign(const std::string& table, std::vector<std::string> sql_values) = 0;

    /// SQL of the plain connection; false where the kind has none.
    virtual bool execute(const std::string&) { return false; }
    /// From here on no intent can be written. False where the kind cannot do that.
    virtual bool refuse_intents() { return false; }
    /// Transactions that wait for a lock here. Kinds with one writer at a time do not say: 0.
    virtual int waiters() { return 0; }
    bool has_waiter() { return waiters() > 0; }
    /// Puts a row (id, amount 0) into `things` and leaves the transaction open, so that an insert
    /// of that key has to wait. Null where the kind lets one writer in at a time.
    virtual std::unique_ptr<held> hold_thing(std::int64_t) { return nullptr; }
    /// Keeps every writer out until the object goes (a hung or locked store). Null: not possible.
    virtual std::unique_ptr<held> freeze() { return nullptr; }
    /// Kills the server; it is started again when the object goes. Null where there is none.
    virtual std::unique_ptr<held> crash() { return nullptr; }
};

/// `apart`: with a server of its own, so that it can fail alone.
std::unique_ptr<database> make_database(kind k, bool apart = false);
/// A store object on a database of another process.
opened open_at(kind k, const std::string& address);

/// The statements that create the tables, valid in every SQL kind.
const std::vector<std::string>& table_texts();

// One a kind; defined where the kind is built.
std::unique_ptr<database> make_memory_database();
std::unique_ptr<database> make_sqlite_database();
std::unique_ptr<database> make_postgres_database(bool apart, bool pooled);
bool can_pool_postgres();
opened open_sqlite(const std::string& path);
/// `schema` holds the control tables.
opened open_postgres(const std::string& conninfo, const std::string& schema = "public");

/// Waits, without a clock, until `done` says so.
void wait_until(const std::function<bool()>& done);

} // namespace tandem_test
