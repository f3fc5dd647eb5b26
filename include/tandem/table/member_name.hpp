// SPDX-License-Identifier: BSL-1.0
//
// The name of a data member, from its pointer, at compile time: member_name<&user::email> is
// "email". Taken from __PRETTY_FUNCTION__, which g++ and clang both spell; a compiler that spells
// it otherwise fails the check at the end.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace tandem {

namespace detail {

template <auto Member>
constexpr const char* pretty_member() noexcept {
    return __PRETTY_FUNCTION__; // "... [with auto Member = &user::email]"
}

constexpr bool is_name_char(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           static_cast<unsigned char>(c) >= 0x80;
}

/// The last name in `text`.
constexpr std::string_view last_name(std::string_view text) noexcept {
    while (!text.empty() && !is_name_char(text.back()))
        text.remove_suffix(1);
    std::size_t start = text.size();
    while (start > 0 && is_name_char(text[start - 1]))
        --start;
    return text.substr(start);
}

/// The name alone, so that a program does not carry the long text it was cut from.
template <auto Member>
inline constexpr auto member_name_chars = [] {
    constexpr std::string_view name = last_name(pretty_member<Member>());
    std::array<char, name.size()> chars{};
    std::copy(name.begin(), name.end(), chars.begin());
    return chars;
}();

struct name_probe {
    int some_member;
};

} // namespace detail

template <auto Member>
inline constexpr std::string_view member_name{detail::member_name_chars<Member>.data(),
                                              detail::member_name_chars<Member>.size()};

static_assert(member_name<&detail::name_probe::some_member> == "some_member",
              "tandem: this compiler does not spell members as g++ and clang do; see "
              "tandem/table/member_name.hpp");

} // namespace tandem
