// SPDX-License-Identifier: BSL-1.0
//
// UTF-8, hexadecimal and uuid texts.
#include "tandem/core/types.hpp"

#include <array>
#include <cstring>

namespace tandem {

namespace {

constexpr char hex_digits[] = "0123456789abcdef";

int hex_value(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/// Length of the well-formed sequence at the start of `text`, 0 where there is none
/// (Unicode 15, table 3-7).
std::size_t sequence_length(std::string_view text) noexcept {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(0);
    if (first < 0x80) return first == 0 ? 0 : 1;
    if (first < 0xC2 || first > 0xF4) return 0;
    const std::size_t length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (text.size() < length) return 0;
    // The second byte alone excludes overlong forms, surrogates and what lies above U+10FFFF.
    unsigned char low = 0x80;
    unsigned char high = 0xBF;
    if (first == 0xE0) low = 0xA0;
    if (first == 0xED) high = 0x9F;
    if (first == 0xF0) low = 0x90;
    if (first == 0xF4) high = 0x8F;
    if (byte(1) < low || byte(1) > high) return 0;
    for (std::size_t i = 2; i < length; ++i) {
        if (byte(i) < 0x80 || byte(i) > 0xBF) return 0;
    }
    return length;
}

/// Whether the next eight bytes are ASCII without NUL.
bool is_plain_word(const char* at) noexcept {
    std::uint64_t word = 0;
    std::memcpy(&word, at, sizeof(word));
    constexpr std::uint64_t ones = 0x0101010101010101;
    constexpr std::uint64_t tops = 0x8080808080808080;
    return ((word | (word - ones)) & tops) == 0;
}

} // namespace

bool is_valid_text(std::string_view text) noexcept {
    while (!text.empty()) {
        if (text.size() >= 8 && is_plain_word(text.data())) {
            text.remove_prefix(8);
            continue;
        }
        const std::size_t length = sequence_length(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

std::string to_hex(const bytes& value) {
    std::string text;
    text.reserve(value.size() * 2);
    for (const std::byte b : value) {
        text += hex_digits[std::to_integer<unsigned>(b) >> 4];
        text += hex_digits[std::to_integer<unsigned>(b) & 15];
    }
    return text;
}

result<bytes> parse_hex(std::string_view text) {
    if (text.size() % 2 != 0) {
        return error(errc::out_of_range, "hexadecimal text with an odd number of digits");
    }
    bytes value;
    value.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const int high = hex_value(text[i]);
        const int low = hex_value(text[i + 1]);
        if (high < 0 || low < 0) {
            return error(errc::out_of_range, "hexadecimal text with something else at position " +
                                                 std::to_string(high < 0 ? i + 1 : i + 2));
        }
        value.push_back(static_cast<std::byte>(high * 16 + low));
    }
    return value;
}

std::string to_text(const uuid& value) {
    std::string text;
    text.reserve(36);
    for (std::size_t i = 0; i < 16; ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
        text += hex_digits[value.data[i] >> 4];
        text += hex_digits[value.data[i] & 15];
    }
    return text;
}

result<uuid> parse_uuid(std::string_view text) {
    const error bad(errc::out_of_range,
                    "not a uuid; write 32 hexadecimal digits as 8-4-4-4-12 with dashes");
    if (text.size() != 36) return bad;
    uuid value{};
    std::size_t at = 0;
    for (std::size_t i = 0; i < 16; ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) {
            if (text[at++] != '-') return bad;
        }
        const int high = hex_value(text[at]);
        const int low = hex_value(text[at + 1]);
        if (high < 0 || low < 0) return bad;
        value.data[i] = static_cast<std::uint8_t>(high * 16 + low);
        at += 2;
    }
    return value;
}

} // namespace tandem
