// SPDX-License-Identifier: BSL-1.0
//
// What the PostgreSQL tests share: one private server a program, databases that go away with their
// test, and a plain libpq session to play the other side.
#pragma once

#include "tandem/core/binding.hpp"
#include "tandem/postgres/store.hpp"

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

/// A database of the program's server, dropped at the end.
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

/// CREATE TABLE for a mapping: its columns, a primary key over the key, the version column.
std::string create_table_sql(const tandem::table_schema& table);

/// Until a session of the database waits for a lock of this kind (pg_locks); "advisory" or another.
void wait_for_waiter(session& observer, const std::string& locktype = "advisory", int count = 1);

} // namespace tandem_test
