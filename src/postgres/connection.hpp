// SPDX-License-Identifier: BSL-1.0
//
// One connection to PostgreSQL as a machine: it never blocks, never polls and never looks at a
// clock. A driver starts a piece of work (connect, exchange a pipeline, copy rows in) and calls
// resume() until it answers `done`, waiting in between for what the machine asks of its socket. The
// socket may be another one after each step of connecting. This is the only place that touches a
// live libpq connection. Not thread-safe; after `broken()` it can only be destroyed.
#pragma once

#include "tandem/core/result.hpp"

#include "postgres/conninfo.hpp"
#include "postgres/pipeline.hpp"

#include <optional>
#include <string>
#include <vector>

struct pg_conn;
struct pg_result;

namespace tandem::postgres::detail {

/// What happened to the socket since the last answer.
enum class io_event : std::uint8_t { start, readable, writable, both };

/// What the machine needs before it can go on.
enum class io_action : std::uint8_t { wait_read, wait_write, wait_both, done };

class connection {
public:
    /// A connection of our own; start_connect() comes first.
    connection() = default;
    /// The host's connection: lent, idle, and given back as it was by release().
    explicit connection(pg_conn* lent);
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;
    ~connection();

    void start_connect(const connect_settings& settings);
    /// Queues the whole pipeline; statements not yet prepared here are prepared on the way.
    void start(const pipeline& work);
    /// `sql`: COPY .. FROM STDIN in binary, alone or behind a SELECT in the same text (one
    /// transaction).
    void start_copy(const std::string& sql, std::string data);

    [[nodiscard]] io_action resume(io_event event);
    /// -1 where there is none.
    [[nodiscard]] int socket() const noexcept;

    /// After `done`: what the work gave. Errors: see sqlstate.hpp; connection_lost or
    /// outcome_unknown where the connection broke.
    [[nodiscard]] result<replies> take();
    /// Rows copied by the last start_copy.
    [[nodiscard]] std::int64_t copied() const noexcept { return copied_; }
    /// SQLSTATE of the last error; empty where the server reported none.
    [[nodiscard]] const std::string& sqlstate() const noexcept { return sqlstate_; }
    /// The constraint that the last error names; empty where it names none.
    [[nodiscard]] const std::string& constraint() const noexcept { return constraint_; }
    /// The number of the last pipeline's transaction, see pipeline::number_at; 0: not known.
    [[nodiscard]] std::int64_t transaction_number() const noexcept { return number_; }
    /// The last error was a statement outdated by a change of the schema.
    [[nodiscard]] bool stale() const noexcept { return stale_; }

    /// Gives up the work under way, because its time is over; the connection is broken afterwards.
    [[nodiscard]] error abandon();

    [[nodiscard]] bool broken() const noexcept { return broken_; }
    [[nodiscard]] bool is_lent() const noexcept { return lent_; }
    /// The session is not ours alone: lent, or behind a pooler. Its settings and names are others'.
    [[nodiscard]] bool is_shared() const noexcept { return lent_ || pooled_; }
    /// A control connection that was found to reach the same database as the others.
    [[nodiscard]] bool is_same_database() const noexcept { return same_database_; }
    void note_same_database() noexcept { same_database_ = true; }
    [[nodiscard]] bool in_transaction() const noexcept;
    /// What the server sent while nobody asked (the end of the session, say) has been looked at;
    /// false: the connection is broken. No round trip.
    [[nodiscard]] bool check_idle();
    /// Drops every prepared statement with the next pipeline.
    void forget_statements() noexcept { forget_ = true; }
    /// A parameter the server reports by itself, as "in_hot_standby"; empty where unknown.
    [[nodiscard]] std::string server_parameter(const char* name) const;
    /// The role of the session.
    [[nodiscard]] std::string user() const;
    /// Lent connections: leaves pipeline mode; the host's connection, as it was.
    [[nodiscard]] pg_conn* release();

private:
    enum class state : std::uint8_t { idle, connecting, exchanging, copying };
    /// One answer libpq will give: of a statement (its number, and whether it is its Prepare).
    struct expected {
        std::size_t statement;
        bool prepare;
        std::size_t request; ///< whose reply it is; of no request: not kept
    };

    io_action resume_connect();
    io_action resume_exchange(io_event event);
    io_action resume_copy(io_event event);
    io_action finish();
    void queue(const pipeline& work);
    bool queue_one(const request& r, std::size_t position);
    void point_at(const parameters& from);
    bool read_results();
    bool accept(pg_result* answer);
    void accept_success(pg_result* answer);
    void note_error(const pg_result* answer);
    bool put_copy_data();
    void lost();
    [[nodiscard]] bool outcome_open() const noexcept;
    [[nodiscard]] error connect_error() const;
    [[nodiscard]] std::string without_secrets(std::string text) const;
    [[nodiscard]] bool is_prepared(std::size_t number) const noexcept;
    void mark_prepared(std::size_t number);

    pg_conn* conn_ = nullptr;
    bool lent_ = false;
    bool pooled_ = false;
    bool same_database_ = false;
    bool was_nonblocking_ = false;
    bool broken_ = false;
    bool forget_ = false;
    bool stale_ = false;
    bool sent_ = false;
    state state_ = state::idle;
    effect effect_ = effect::none;
    std::vector<bool> prepared_;      ///< by statement number
    std::vector<const char*> values_; ///< of the statement being queued; kept for their memory
    std::vector<int> lengths_, formats_;
    std::vector<expected> expected_;
    std::size_t position_ = 0; ///< in expected_
    std::optional<std::size_t> number_at_;
    std::int64_t number_ = 0;
    replies replies_;
    std::optional<error> error_;
    std::string sqlstate_;
    std::string constraint_;
    std::string secret_; ///< the password, to be kept out of every text
    std::string copy_data_;
    std::size_t copy_sent_ = 0;
    bool copy_ended_ = false;
    std::int64_t copied_ = 0;
};

} // namespace tandem::postgres::detail
