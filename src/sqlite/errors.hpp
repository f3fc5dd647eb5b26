// SPDX-License-Identifier: BSL-1.0
//
// SQLite's result codes as tandem's errors. Our own sentence and SQLite's message stay apart.
#pragma once

#include "tandem/core/error.hpp"

#include <string>
#include <string_view>

struct sqlite3;

namespace tandem::sqlite::detail {

/// The class of an extended result code; store_error where only the message could tell.
[[nodiscard]] errc class_of(int code) noexcept;

/// The same for a code with SQLite's message, which tells a missing table from a syntax error.
[[nodiscard]] errc class_of(int code, std::string_view message) noexcept;

/// `what` says what was tried, as "reading the fence"; `path` is the file. `db` may be null.
[[nodiscard]] error make_error(int code, sqlite3* db, std::string_view what, std::string_view path);

/// A failed COMMIT whose transaction is over: nobody knows whether it happened.
[[nodiscard]] error unknown_commit(sqlite3* db, std::string_view path);

} // namespace tandem::sqlite::detail
