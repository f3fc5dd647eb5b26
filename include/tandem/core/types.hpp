// SPDX-License-Identifier: BSL-1.0
//
// The value types a column can have beside the built-in ones, and the checks and texts they share.
// All texts are canonical: one value, one text, independent of locale, session and store.
#pragma once

#include "tandem/core/column_type.hpp"
#include "tandem/core/result.hpp"

#include <boost/uuid/uuid.hpp>

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tandem {

/// Raw bytes; NUL is a byte like any other.
using bytes = std::vector<std::byte>;
/// 16 bytes; text form lower case with dashes.
using uuid = boost::uuids::uuid;
/// A calendar day. days::max() and days::min() stand for infinity and -infinity.
using date = std::chrono::sys_days;
/// An instant (timestamp with time zone), microseconds; max() and min() are the infinities.
using timestamptz = std::chrono::sys_time<std::chrono::microseconds>;
/// A wall clock reading (timestamp without time zone), microseconds; max() and min() as above.
using timestamp = std::chrono::local_time<std::chrono::microseconds>;

/// An exact decimal number, "NaN", "Infinity" or "-Infinity", as the text the store holds.
/// The scale is part of the value: 1.0 and 1.00 are different cells but the same key (see
/// canonical_key_text). Comparison is by text.
class decimal {
public:
    decimal() = default;
    /// Checked: [-]digits[.digits], no exponent, no leading zeros beyond one; "NaN"; "[-]Infinity".
    /// Errors: errc::out_of_range with the offending position.
    [[nodiscard]] static result<decimal> parse(std::string_view text);
    [[nodiscard]] const std::string& text() const noexcept { return text_; }
    friend auto operator<=>(const decimal&, const decimal&) = default;

private:
    explicit decimal(std::string text) : text_(std::move(text)) {}
    std::string text_ = "0";
};

/// A JSON document as text. Not parsed: stores that normalise (jsonb) may give back another text.
struct json {
    std::string text;
    friend auto operator<=>(const json&, const json&) = default;
};

/// True where `text` is UTF-8 without NUL, surrogates and overlong forms.
[[nodiscard]] bool is_valid_text(std::string_view text) noexcept;

/// "2024-02-29", "infinity", "-infinity"; years before 1 and after 9999 with sign and all digits
/// (astronomical numbering: +0000 is 1 BC).
[[nodiscard]] std::string to_text(date value);
/// "2024-02-29 12:34:56.000001", always six fraction digits.
[[nodiscard]] std::string to_text(timestamp value);
/// As timestamp, followed by "+00".
[[nodiscard]] std::string to_text(timestamptz value);
[[nodiscard]] std::string to_text(const uuid& value);
/// Lower case hexadecimal without prefix.
[[nodiscard]] std::string to_hex(const bytes& value);

/// Parse what to_text writes; the time texts also with 'T', with fewer fraction digits, and (with
/// zone) any numeric offset or 'Z'. Years have four to nine digits. Errors: errc::out_of_range.
[[nodiscard]] result<date> parse_date(std::string_view text);
[[nodiscard]] result<timestamp> parse_timestamp(std::string_view text);
[[nodiscard]] result<timestamptz> parse_timestamptz(std::string_view text);
[[nodiscard]] result<uuid> parse_uuid(std::string_view text);
[[nodiscard]] result<bytes> parse_hex(std::string_view text);

/// A decimal without trailing zeros of its fraction, as numeric keys are compared: 1.00 -> 1.
[[nodiscard]] std::string canonical_key_text(const decimal& value);

} // namespace tandem
