// SPDX-License-Identifier: BSL-1.0

#include "tandem/postgres/pool.hpp"

#include "tandem/core/clock_source.hpp"

#include "postgres/driver.hpp"
#include "postgres/lease.hpp"

#include <algorithm>

namespace tandem::postgres {
namespace detail {

lease& lease::operator=(lease&& from) noexcept {
    if (this != &from) {
        end();
        source_ = from.source_;
        conn_ = std::move(from.conn_);
    }
    return *this;
}

const pool_options& lease::options() const noexcept { return source_->options(); }

void lease::end() noexcept {
    if (conn_ != nullptr) source_->give_back(std::move(conn_));
}

connection_source::connection_source(pool_options options, connect_settings settings)
    : options_(std::move(options)), settings_(std::move(settings)) {}

result<lease> connection_source::borrow(const call_context& call) {
    TANDEM_TRY(pg_conn * lent, options_.borrow(call));
    if (lent == nullptr) return error(errc::unavailable, "the host lent no connection");
    auto conn = std::make_unique<connection>(lent);
    if (conn->broken()) {
        pg_conn* back = conn->release();
        options_.give_back(back, true);
        return error(errc::unavailable,
                     "the connection the host lent is broken, inside a transaction or in pipeline "
                     "mode; lend idle connections");
    }
    const std::lock_guard lock(mutex_);
    ++stats_.opened;
    ++stats_.open;
    ++stats_.in_use;
    return lease(*this, std::move(conn));
}

result<std::unique_ptr<connection>> connection_source::open(const call_context& call) {
    auto conn = std::make_unique<connection>();
    call_context bounded = call;
    if (options_.connect_timeout.count() > 0) {
        bounded.deadline = std::min(call.deadline, monotonic_now() + options_.connect_timeout);
    }
    conn->start_connect(settings_);
    TANDEM_TRY(drive(*conn, bounded));
    return conn;
}

// Closing talks to the server, so expired ones are moved out and closed by the caller, unlocked.
void connection_source::close_expired(std::vector<idle_connection>& expired) {
    if (idle_.empty() || options_.idle_timeout.count() <= 0) return;
    const monotonic_time limit = monotonic_now() - options_.idle_timeout;
    while (!idle_.empty() && stats_.open > options_.min && idle_.front().since < limit) {
        expired.push_back(std::move(idle_.front()));
        idle_.erase(idle_.begin());
        --stats_.open;
    }
}

std::unique_ptr<connection> connection_source::take_idle(std::unique_lock<std::mutex>& lock) {
    while (!idle_.empty()) {
        idle_connection last = std::move(idle_.back());
        idle_.pop_back();
        ++stats_.in_use;
        if (options_.check_after.count() > 0 &&
            monotonic_now() - last.since < options_.check_after) {
            return std::move(last.conn);
        }
        lock.unlock();
        const bool alive = last.conn->check_idle();
        if (!alive) last.conn.reset();
        lock.lock();
        if (alive) return std::move(last.conn);
        --stats_.in_use;
        --stats_.open;
        ++stats_.broken;
    }
    return nullptr;
}

bool connection_source::wait_for_free(std::unique_lock<std::mutex>& lock,
                                      const call_context& call) {
    const auto is_free = [this] { return !idle_.empty() || stats_.open < options_.max; };
    if (call.deadline == monotonic_time::max()) {
        freed_.wait(lock, is_free);
        return true;
    }
    return freed_.wait_until(lock, call.deadline, is_free);
}

result<lease> connection_source::acquire(const call_context& call) {
    if (options_.borrow) return borrow(call);
    std::vector<idle_connection> expired;
    std::unique_lock lock(mutex_);
    for (;;) {
        if (auto conn = take_idle(lock)) {
            close_expired(expired);
            lock.unlock();
            return lease(*this, std::move(conn));
        }
        if (stats_.open < options_.max) break;
        if (!wait_for_free(lock, call)) {
            return error(errc::pool_exhausted,
                         "all " + std::to_string(options_.max) +
                             " connections of the pool were in use until the deadline");
        }
    }
    ++stats_.open;
    ++stats_.in_use;
    lock.unlock();
    auto conn = open(call);
    if (conn.has_value()) {
        lock.lock();
        ++stats_.opened;
        lock.unlock();
        return lease(*this, std::move(conn).value());
    }
    lock.lock();
    --stats_.open;
    --stats_.in_use;
    lock.unlock();
    freed_.notify_one();
    return conn.error();
}

void connection_source::give_back(std::unique_ptr<connection> conn) noexcept {
    const bool unusable = conn->broken() || conn->in_transaction();
    std::vector<idle_connection> expired;
    if (conn->is_lent()) {
        pg_conn* lent = conn->release();
        const bool broken = unusable || conn->broken();
        options_.give_back(lent, broken);
        const std::lock_guard lock(mutex_);
        --stats_.in_use;
        --stats_.open;
        stats_.broken += broken ? 1 : 0;
        return;
    }
    if (unusable) conn.reset(); // closing may talk to the server: before the lock
    {
        const std::lock_guard lock(mutex_);
        --stats_.in_use;
        if (unusable) {
            --stats_.open;
            ++stats_.broken;
        } else {
            idle_.push_back({std::move(conn), monotonic_now()});
            close_expired(expired);
        }
    }
    freed_.notify_one();
}

pool_stats connection_source::stats() const {
    const std::lock_guard lock(mutex_);
    return stats_;
}

} // namespace detail

namespace {

result<void> check(const pool_options& options) {
    const bool borrows = options.borrow != nullptr;
    if (borrows != (options.give_back != nullptr)) {
        return error(errc::invalid_options, "borrow and give_back must be given together");
    }
    if (borrows && !options.conninfo.empty()) {
        return error(errc::invalid_options, "give either conninfo or borrow and give_back");
    }
    if (options.max == 0 || options.min > options.max) {
        return error(errc::invalid_options, "max must be at least 1 and not less than min");
    }
    return success();
}

} // namespace

pool::pool(std::unique_ptr<detail::connection_source> source) : source_(std::move(source)) {}
pool::~pool() = default;

result<std::shared_ptr<pool>> pool::make(pool_options options) {
    TANDEM_TRY(check(options));
    detail::connect_settings settings;
    if (!options.borrow) {
        TANDEM_TRY(auto parsed, detail::parse_conninfo(options.conninfo));
        settings = std::move(parsed);
        detail::session_timeouts timeouts{options.statement_timeout, options.lock_timeout,
                                          options.idle_in_transaction_timeout,
                                          options.tcp_user_timeout, options.client_check_interval};
        detail::add_session_settings(settings, options.application_name, timeouts);
    }
    return std::shared_ptr<pool>(new pool(
        std::make_unique<detail::connection_source>(std::move(options), std::move(settings))));
}

result<void> pool::warm_up(const call_context& call) {
    std::vector<detail::lease> leases;
    const std::size_t wanted = options().borrow ? 0 : options().min;
    while (leases.size() < wanted) {
        TANDEM_TRY(auto one, source_->acquire(call));
        leases.push_back(std::move(one));
    }
    return success();
}

pool_stats pool::stats() const { return source_->stats(); }

const pool_options& pool::options() const noexcept { return source_->options(); }

} // namespace tandem::postgres
