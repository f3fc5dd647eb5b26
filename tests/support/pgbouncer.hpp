// SPDX-License-Identifier: BSL-1.0
//
// A private pgbouncer in transaction mode before a private PostgreSQL, on a unix socket in a
// temporary directory, gone with the object. It takes the server sessions in turn, so that two
// transactions of one client meet in one session only by chance. As root it runs as the account of
// the server. One thread at a time; it dies with the thread that started it.
#pragma once

#include "support/postgres_server.hpp"

namespace tandem_test {

struct pgbouncer_options {
    int pool_size = 20; ///< sessions of the server for each name
    /// Further lines of its section [pgbouncer].
    std::vector<std::string> settings;
};

class pgbouncer {
public:
    /// Errors: unsupported (no such program here), unavailable (it did not start; the end of its
    /// log is in the detail).
    [[nodiscard]] static tandem::result<std::unique_ptr<pgbouncer>>
    start(const postgres_server& behind, pgbouncer_options options = {});
    [[nodiscard]] static bool is_installed();

    pgbouncer(const pgbouncer&) = delete;
    pgbouncer& operator=(const pgbouncer&) = delete;
    ~pgbouncer();

    /// Writes a database of the server into its settings, under a name; `prelude` is SQL that every
    /// new session of the server runs first, without single quotes. RELOAD makes it known.
    void add(const std::string& name, const std::string& database, const std::string& prelude);
    /// Of such a name; "pgbouncer" is its console.
    [[nodiscard]] std::string conninfo(const std::string& name) const;
    /// A command of its console, such as "SHOW POOLS".
    [[nodiscard]] tandem::result<std::string> command(const std::string& text) const;

    /// SIGKILL; start_again() listens at the same place.
    void kill();
    [[nodiscard]] tandem::result<void> start_again();

private:
    pgbouncer(const postgres_server& behind, pgbouncer_options options)
        : behind_(behind), options_(std::move(options)) {}
    [[nodiscard]] tandem::result<void> make_directory();
    void write_settings() const;

    const postgres_server& behind_;
    const pgbouncer_options options_;
    std::filesystem::path directory_;
    std::vector<std::string> databases_; ///< lines of its section [databases]
    pid_t process_ = 0;
};

} // namespace tandem_test
