// SPDX-License-Identifier: BSL-1.0
//
// From what the server says to an errc. Pure: the texts come in, the error goes out. The server's
// own message may hold values of rows, so it goes into error::server_text alone; names of
// constraints, tables and roles may stand in the detail.
#pragma once

#include "tandem/core/error.hpp"

#include <string>
#include <string_view>

namespace tandem::postgres::detail {

/// The fields of an error report of the server.
struct server_report {
    std::string sqlstate;
    std::string message;
    std::string constraint; ///< its name, where one was violated
    std::string table;      ///< its name, where known
    std::string user;       ///< of the connection
};

/// `committing`: the statement that failed was, or contained, a commit.
[[nodiscard]] error error_of(const server_report& report, bool committing);

/// The errc alone. Unknown states are store_error.
[[nodiscard]] errc errc_of(std::string_view sqlstate, bool committing) noexcept;

/// What a statement prepared before a change of the schema fails with: prepare it again, read the
/// catalog again, and run it once more where nothing was committed.
[[nodiscard]] bool is_stale(std::string_view sqlstate, std::string_view message) noexcept;

/// The server ends the session itself with this state.
[[nodiscard]] bool ends_session(std::string_view sqlstate) noexcept;

/// The five characters behind the severity in a message of verbose form ("FATAL:  28P01: ...");
/// empty where there are none. libpq offers no other way to the SQLSTATE of a failed connect.
[[nodiscard]] std::string_view sqlstate_in(std::string_view verbose_message) noexcept;

} // namespace tandem::postgres::detail
