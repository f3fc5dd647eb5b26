// SPDX-License-Identifier: BSL-1.0
//
// An error: a code, what tandem has to say about it, and, kept apart, what the server said. Server
// text may hold user data (key values, column contents), so it is never logged unless asked for.
// Cheap to move and to copy (one pointer beside the code). Immutable, hence safe to share.
#pragma once

#include "tandem/core/errc.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace tandem {

class [[nodiscard]] error {
public:
    // Implicit on purpose: `return errc::not_found;` is how functions fail.
    error(errc code) noexcept : code_(code) {}

    /// `detail` says what and where and what to do, in one sentence without user data.
    error(errc code, std::string detail) : error(code, std::move(detail), {}) {}

    /// `server_text` is the store's own message; it may hold user data.
    error(errc code, std::string detail, std::string server_text)
        : code_(code),
          text_(std::make_shared<const texts>(
              texts{std::move(detail), std::move(server_text), std::string()})) {}

    [[nodiscard]] errc value() const noexcept { return code_; }
    [[nodiscard]] std::error_code code() const noexcept { return make_error_code(code_); }
    [[nodiscard]] errc_condition condition() const noexcept { return condition_of(code_); }

    /// Our own words; empty when the code says it all.
    [[nodiscard]] std::string_view detail() const noexcept {
        return text_ ? std::string_view(text_->detail) : std::string_view();
    }
    /// The store's words; may hold user data.
    [[nodiscard]] std::string_view server_text() const noexcept {
        return text_ ? std::string_view(text_->server) : std::string_view();
    }
    /// Of outcome_unknown: what the store can look the transaction up by, for migration::outcome().
    /// Opaque, without user data; empty where there is nothing.
    [[nodiscard]] std::string_view transaction_token() const noexcept {
        return text_ ? std::string_view(text_->token) : std::string_view();
    }
    /// The same error with that token.
    [[nodiscard]] error with_token(std::string token) const;
    /// "error[T-0012]: what; detail", without the server text.
    [[nodiscard]] std::string message() const;
    /// message() and, where the server said something, ": " and its text.
    [[nodiscard]] std::string full_message() const;

    friend bool operator==(const error& e, errc code) noexcept { return e.code_ == code; }
    friend bool operator==(const error& e, errc_condition c) noexcept { return e.condition() == c; }

private:
    struct texts {
        std::string detail;
        std::string server;
        std::string token;
    };
    errc code_;
    std::shared_ptr<const texts> text_;
};

inline std::error_code make_error_code(const error& e) noexcept { return e.code(); }

/// What result::value() calls on an error; Boost.Outcome gives the name. Throws std::system_error
/// with the code and the detail, without the server text.
[[noreturn]] void outcome_throw_as_system_error_with_payload(const error& e);

} // namespace tandem
