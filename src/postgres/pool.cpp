// SPDX-License-Identifier: BSL-1.0

#include "tandem/postgres/pool.hpp"

#include "tandem/core/clock_source.hpp"

#include "postgres/driver.hpp"
#include "postgres/lease.hpp"
#include "postgres/password.hpp"
#include "postgres/tls.hpp"

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

namespace {

// A pooler may drop the options of the session; nothing would then guarantee READ COMMITTED.
result<void> check_session(connection& on, const call_context& call) {
    const statement ask =
        one_off("select current_setting('" + std::string(session_marker) + "', true)");
    pipeline work;
    work.add(ask);
    TANDEM_TRY(auto answers, exchange(on, work, call));
    if (answers[0].text(0, 0) == "on") return success();
    return error(errc::unsupported,
                 "the session has not the settings it was opened with, so a pooler stands between "
                 "and drops them: set pool_options::transaction_pooling, or connect directly");
}

} // namespace

result<std::unique_ptr<connection>> connection_source::open(const call_context& call) {
    connect_settings settings = settings_;
    if (settings.find("password").empty()) {
        TANDEM_TRY(auto found, read_password(options_, settings.user));
        if (found) settings.set("password", std::move(*found));
    }
    auto conn = std::make_unique<connection>();
    call_context bounded = call;
    if (options_.connect_timeout.count() > 0) {
        bounded.deadline = std::min(call.deadline, monotonic_now() + options_.connect_timeout);
    }
    conn->start_connect(settings);
    TANDEM_TRY(drive(*conn, bounded));
    if (!settings.pooled) {
        TANDEM_TRY(check_session(*conn, bounded));
    }
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

// The place of a connection that is being opened; free again if nothing comes of it, also where a
// callback of the host throws.
class connection_source::place {
public:
    explicit place(connection_source& source) : source_(source) {}
    place(const place&) = delete;
    place& operator=(const place&) = delete;
    ~place() {
        {
            const std::lock_guard lock(source_.mutex_);
            if (kept_) {
                ++source_.stats_.opened;
                return;
            }
            --source_.stats_.open;
            --source_.stats_.in_use;
        }
        source_.freed_.notify_one();
    }
    void keep() noexcept { kept_ = true; }

private:
    connection_source& source_;
    bool kept_ = false;
};

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
    place taken(*this);
    TANDEM_TRY(auto conn, open(call));
    taken.keep();
    return lease(*this, std::move(conn));
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
    const auto parsed = detail::parse_conninfo(options.conninfo);
    const bool has_own = parsed && !parsed.value().find("password").empty();
    if ((options.password ? 1 : 0) + (options.password_file.empty() ? 0 : 1) + (has_own ? 1 : 0) >
        1) {
        return error(errc::invalid_options, "give the password once: in the conninfo, by password "
                                            "or by password_file");
    }
    if (!options.password_file.empty()) {
        TANDEM_TRY(detail::read_password_file(options.password_file));
    }
    return success();
}

// Of the conninfo that `options` holds.
result<detail::connect_settings> settings_of(const pool_options& options) {
    TANDEM_TRY(auto settings, detail::parse_conninfo(options.conninfo));
    TANDEM_TRY(auto found, detail::resolve(settings));
    settings.user = found.user;
    settings.pooled = options.transaction_pooling;
    if (!options.insecure_tls) {
        TANDEM_TRY(detail::secure(settings, found));
    }
    if (!found.options.empty()) settings.set("options", found.options);
    if (settings.pooled && !found.options.empty()) {
        return error(errc::invalid_options,
                     "transaction_pooling does not go with options of the session (they stand "
                     "here, in PGOPTIONS or in the service file): give them to the role or to the "
                     "database with ALTER ROLE or ALTER DATABASE");
    }
    detail::session_timeouts timeouts{options.statement_timeout, options.lock_timeout,
                                      options.idle_in_transaction_timeout, options.tcp_user_timeout,
                                      options.client_check_interval};
    detail::add_session_settings(settings, options.application_name, timeouts);
    return settings;
}

using made_source = result<std::unique_ptr<detail::connection_source>>;

made_source make_source(pool_options options, const char* name) {
    auto settings = settings_of(options);
    if (settings.has_error()) {
        return error(settings.error().value(), "pool_options::" + std::string(name) + ": " +
                                                   std::string(settings.error().detail()));
    }
    return std::make_unique<detail::connection_source>(std::move(options),
                                                       std::move(settings).value());
}

made_source make_control(const pool_options& options) {
    if (options.control.empty()) return nullptr;
    pool_options own = options;
    own.conninfo = std::exchange(own.control, {});
    own.borrow = nullptr;
    own.give_back = nullptr;
    own.transaction_pooling = false;
    own.min = 0;
    return make_source(std::move(own), "control");
}

made_source make_data(pool_options options) {
    if (options.borrow) {
        return std::make_unique<detail::connection_source>(std::move(options),
                                                           detail::connect_settings());
    }
    return make_source(std::move(options), "conninfo");
}

} // namespace

pool::pool(std::unique_ptr<detail::connection_source> source,
           std::unique_ptr<detail::connection_source> control)
    : source_(std::move(source)), control_(std::move(control)) {}
pool::~pool() = default;

result<std::shared_ptr<pool>> pool::make(pool_options options) {
    TANDEM_TRY(check(options));
    TANDEM_TRY(auto control, make_control(options));
    TANDEM_TRY(auto source, make_data(std::move(options)));
    return std::shared_ptr<pool>(new pool(std::move(source), std::move(control)));
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
