// SPDX-License-Identifier: BSL-1.0
//
// Connections to one PostgreSQL server: either opened and kept by tandem, or borrowed from the host
// through two callables. A pool may serve several stores. It starts no thread: connections are
// opened when they are needed and closed when one that was idle for too long is met. A broken
// connection is never handed out twice. Thread-safe. No error, message or log ever contains the
// conninfo or the password.
#pragma once

#include "tandem/core/call.hpp"
#include "tandem/core/result.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

struct pg_conn; // libpq's PGconn

namespace tandem::postgres {

namespace detail {
class connection_source;
}

struct pool_options {
    /// libpq's key=value pairs or a URI; environment and password file apply as libpq documents.
    std::string conninfo;
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

struct pool_stats {
    std::size_t open = 0;   ///< connections that exist, in use or idle
    std::size_t in_use = 0; ///< of these, in use
    std::size_t opened = 0; ///< ever opened
    std::size_t broken = 0; ///< ever thrown away because they were broken
};

class pool {
public:
    /// No I/O. Errors: invalid_options (conninfo and borrow both given, borrow without give_back,
    /// no `max`, `min` above `max`, a conninfo that does not parse).
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

private:
    explicit pool(std::unique_ptr<detail::connection_source> source);
    std::unique_ptr<detail::connection_source> source_;
};

} // namespace tandem::postgres
