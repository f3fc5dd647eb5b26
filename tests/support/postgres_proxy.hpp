// SPDX-License-Identifier: BSL-1.0
//
// A proxy before a private PostgreSQL that knows where a transaction commits: it can cut the
// connection just there, before or after the server heard of it. It listens on the loopback address
// and speaks no TLS. Thread-safe.
#pragma once

#include "support/postgres_server.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace tandem_test {

/// What is cut: the next transaction of this kind.
enum class commit_kind : std::uint8_t {
    transaction, ///< an explicit one: the exchange that holds COMMIT
    single,      ///< an implicit one: the exchange that holds both the marker and its own commit
};

/// An answer that the client asked for by Flush reaches it in every place but `unsent`.
enum class cut_place : std::uint8_t {
    unsent,     ///< nothing of the exchange reached the server
    unfinished, ///< all of it but the Sync that commits; `single` alone
    unanswered, ///< all of it; the server has committed before the connection is cut
    racing,     ///< all of it, and the connection is cut at once
};
std::string to_string(cut_place p);

class postgres_proxy {
public:
    /// `marker` is a part of the text of every write, such as the name of a table.
    postgres_proxy(const postgres_server& behind, std::string marker);
    postgres_proxy(const postgres_proxy&) = delete;
    postgres_proxy& operator=(const postgres_proxy&) = delete;
    /// Cuts all connections.
    ~postgres_proxy();

    /// As the server's, but through the proxy.
    [[nodiscard]] std::string conninfo(const std::string& database = "postgres") const;

    /// Once; until then everything passes.
    void cut_next(commit_kind kind, cut_place place);
    /// How often it cut.
    [[nodiscard]] int cuts() const;

    struct state;

private:
    std::unique_ptr<state> state_;
};

} // namespace tandem_test
