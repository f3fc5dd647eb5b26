// SPDX-License-Identifier: BSL-1.0
//
// The parameters a connection is opened with: what the host's conninfo says (libpq's own parser,
// key=value or URI), and what tandem adds to make sessions safe (isolation level and timeouts).
// Nothing here ever gives back any part of the conninfo in an error: it may hold a password.
#pragma once

#include "tandem/core/result.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tandem::postgres::detail {

/// Keywords and values as PQconnectStartParams takes them.
struct connect_settings {
    std::vector<std::pair<std::string, std::string>> values;
    std::string user;    ///< as libpq resolves it
    bool pooled = false; ///< a pooler in transaction mode stands between

    /// Empty where it is not there.
    [[nodiscard]] std::string_view find(std::string_view keyword) const noexcept;
    void set(std::string_view keyword, std::string value);
};

/// What a session of tandem's own runs with; 0 leaves the server's setting alone.
struct session_timeouts {
    std::chrono::milliseconds statement{0};
    std::chrono::milliseconds lock{0};
    std::chrono::milliseconds idle_in_transaction{0};
    std::chrono::milliseconds tcp_user{0};
    std::chrono::milliseconds client_check{0};
};

/// Errors: invalid_options, without the text.
[[nodiscard]] result<connect_settings> parse_conninfo(const std::string& conninfo);

/// Adds encoding, application name (where the host gave none) and, unless pooled, the options of
/// the session. One of them marks that they arrived: see session_marker.
void add_session_settings(connect_settings& settings, std::string_view application_name,
                          const session_timeouts& timeouts);

/// A setting of no meaning, "on" in sessions that got the options above: a pooler may drop them.
inline constexpr std::string_view session_marker = "tandem.session";

/// `text` with every occurrence of `secret` replaced.
[[nodiscard]] std::string masked(std::string text, std::string_view secret);

} // namespace tandem::postgres::detail
