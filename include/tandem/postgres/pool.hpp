// SPDX-License-Identifier: BSL-1.0
//
// Connections to one PostgreSQL server: either opened and kept by tandem, or borrowed from the host
// through two callables. A pool may serve several stores. It starts no thread: connections are
// opened when they are needed and closed when one that was idle for too long is met. A broken
// connection is never handed out twice. Connections to other hosts are encrypted and the server
// proves its name, unless told otherwise. Thread-safe. No error, message or log ever contains the
// conninfo or the password.
#pragma once

#include "tandem/core/call.hpp"
#include "tandem/core/result.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

struct pg_conn; // libpq's PGconn

namespace tandem::postgres {

namespace detail {
class connection_source;
}

struct pool_options {
    /// libpq's key=value pairs or a URI; environment, service and password file apply as libpq
    /// documents. Hosts and sslmode are looked up once, by pool::make.
    std::string conninfo;
    /// A second conninfo that reaches the same database without a pooler between, for what needs
    /// the server itself or another role: install, the steps of a switch, bulk loading. Empty:
    /// they use the connections of the pool. Such connections are `max` more at most, none is
    /// kept beyond idle_timeout, and each is compared with the pool's own when it is opened.
    std::string control;

    /// The password, asked for at every new connection, so that it may change meanwhile; `user` is
    /// the role that connects. An error is that of the call that needed the connection. Called from
    /// any thread that calls a store. A control conninfo uses it, too, if it has none of its own.
    std::function<result<std::string>(std::string_view user)> password;
    /// A file that holds the password alone, read at every new connection; a newline at its end
    /// does not count. It must belong to the user of the process or to root, and nobody else may
    /// read it (0600 or 0400). Give one of: conninfo with password, `password`, `password_file`.
    std::string password_file;

    /// A host is another one unless it is a unix socket, `localhost`, 127.0.0.0/8 or ::1. False:
    /// connections to others have sslmode=verify-full, which sslrootcert goes with; a weaker
    /// sslmode given anywhere is invalid_options. True: sslmode as libpq documents it, by default
    /// without any proof of who answers.
    bool insecure_tls = false;

    /// A pooler in transaction mode (pgbouncer) stands between: every transaction may run in
    /// another session of the server. Then statements are unnamed, no settings of a session are
    /// relied on, and what a transaction needs it sets itself. tcp_user_timeout is that of the
    /// connection to the pooler, client_check_interval does not apply. A conninfo with `options`
    /// is refused.
    bool transaction_pooling = false;

    /// Connections kept open however long they are idle; pool::warm_up opens them.
    std::size_t min = 0;
    /// Connections at most. A call that finds all of them in use waits until its deadline.
    std::size_t max = 10;
    milliseconds idle_timeout{600'000};   ///< an idle connection beyond `min` is closed after this
    milliseconds connect_timeout{10'000}; ///< of one attempt; a call's earlier deadline wins
    /// A connection idle for longer than this is looked at before use (its socket alone, no round
    /// trip); 0: always.
    milliseconds check_after{0};
    std::string application_name = "tandem"; ///< where the conninfo names none

    /// Set for every session of the pool; they bound how long a statement that lost its client can
    /// still take effect. 0 leaves the server's own setting. The statement timeout bounds the
    /// statements of steps and of bulk loading, too.
    milliseconds statement_timeout{30'000};
    milliseconds lock_timeout{10'000};
    milliseconds idle_in_transaction_timeout{60'000};
    milliseconds tcp_user_timeout{30'000};
    milliseconds client_check_interval{0}; ///< client_connection_check_interval; PostgreSQL 14 on

    /// The host's own connections, in place of conninfo. `borrow` gives out an idle libpq
    /// connection (no transaction open, pipeline mode off) that nobody else uses until `give_back`;
    /// `broken` means that it must be closed. Both are called from any thread that calls a store.
    /// tandem uses unnamed statements there and leaves session settings as they are.
    std::function<result<pg_conn*>(const call_context&)> borrow;
    std::function<void(pg_conn*, bool broken)> give_back;
};

/// Without connections made from `control`.
struct pool_stats {
    std::size_t open = 0;   ///< connections that exist, in use or idle
    std::size_t in_use = 0; ///< of these, in use
    std::size_t opened = 0; ///< ever opened
    std::size_t broken = 0; ///< ever thrown away because they were broken
};

class pool {
public:
    /// Connects to nothing; reads local files that the options name. Errors: invalid_options
    /// (conninfo and borrow both given, borrow without give_back, no `max`, `min` above `max`, a
    /// conninfo that does not parse, several passwords, a password file that is missing or that
    /// others may read, a sslmode weaker than verify-full for another host).
    [[nodiscard]] static result<std::shared_ptr<pool>> make(pool_options options);

    pool(const pool&) = delete;
    pool& operator=(const pool&) = delete;
    ~pool();

    /// Opens connections until `min` are there. Errors: unavailable, authentication, resources.
    [[nodiscard]] result<void> warm_up(const call_context& call);

    [[nodiscard]] pool_stats stats() const;
    [[nodiscard]] const pool_options& options() const noexcept;

    /// For the stores of this library.
    [[nodiscard]] detail::connection_source& source() noexcept { return *source_; }
    /// Of `control`; null without.
    [[nodiscard]] detail::connection_source* control() noexcept { return control_.get(); }

private:
    pool(std::unique_ptr<detail::connection_source> source,
         std::unique_ptr<detail::connection_source> control);
    std::unique_ptr<detail::connection_source> source_, control_;
};

} // namespace tandem::postgres
