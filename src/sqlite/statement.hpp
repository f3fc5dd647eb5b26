// SPDX-License-Identifier: BSL-1.0
//
// A statement's text, and one execution of it. A cursor resets its statement when it goes out of
// scope, so it ends the read snapshot that it held. What is bound by reference has to live until
// then.
#pragma once

#include "tandem/core/result.hpp"

#include "sqlite/values.hpp"

#include <cstdint>
#include <string>
#include <string_view>

struct sqlite3_stmt;

namespace tandem::sqlite::detail {

class connection;

/// A text that is prepared once a connection.
struct statement_text {
    std::string text;
    std::size_t slot = 0; ///< its place in every connection's cache
    std::string what;     ///< for messages: "reading the fence"
};

class cursor {
public:
    cursor(connection& owner, sqlite3_stmt* prepared, std::string_view what) noexcept
        : owner_(&owner), prepared_(prepared), what_(what) {}
    cursor(cursor&& other) noexcept;
    cursor& operator=(cursor&&) = delete;
    ~cursor();

    // Parameters count from 1. A failed binding is reported by the next step().
    cursor& bind(int parameter, std::int64_t value) noexcept;
    cursor& bind_text(int parameter, std::string_view value) noexcept; ///< by reference
    cursor& bind_blob(int parameter, std::string_view value) noexcept; ///< by reference
    cursor& bind(int parameter, const sql_value& value) noexcept;

    /// True where there is a row. Executes again after it was false.
    [[nodiscard]] result<bool> step();
    /// Steps to the end, and makes the statement ready for other values.
    [[nodiscard]] result<void> run();
    /// Ready for other values; the bound ones stay.
    void reset() noexcept;

    // Columns of the present row, from 0; views live until the next step.
    [[nodiscard]] std::int64_t integer(int column) const noexcept;
    [[nodiscard]] std::string_view text(int column) const noexcept;
    [[nodiscard]] std::string_view blob(int column) const noexcept;
    [[nodiscard]] bool is_null(int column) const noexcept;
    [[nodiscard]] sql_value value(int column) const noexcept;

private:
    connection* owner_;
    sqlite3_stmt* prepared_;
    std::string_view what_;
    int failed_ = 0; ///< first error of a binding
};

} // namespace tandem::sqlite::detail
