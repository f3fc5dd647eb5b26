// SPDX-License-Identifier: BSL-1.0
//
// codec<M> maps the type M of a record's member to a column type, and its values to cells and back.
// A type of your own gets a column by specialising it:
//
//     template <>
//     struct tandem::codec<money> {
//         static constexpr tandem::column_type type = tandem::column_type::int64;
//         static tandem::result<tandem::cell> encode(const money&);
//         static tandem::result<money> decode(const tandem::cell&);
//     };
//
// decode is never given NULL: std::optional<M> is the one form of NULL, for every M with a codec.
// The errors of a codec are completed with the column's name by those who call it. All are
// thread-safe.
#pragma once

#include "tandem/core/cell.hpp"
#include "tandem/table/enum_names.hpp"

#include <concepts>
#include <limits>
#include <optional>
#include <utility>

namespace tandem {

template <class M>
struct codec;

namespace detail {

template <class M>
struct optional_traits {
    static constexpr bool is_optional = false;
    using value_type = M;
};
template <class M>
struct optional_traits<std::optional<M>> {
    static constexpr bool is_optional = true;
    using value_type = M;
};

template <class M, class... Types>
inline constexpr bool is_any_of = (std::same_as<M, Types> || ...);

/// The integers that fit a 64-bit signed column. Character types are no numbers.
template <class M>
concept column_integer =
    std::integral<M> && !is_any_of<M, bool, char, wchar_t, char8_t, char16_t, char32_t> &&
    (std::is_signed_v<M> || sizeof(M) < 8);

template <class M>
concept too_wide_integer =
    std::integral<M> && !is_any_of<M, bool, wchar_t, char8_t, char16_t, char32_t> &&
    !std::is_signed_v<M> && sizeof(M) >= 8;

template <class M>
concept scoped_enum = std::is_enum_v<M> && !std::is_convertible_v<M, std::underlying_type_t<M>>;

template <column_integer M>
constexpr column_type integer_type() noexcept {
    constexpr auto max = static_cast<std::int64_t>(std::numeric_limits<M>::max());
    if (max <= std::numeric_limits<std::int16_t>::max()) return column_type::int16;
    if (max <= std::numeric_limits<std::int32_t>::max()) return column_type::int32;
    return column_type::int64;
}

// Compiled once: the sentences.
[[nodiscard]] error wrong_cell(column_type wanted);
[[nodiscard]] error integer_out_of_range(std::int64_t min, std::int64_t max);
[[nodiscard]] error float_out_of_range();
[[nodiscard]] error not_a_day();
[[nodiscard]] error day_out_of_range();
[[nodiscard]] error unnamed_value();
[[nodiscard]] error unknown_name();
[[nodiscard]] result<void> check_text(std::string_view text);

/// A member type that is itself what a cell holds.
template <class M, column_type Type>
struct plain_codec {
    static constexpr column_type type = Type;
    static result<cell> encode(const M& value) { return cell(value); }
    static result<M> decode(const cell& c) {
        if (const auto* value = std::get_if<M>(&c)) return *value;
        return wrong_cell(type);
    }
};

} // namespace detail

template <>
struct codec<bool> : detail::plain_codec<bool, column_type::boolean> {};
template <>
struct codec<double> : detail::plain_codec<double, column_type::float64> {};
template <>
struct codec<decimal> : detail::plain_codec<decimal, column_type::numeric> {};
template <>
struct codec<bytes> : detail::plain_codec<bytes, column_type::bytes> {};
template <>
struct codec<uuid> : detail::plain_codec<uuid, column_type::uuid> {};
template <>
struct codec<date> : detail::plain_codec<date, column_type::date> {};
template <>
struct codec<timestamp> : detail::plain_codec<timestamp, column_type::timestamp> {};
template <>
struct codec<timestamptz> : detail::plain_codec<timestamptz, column_type::timestamptz> {};

/// std::int8_t to std::int64_t and std::uint8_t to std::uint32_t, in the narrowest column that
/// holds all their values.
template <detail::column_integer M>
struct codec<M> {
    static constexpr column_type type = detail::integer_type<M>();
    static result<cell> encode(M value) { return cell(static_cast<std::int64_t>(value)); }
    static result<M> decode(const cell& c) {
        const auto* value = std::get_if<std::int64_t>(&c);
        if (value == nullptr) return detail::wrong_cell(type);
        constexpr auto min = static_cast<std::int64_t>(std::numeric_limits<M>::min());
        constexpr auto max = static_cast<std::int64_t>(std::numeric_limits<M>::max());
        if (*value < min || *value > max) return detail::integer_out_of_range(min, max);
        return static_cast<M>(*value);
    }
};

template <>
struct codec<float> {
    static constexpr column_type type = column_type::float32;
    static result<cell> encode(float value) { return cell(static_cast<double>(value)); }
    /// Rounds to float; a finite value beyond the range of float is out_of_range.
    static result<float> decode(const cell& c);
};

template <>
struct codec<std::string> {
    static constexpr column_type type = column_type::text;
    /// Errors: invalid_text.
    static result<cell> encode(const std::string& value) {
        TANDEM_TRY(detail::check_text(value));
        return cell(value);
    }
    static result<std::string> decode(const cell& c) {
        if (const auto* value = std::get_if<std::string>(&c)) return *value;
        return detail::wrong_cell(type);
    }
};

template <>
struct codec<json> {
    static constexpr column_type type = column_type::json;
    /// Errors: invalid_text.
    static result<cell> encode(const json& value) {
        TANDEM_TRY(detail::check_text(value.text));
        return cell(value);
    }
    static result<json> decode(const cell& c) {
        if (const auto* value = std::get_if<json>(&c)) return *value;
        return detail::wrong_cell(type);
    }
};

template <>
struct codec<std::chrono::year_month_day> {
    static constexpr column_type type = column_type::date;
    /// Errors: out_of_range for a day that the calendar does not have.
    static result<cell> encode(const std::chrono::year_month_day& value);
    /// Errors: out_of_range for infinities and years beyond std::chrono::year.
    static result<std::chrono::year_month_day> decode(const cell& c);
};

/// As the underlying integer, or as text where enum_names<M> is specialised.
template <detail::scoped_enum M>
requires(!has_enum_names<M> && detail::column_integer<std::underlying_type_t<M>>) struct codec<M> {
    using integer = std::underlying_type_t<M>;
    static constexpr column_type type = codec<integer>::type;
    static result<cell> encode(M value) {
        return codec<integer>::encode(static_cast<integer>(value));
    }
    static result<M> decode(const cell& c) {
        TANDEM_TRY(const integer value, codec<integer>::decode(c));
        return static_cast<M>(value);
    }
};

template <detail::scoped_enum M>
requires has_enum_names<M>
struct codec<M> {
    static_assert(detail::enum_names_are_distinct<M>(),
                  "tandem: in enum_names every value and every name stands once, and no name is "
                  "empty");
    static constexpr column_type type = column_type::text;
    static result<cell> encode(M value) {
        const std::string_view name = name_of(value);
        if (name.empty()) return detail::unnamed_value();
        return cell(std::string(name));
    }
    static result<M> decode(const cell& c) {
        const auto* name = std::get_if<std::string>(&c);
        if (name == nullptr) return detail::wrong_cell(type);
        if (const auto value = value_of<M>(*name)) return *value;
        return detail::unknown_name();
    }
};

template <class M>
requires(!detail::optional_traits<M>::is_optional) struct codec<std::optional<M>> {
    static constexpr column_type type = codec<M>::type;
    static result<cell> encode(const std::optional<M>& value) {
        if (!value) return cell(null{});
        return codec<M>::encode(*value);
    }
    static result<std::optional<M>> decode(const cell& c) {
        if (is_null(c)) return std::optional<M>();
        TANDEM_TRY(auto value, codec<M>::decode(c));
        return std::optional<M>(std::move(value));
    }
};

namespace detail {
template <class V>
concept has_codec = !optional_traits<V>::is_optional && requires(const V& value, const cell& c) {
    { codec<V>::type } -> std::convertible_to<column_type>;
    { codec<V>::encode(value) } -> std::same_as<result<cell>>;
    { codec<V>::decode(c) } -> std::same_as<result<V>>;
};
} // namespace detail

/// Whether a member of type M can be a column: there is a codec for it, or for what the optional
/// holds. Models: all of the above. Counter-models: std::uint64_t, char, pointers, unscoped enums.
template <class M>
concept mappable = detail::has_codec<typename detail::optional_traits<M>::value_type>;

} // namespace tandem
