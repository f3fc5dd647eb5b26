// SPDX-License-Identifier: BSL-1.0
//
// Enumerations are stored as their underlying integers. Who wants them stored as text names every
// enumerator, at namespace scope and before the mapping is written:
//
//     template <>
//     inline constexpr auto tandem::enum_names<color> = std::to_array<tandem::enum_name<color>>(
//         {{color::red, "red"}, {color::green, "green"}});
//
// A value without a name cannot be written, a text that is no name cannot be read: out_of_range.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <type_traits>

namespace tandem {

template <class E>
struct enum_name {
    E value;
    std::string_view name;
};

namespace detail {
struct unnamed {};
} // namespace detail

/// Specialise this; the primary template says "stored as an integer".
template <class E>
inline constexpr auto enum_names = detail::unnamed{};

template <class E>
inline constexpr bool has_enum_names =
    !std::is_same_v<std::remove_cvref_t<decltype(enum_names<E>)>, detail::unnamed>;

/// Empty where the value has no name.
template <class E>
[[nodiscard]] constexpr std::string_view name_of(E value) noexcept {
    for (const auto& entry : enum_names<E>) {
        if (entry.value == value) return entry.name;
    }
    return {};
}

template <class E>
[[nodiscard]] constexpr std::optional<E> value_of(std::string_view name) noexcept {
    for (const auto& entry : enum_names<E>) {
        if (entry.name == name) return entry.value;
    }
    return std::nullopt;
}

namespace detail {

/// Whether no value and no name stands twice and no name is empty.
template <class E>
consteval bool enum_names_are_distinct() {
    const auto& names = enum_names<E>;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (names[i].name.empty()) return false;
        for (std::size_t j = 0; j < i; ++j) {
            if (names[i].value == names[j].value || names[i].name == names[j].name) return false;
        }
    }
    return true;
}

} // namespace detail

} // namespace tandem
