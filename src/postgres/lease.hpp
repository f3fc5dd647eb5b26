// SPDX-License-Identifier: BSL-1.0
//
// A connection in exclusive use, and where it comes from. A lease gives its connection back when it
// ends; a connection that is broken or still inside a transaction is thrown away instead.
#pragma once

#include "tandem/postgres/pool.hpp"

#include "postgres/connection.hpp"

#include <condition_variable>
#include <mutex>
#include <vector>

namespace tandem::postgres::detail {

class connection_source;

class lease {
public:
    lease() = default;
    lease(connection_source& source, std::unique_ptr<connection> conn)
        : source_(&source), conn_(std::move(conn)) {}
    lease(lease&& from) noexcept = default;
    lease& operator=(lease&& from) noexcept;
    ~lease() { end(); }

    [[nodiscard]] connection& operator*() const noexcept { return *conn_; }
    [[nodiscard]] connection* operator->() const noexcept { return conn_.get(); }
    [[nodiscard]] explicit operator bool() const noexcept { return conn_ != nullptr; }
    [[nodiscard]] const pool_options& options() const noexcept;
    [[nodiscard]] bool is_from(const connection_source* source) const noexcept {
        return source_ == source;
    }
    void end() noexcept;

private:
    connection_source* source_ = nullptr;
    std::unique_ptr<connection> conn_;
};

class connection_source {
public:
    explicit connection_source(pool_options options, connect_settings settings);

    /// Errors: pool_exhausted, unavailable, authentication, resources, what `borrow` says.
    [[nodiscard]] result<lease> acquire(const call_context& call);
    void give_back(std::unique_ptr<connection> conn) noexcept;

    [[nodiscard]] pool_stats stats() const;
    [[nodiscard]] const pool_options& options() const noexcept { return options_; }

private:
    class place;
    struct idle_connection {
        std::unique_ptr<connection> conn;
        monotonic_time since;
    };

    [[nodiscard]] result<lease> borrow(const call_context& call);
    [[nodiscard]] result<std::unique_ptr<connection>> open(const call_context& call);
    [[nodiscard]] std::unique_ptr<connection> take_idle(std::unique_lock<std::mutex>& lock);
    [[nodiscard]] bool wait_for_free(std::unique_lock<std::mutex>& lock, const call_context& call);
    void close_expired(std::vector<idle_connection>& expired);

    // Constant after construction.
    const pool_options options_;
    const connect_settings settings_;

    // Guarded by mutex_.
    mutable std::mutex mutex_;
    std::condition_variable freed_;
    std::vector<idle_connection> idle_; ///< the one used last stands last
    pool_stats stats_;
};

} // namespace tandem::postgres::detail
