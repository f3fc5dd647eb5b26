// SPDX-License-Identifier: BSL-1.0
//
// A bounded number of connections, given out in the order of asking. Opened when first needed, kept
// open after that, replaced where an error made one unusable. Thread-safe. It does not wait longer
// than the call's deadline.
#pragma once

#include "sqlite/connection.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>

namespace tandem::sqlite::detail {

class pool {
public:
    /// A connection on loan; gives it back at its end.
    class lease {
    public:
        lease(pool& owner, std::unique_ptr<connection> lent) noexcept
            : owner_(&owner), lent_(std::move(lent)) {}
        lease(lease&&) noexcept = default;
        lease& operator=(lease&&) = delete;
        ~lease();
        [[nodiscard]] connection& operator*() const noexcept { return *lent_; }
        [[nodiscard]] connection* operator->() const noexcept { return lent_.get(); }
        /// False once it was moved from.
        [[nodiscard]] bool holds() const noexcept { return lent_ != nullptr; }

    private:
        pool* owner_;
        std::unique_ptr<connection> lent_;
    };

    /// `exhausted` is the error where none became free in time.
    pool(const options& opts, connection::access wanted, int size, errc exhausted)
        : opts_(opts), wanted_(wanted), exhausted_(exhausted), free_(size) {}
    pool(const pool&) = delete;
    pool& operator=(const pool&) = delete;

    /// The call's deadline holds on the connection. Errors: the one for exhaustion, timeout, and
    /// those of connection::open().
    [[nodiscard]] result<lease> take(const call_context& call);

private:
    struct waiter {
        std::condition_variable changed;
        bool granted = false;
    };

    [[nodiscard]] bool wait_for_place(const call_context& call);
    void give_back(std::unique_ptr<connection> lent) noexcept;

    const options& opts_;
    const connection::access wanted_;
    const errc exhausted_;

    std::mutex mutex_;
    // Guarded by mutex_:
    int free_;                                      ///< places nobody holds or was granted
    std::deque<waiter*> waiters_;                   ///< in order of arrival
    std::vector<std::unique_ptr<connection>> idle_; ///< open and not on loan
};

} // namespace tandem::sqlite::detail
