// SPDX-License-Identifier: BSL-1.0

#include "postgres/driver.hpp"

#include "tandem/core/clock_source.hpp"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <climits>

namespace tandem::postgres::detail {
namespace {

short events_of(io_action action) {
    switch (action) {
    case io_action::wait_read: return POLLIN;
    case io_action::wait_write: return POLLOUT;
    case io_action::wait_both: return POLLIN | POLLOUT;
    case io_action::done: return 0;
    }
    return 0;
}

io_event event_of(short happened) {
    const bool writable = (happened & POLLOUT) != 0;
    const bool readable = (happened & ~POLLOUT) != 0; // errors and hang-ups are found by reading
    if (readable && writable) return io_event::both;
    return readable ? io_event::readable : io_event::writable;
}

int timeout_of(const call_context& call) {
    if (call.deadline == monotonic_time::max()) return -1;
    return static_cast<int>(std::min<std::int64_t>(time_left(call).count(), INT_MAX));
}

} // namespace

result<replies> drive(connection& conn, const call_context& call) {
    io_action action = conn.resume(io_event::start);
    while (action != io_action::done) {
        pollfd waited{conn.socket(), events_of(action), 0};
        const int timeout = timeout_of(call);
        const int ready = ::poll(&waited, 1, timeout);
        if (ready > 0) {
            action = conn.resume(event_of(waited.revents));
        } else if (ready == 0 && timeout_of(call) == 0) {
            return conn.abandon();
        } else if (ready < 0 && errno != EINTR) {
            return conn.abandon();
        }
    }
    return conn.take();
}

result<replies> exchange(connection& conn, const pipeline& work, const call_context& call) {
    if (call.deadline != monotonic_time::max() && time_left(call).count() == 0) {
        return error(errc::timeout, "the deadline passed before anything was sent");
    }
    conn.start(work);
    return drive(conn, call);
}

} // namespace tandem::postgres::detail
