// SPDX-License-Identifier: BSL-1.0
//
//   decimal := "NaN" | ["-"] ( "Infinity" | whole [ "." digit+ ] )
//   whole   := "0" | nonzero digit*
#include "tandem/core/types.hpp"

namespace tandem {

namespace {

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

std::size_t skip_digits(std::string_view text, std::size_t at) noexcept {
    while (at < text.size() && is_digit(text[at]))
        ++at;
    return at;
}

error bad_decimal(std::size_t at) {
    return {errc::out_of_range, "not a decimal number: unexpected text at position " +
                                    std::to_string(at + 1) +
                                    "; write digits with at most one point, without exponent"};
}

} // namespace

result<decimal> decimal::parse(std::string_view text) {
    if (text == "NaN" || text == "Infinity" || text == "-Infinity") {
        return decimal(std::string(text));
    }
    const std::size_t start = text.starts_with('-') ? 1 : 0;
    std::size_t at = skip_digits(text, start);
    if (at == start) return bad_decimal(at);
    if (text[start] == '0' && at > start + 1) return bad_decimal(start + 1);
    if (at < text.size() && text[at] == '.') {
        const std::size_t fraction = at + 1;
        at = skip_digits(text, fraction);
        if (at == fraction) return bad_decimal(at);
    }
    if (at != text.size()) return bad_decimal(at);
    return decimal(std::string(text));
}

std::string canonical_key_text(const decimal& value) {
    std::string text = value.text();
    if (text.find('.') != std::string::npos) {
        while (text.back() == '0')
            text.pop_back();
        if (text.back() == '.') text.pop_back();
    }
    if (text == "-0") text = "0";
    return text;
}

} // namespace tandem
