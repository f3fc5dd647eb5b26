// SPDX-License-Identifier: BSL-1.0
//
// Which connections must be encrypted: those to other hosts, with sslmode=verify-full. What the
// hosts and the sslmode are is asked of libpq, which knows the environment and the service file,
// and for other hosts then fixed, so that no later change of the environment weakens a connection.
// No host is named in an error: a mistyped URI may have put a part of the password there.
#pragma once

#include "postgres/conninfo.hpp"

namespace tandem::postgres::detail {

/// What libpq makes of a conninfo, the environment, the service file and its own defaults.
struct resolved_settings {
    std::string host, hostaddr; ///< lists, as in a conninfo; empty: the default socket
    std::string sslmode;
    std::string user;
    std::string options; ///< of the session
};

/// Connects to nothing. Errors: invalid_options (a service that is not there).
[[nodiscard]] result<resolved_settings> resolve(const connect_settings& settings);

/// True where every host is a unix socket or this machine by its name or address. Names that only a
/// resolver could tell count as other hosts.
[[nodiscard]] bool is_local(std::string_view host, std::string_view hostaddr);

enum class tls : std::uint8_t { as_given, verify_full, refused };
/// `is_given`: somebody chose this sslmode; else it is libpq's default.
[[nodiscard]] tls tls_for(const resolved_settings& settings, bool is_given);

/// Fixes hosts and encryption in `settings`. Errors: invalid_options.
[[nodiscard]] result<void> secure(connect_settings& settings, const resolved_settings& found);

} // namespace tandem::postgres::detail
