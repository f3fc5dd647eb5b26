// SPDX-License-Identifier: BSL-1.0
//
// What the PostgreSQL tests share: one private server a program, databases that go away with their
// test, and a plain libpq session to play the other side.
#pragma once

#include "tandem/core/binding.hpp"
#include "tandem/postgres/store.hpp"

#include "support/pgbouncer.hpp"
#include "support/postgres_server.hpp"

#include <memory>
#include <string>
#include <vector>

struct pg_conn;

namespace tandem_test {

/// The program's server, started at its first use. Ends the program where that fails.
postgres_server& server();
/// "" where a server can be started here, else why not.
std::string server_unavailable();

/// The program's pgbouncer before that server, started at its first use, too.
pgbouncer& bouncer();
/// "" where both can be started here, else why not.
std::string bouncer_unavailable();

/// A plain session; every failure ends the test with an exception that holds the server's text.
class session {
public:
    explicit session(const std::string& conninfo);
    session(const session&) = delete;
    session& operator=(const session&) = delete;
    ~session();

    /// Runs any SQL text; the first column of the first line of the last answer.
    std::string run(const std::string& sql);
    /// Sends it and comes back at once; finish() waits for its end.
    void send(const std::string& sql);
    void finish();
    /// The process of its backend.
    [[nodiscard]] int backend() const;
    [[nodiscard]] pg_conn* handle() const { return conn_; }
    /// Gives up ownership.
    pg_conn* release();

private:
    pg_conn* conn_;
};

/// A database of the program's server, dropped at the end. Slow: for what a schema does not do.
class temporary_database {
public:
    temporary_database();
    temporary_database(const temporary_database&) = delete;
    temporary_database& operator=(const temporary_database&) = delete;
    ~temporary_database();

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] std::string conninfo() const;

private:
    std::string name_;
};

/// Of a schema of a database behind a pooler, known there under the schema's name. `more` is SQL
/// for every session, after a semicolon.
std::string pooled_conninfo(pgbouncer& pooler, const std::string& schema,
                            const std::string& database, const std::string& more = {});

/// A schema in a database of the program's server, dropped at the end. Sessions of its conninfo see
/// it alone, and control tables belong into it.
class temporary_schema {
public:
    /// Schemas of the same database can be reached from one session.
    explicit temporary_schema(const std::string& database = "postgres");
    temporary_schema(const temporary_schema&) = delete;
    temporary_schema& operator=(const temporary_schema&) = delete;
    ~temporary_schema();

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] std::string conninfo() const;
    /// Through bouncer(), and straight to the server for control.
    [[nodiscard]] tandem::postgres::pool_options pooled() const;
    /// A store over a pool of its own; not bound.
    [[nodiscard]] std::unique_ptr<tandem::postgres::store>
    open(tandem::postgres::pool_options options = {}) const;

private:
    std::string database_, name_;
    mutable std::string pooled_; ///< the conninfo, once bouncer() knows the schema
};

/// CREATE TABLE for a mapping: its columns, a primary key over the key, the version column.
std::string create_table_sql(const tandem::table_schema& table);

/// Until a session of the database waits for a lock of this kind (pg_locks); "advisory" or another.
void wait_for_waiter(session& observer, const std::string& locktype = "advisory", int count = 1);

} // namespace tandem_test
