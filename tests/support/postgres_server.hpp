// SPDX-License-Identifier: BSL-1.0
//
// A private PostgreSQL server for tests, benchmarks and the demo: a cluster of its own in a
// temporary directory, on a unix socket and a free loopback port, gone with the process that
// started it. As root it runs as user `postgres` or `nobody`, because PostgreSQL refuses root. It
// uses no client library: what needs SQL here goes through psql. One thread at a time; start it
// from a thread that outlives it (the main thread), because the server dies with the thread that
// started it.
#pragma once

#include "tandem/core/result.hpp"

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace tandem_test {

struct postgres_server_options {
    /// Durable commits; off is faster and right where no crash of the machine is tested.
    bool fsync = false;
    /// Further settings, "name=value".
    std::vector<std::string> settings;
    /// Lines of pg_hba.conf that come before "everybody is trusted".
    std::vector<std::string> authentication;
    /// Where the temporary directory is made; empty: the system's place for such.
    std::filesystem::path parent;
};

class postgres_server {
public:
    /// Makes a cluster and starts its server. Errors: unsupported (no server programs here),
    /// unavailable (it did not start; the end of its log is in the detail).
    [[nodiscard]] static tandem::result<std::unique_ptr<postgres_server>>
    start(postgres_server_options options = {});

    postgres_server(const postgres_server&) = delete;
    postgres_server& operator=(const postgres_server&) = delete;
    /// Stops the server and removes the directory.
    ~postgres_server();

    /// Over the unix socket, as superuser `postgres` unless another user is named.
    [[nodiscard]] std::string conninfo(const std::string& database = "postgres",
                                       const std::string& user = "postgres") const;
    /// Over TCP on the loopback address.
    [[nodiscard]] std::string tcp_conninfo(const std::string& database = "postgres",
                                           const std::string& user = "postgres") const;
    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    [[nodiscard]] const std::filesystem::path& socket_directory() const noexcept {
        return sockets_;
    }
    /// 0 where it does not run.
    [[nodiscard]] pid_t process() const noexcept { return process_; }

    /// SIGKILL to the server and all its backends, as a crash; returns when they are gone.
    void kill();
    /// SIGQUIT, and waits.
    void stop();
    /// Starts it again on the same data and port after kill() or stop().
    [[nodiscard]] tandem::result<void> restart();
    /// SIGSTOP and SIGCONT to the server and all its backends: it hangs.
    void pause();
    void resume();

    /// Runs SQL through psql, stopping at the first error. What it printed, unaligned.
    [[nodiscard]] tandem::result<std::string> run(const std::string& sql,
                                                  const std::string& database = "postgres");
    /// What pg_dump --schema-only says of a database.
    [[nodiscard]] tandem::result<std::string> dump_schema(const std::string& database);
    /// Brings the rows of a table to another database with `pg_dump --data-only | psql`.
    [[nodiscard]] tandem::result<void> copy_rows(const std::string& table, const std::string& from,
                                                 const std::string& to);
    /// A new empty database with a name of its own.
    [[nodiscard]] tandem::result<std::string> make_database();

private:
    explicit postgres_server(postgres_server_options options) : options_(std::move(options)) {}
    [[nodiscard]] tandem::result<void> make_cluster();
    [[nodiscard]] tandem::result<void> launch();
    [[nodiscard]] tandem::result<void> wait_until_ready();
    [[nodiscard]] std::vector<pid_t> processes() const;
    [[nodiscard]] std::string end_of_log() const;
    void signal_all(int signal);

    postgres_server_options options_;
    std::filesystem::path programs_, directory_, data_, sockets_;
    std::uint16_t port_ = 0;
    pid_t process_ = 0;
    int databases_ = 0;
};

} // namespace tandem_test
