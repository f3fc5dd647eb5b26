// SPDX-License-Identifier: BSL-1.0
//
// numeric := ndigits:int16 weight:int16 sign:uint16 dscale:uint16 digit{ndigits}
// digit   := int16, 0 to 9999, base 10,000; the first one counts 10000^weight
// sign    := 0x0000 plus | 0x4000 minus | 0xC000 NaN | 0xD000 Infinity | 0xF000 -Infinity

#include "postgres/numeric_codec.hpp"

#include "postgres/wire.hpp"

#include <algorithm>
#include <vector>

namespace tandem::postgres::detail {
namespace {

constexpr std::uint16_t plus = 0x0000, minus = 0x4000, nan = 0xC000, infinity = 0xD000,
                        minus_infinity = 0xF000;
constexpr std::size_t integer_digits_max = 131'072, fraction_digits_max = 16'383;

void put_header(std::string& out, std::size_t digits, int weight, std::uint16_t sign,
                std::size_t scale) {
    put(out, static_cast<std::int16_t>(digits));
    put(out, static_cast<std::int16_t>(weight));
    put(out, sign);
    put(out, static_cast<std::uint16_t>(scale));
}

int digit_at(std::string_view digits, std::ptrdiff_t position) {
    const bool inside = position >= 0 && position < static_cast<std::ptrdiff_t>(digits.size());
    return inside ? digits[static_cast<std::size_t>(position)] - '0' : 0;
}

// The decimal digits in groups of four, aligned at the point.
std::vector<std::int16_t> groups_of(std::string_view whole, std::string_view fraction) {
    std::vector<std::int16_t> groups;
    const auto length = static_cast<std::ptrdiff_t>(whole.size());
    for (std::ptrdiff_t at = length - ((length + 3) / 4) * 4; at < length; at += 4) {
        int group = 0;
        for (std::ptrdiff_t i = at; i < at + 4; ++i)
            group = group * 10 + digit_at(whole, i);
        groups.push_back(static_cast<std::int16_t>(group));
    }
    for (std::size_t at = 0; at < fraction.size(); at += 4) {
        int group = 0;
        for (std::size_t i = at; i < at + 4; ++i) {
            group = group * 10 + digit_at(fraction, static_cast<std::ptrdiff_t>(i));
        }
        groups.push_back(static_cast<std::int16_t>(group));
    }
    return groups;
}

bool put_special(std::string& out, std::string_view text) {
    const std::uint16_t sign = text == "NaN"         ? nan
                               : text == "Infinity"  ? infinity
                               : text == "-Infinity" ? minus_infinity
                                                     : plus;
    if (sign == plus) return false;
    put_header(out, 0, 0, sign, 0);
    return true;
}

} // namespace

result<void> put_numeric(std::string& out, const decimal& value) {
    std::string_view text = value.text();
    if (put_special(out, text)) return success();
    const bool negative = text.starts_with('-');
    if (negative) text.remove_prefix(1);
    const std::size_t point = std::min(text.find('.'), text.size());
    const std::string_view whole = text.substr(0, point);
    const std::string_view fraction =
        point < text.size() ? text.substr(point + 1) : std::string_view();
    if (whole.size() > integer_digits_max || fraction.size() > fraction_digits_max) {
        return error(errc::out_of_range, "a numeric value has more digits than PostgreSQL holds");
    }
    const std::vector<std::int16_t> groups = groups_of(whole, fraction);
    const auto is_zero = [](std::int16_t g) { return g == 0; };
    const auto first = std::find_if_not(groups.begin(), groups.end(), is_zero);
    if (first == groups.end()) {
        put_header(out, 0, 0, plus, fraction.size()); // there is no minus zero
        return success();
    }
    const auto last = std::find_if_not(groups.rbegin(), groups.rend(), is_zero).base();
    const auto whole_groups = static_cast<int>((whole.size() + 3) / 4);
    const int weight = whole_groups - 1 - static_cast<int>(first - groups.begin());
    put_header(out, static_cast<std::size_t>(last - first), weight, negative ? minus : plus,
               fraction.size());
    for (auto it = first; it != last; ++it)
        put(out, *it);
    return success();
}

result<decimal> get_numeric(std::string_view in) {
    wire_reader reader(in);
    const int digits = reader.take<std::int16_t>();
    const int weight = reader.take<std::int16_t>();
    const auto sign = reader.take<std::uint16_t>();
    const int scale = reader.take<std::uint16_t>();
    if (!reader.ok()) return error(errc::corrupt_data, "a numeric value is cut short");
    if (sign == nan) return decimal::parse("NaN");
    if (sign == infinity) return decimal::parse("Infinity");
    if (sign == minus_infinity) return decimal::parse("-Infinity");
    std::vector<std::int16_t> groups;
    for (int i = 0; i < digits; ++i) {
        groups.push_back(reader.take<std::int16_t>());
        if (!reader.ok() || groups.back() < 0 || groups.back() > 9999) {
            return error(errc::corrupt_data, "a numeric value does not decode");
        }
    }
    const auto group = [&](int position) {
        return position >= 0 && position < digits ? groups[static_cast<std::size_t>(position)] : 0;
    };
    const auto append_group = [](std::string& text, int g) {
        for (const int unit : {1000, 100, 10, 1})
            text += static_cast<char>('0' + (g / unit) % 10);
    };
    std::string whole;
    for (int i = 0; i <= weight; ++i)
        append_group(whole, group(i));
    whole.erase(0, std::min(whole.find_first_not_of('0'), whole.size()));
    if (whole.empty()) whole = "0";
    std::string fraction;
    for (int i = weight + 1; fraction.size() < static_cast<std::size_t>(scale); ++i) {
        append_group(fraction, group(i));
    }
    fraction.resize(static_cast<std::size_t>(scale));
    return decimal::parse((sign == minus ? "-" : "") + whole + (scale > 0 ? "." + fraction : ""));
}

} // namespace tandem::postgres::detail
