// SPDX-License-Identifier: BSL-1.0
//
// Date and time texts. The proleptic Gregorian calendar, computed here with 64 bits because
// std::chrono::year ends at 32767 while stores go further.
//
//   date      := year "-" MM "-" DD | "infinity" | "-infinity"
//   year      := YYYY (0001 to 9999) | ("+" | "-") YYYY digit*
//   timestamp := date (" " | "T") HH ":" MM ":" SS [ "." digit{1,6} ]
//   zone      := "Z" | ("+" | "-") HH [ [":"] MM [ [":"] SS ] ]
#include "tandem/core/types.hpp"

#include <charconv>
#include <limits>
#include <optional>

namespace tandem {

namespace {

using std::chrono::days;
using std::chrono::microseconds;

constexpr std::int64_t us_per_second = 1'000'000;
constexpr std::int64_t us_per_day = 86'400 * us_per_second;
constexpr std::int64_t days_per_era = 146'097; // 400 years

constexpr std::int64_t floor_div(std::int64_t a, std::int64_t b) noexcept {
    return a / b - (a % b < 0 ? 1 : 0);
}

/// What floor_div leaves. Not a - b * floor_div(a, b), whose product may overflow.
constexpr std::int64_t floor_mod(std::int64_t a, std::int64_t b) noexcept {
    return a % b + (a % b < 0 ? b : 0);
}

struct civil {
    std::int64_t year;
    unsigned month;
    unsigned day;
};

/// Howard Hinnant, "chrono-compatible low-level date algorithms", civil_from_days. The shift to
/// 0000-03-01 comes after the division by the era, so that no day number overflows.
civil civil_from_days(std::int64_t count) noexcept {
    std::int64_t era = floor_div(count, days_per_era);
    std::int64_t doe = floor_mod(count, days_per_era) + 719'468 - 4 * days_per_era;
    era += 4;
    if (doe >= days_per_era) {
        doe -= days_per_era;
        ++era;
    }
    const std::int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    const std::int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    const std::int64_t mp = (5 * doy + 2) / 153;
    const auto day = static_cast<unsigned>(doy - (153 * mp + 2) / 5 + 1);
    const auto month = static_cast<unsigned>(mp < 10 ? mp + 3 : mp - 9);
    return {yoe + era * 400 + (month <= 2 ? 1 : 0), month, day};
}

/// The same source, days_from_civil. `year` has at most nine digits.
std::int64_t days_from_civil(const civil& c) noexcept {
    const std::int64_t y = c.year - (c.month <= 2 ? 1 : 0);
    const std::int64_t era = floor_div(y, 400);
    const std::int64_t yoe = y - era * 400;
    const std::int64_t mp = c.month > 2 ? c.month - 3 : c.month + 9;
    const std::int64_t doy = (153 * mp + 2) / 5 + c.day - 1;
    const std::int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * days_per_era + doe - 719'468;
}

unsigned days_in_month(std::int64_t year, unsigned month) noexcept {
    if (month == 2) return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
    return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

void append_padded(std::string& out, std::uint64_t value, std::size_t width) {
    char digits[20];
    const auto end = std::to_chars(digits, digits + sizeof(digits), value).ptr;
    const auto length = static_cast<std::size_t>(end - digits);
    if (length < width) out.append(width - length, '0');
    out.append(digits, length);
}

void append_date(std::string& out, std::int64_t count) {
    const civil c = civil_from_days(count);
    if (c.year < 1 || c.year > 9999) out += c.year < 0 ? '-' : '+';
    append_padded(out, static_cast<std::uint64_t>(c.year < 0 ? -c.year : c.year), 4);
    out += '-';
    append_padded(out, c.month, 2);
    out += '-';
    append_padded(out, c.day, 2);
}

std::string timestamp_text(std::int64_t us) {
    const std::int64_t day = floor_div(us, us_per_day);
    const auto rest = static_cast<std::uint64_t>(floor_mod(us, us_per_day));
    std::string out;
    out.reserve(32);
    append_date(out, day);
    const char separators[] = {' ', ':', ':'};
    const std::uint64_t units[] = {rest / 3'600'000'000, rest / 60'000'000 % 60,
                                   rest / 1'000'000 % 60};
    for (std::size_t i = 0; i < 3; ++i) {
        out += separators[i];
        append_padded(out, units[i], 2);
    }
    out += '.';
    append_padded(out, rest % 1'000'000, 6);
    return out;
}

/// Reads a text from left to right; every function says whether it found what it was asked for.
struct reader {
    std::string_view rest;

    bool take(char c) noexcept {
        if (!rest.starts_with(c)) return false;
        rest.remove_prefix(1);
        return true;
    }
    std::size_t count_digits() const noexcept {
        std::size_t n = 0;
        while (n < rest.size() && rest[n] >= '0' && rest[n] <= '9')
            ++n;
        return n;
    }
    bool number(std::size_t width, std::int64_t& value) noexcept {
        if (count_digits() < width) return false;
        std::from_chars(rest.data(), rest.data() + width, value);
        rest.remove_prefix(width);
        return true;
    }
    bool day_number(std::int64_t& count) noexcept;
    bool time_of_day(std::int64_t& us) noexcept;
    bool zone(std::int64_t& offset_us) noexcept;
};

bool reader::day_number(std::int64_t& count) noexcept {
    const bool minus = take('-');
    const bool sign = minus || take('+');
    const std::size_t width = count_digits();
    if (width < 4 || width > 9 || (!sign && width != 4)) return false;
    if (width > 4 && rest.front() == '0') return false;
    std::int64_t year = 0;
    std::int64_t month = 0;
    std::int64_t day = 0;
    if (!number(width, year) || !take('-') || !number(2, month) || !take('-') || !number(2, day)) {
        return false;
    }
    if (minus && year == 0) return false;
    if (minus) year = -year;
    if (month < 1 || month > 12 || day < 1) return false;
    const auto m = static_cast<unsigned>(month);
    const auto d = static_cast<unsigned>(day);
    if (d > days_in_month(year, m)) return false;
    count = days_from_civil({year, m, d});
    return true;
}

bool reader::time_of_day(std::int64_t& us) noexcept {
    std::int64_t hour = 0;
    std::int64_t minute = 0;
    std::int64_t second = 0;
    if (!number(2, hour) || !take(':') || !number(2, minute) || !take(':') || !number(2, second)) {
        return false;
    }
    if (hour > 23 || minute > 59 || second > 59) return false;
    std::int64_t fraction = 0;
    if (take('.')) {
        const std::size_t width = count_digits();
        if (width < 1 || width > 6 || !number(width, fraction)) return false;
        for (std::size_t i = width; i < 6; ++i)
            fraction *= 10;
    }
    us = ((hour * 60 + minute) * 60 + second) * us_per_second + fraction;
    return true;
}

bool reader::zone(std::int64_t& offset_us) noexcept {
    offset_us = 0;
    if (take('Z')) return true;
    const bool minus = take('-');
    if (!minus && !take('+')) return false;
    std::int64_t hour = 0;
    std::int64_t minute = 0;
    std::int64_t second = 0;
    if (!number(2, hour)) return false;
    const auto more = [this] { return take(':') || count_digits() > 0; };
    if (more()) {
        if (!number(2, minute)) return false;
        if (more() && !number(2, second)) return false;
    }
    if (hour > 23 || minute > 59 || second > 59) return false;
    offset_us = ((hour * 60 + minute) * 60 + second) * us_per_second;
    if (minus) offset_us = -offset_us;
    return true;
}

/// day * us_per_day + time, nothing where that is no finite instant. The day is moved towards zero
/// first, so that the first and last representable days work.
std::optional<std::int64_t> join(std::int64_t day, std::int64_t time) noexcept {
    if (day < 0) {
        ++day;
        time -= us_per_day;
    }
    std::int64_t us = 0;
    if (__builtin_mul_overflow(day, us_per_day, &us) || __builtin_add_overflow(us, time, &us)) {
        return std::nullopt;
    }
    using numbers = std::numeric_limits<std::int64_t>;
    if (us == numbers::min() || us == numbers::max()) return std::nullopt; // the infinities
    return us;
}

error bad_date() { return {errc::out_of_range, "not a date; write it as 2024-02-29"}; }

error bad_timestamp(bool zone) {
    return {errc::out_of_range, zone ? "not a timestamp with a zone between the years -290307 and "
                                       "294246; write it as 2024-02-29 12:34:56.000001+00"
                                     : "not a timestamp between the years -290307 and 294246; "
                                       "write it as 2024-02-29 12:34:56.000001"};
}

/// Microseconds of a timestamp text with or without a zone.
std::optional<std::int64_t> parse_us(std::string_view text, bool with_zone) noexcept {
    if (text == "infinity") return microseconds::max().count();
    if (text == "-infinity") return microseconds::min().count();
    reader in{text};
    std::int64_t day = 0;
    std::int64_t time = 0;
    std::int64_t offset = 0;
    if (!in.day_number(day) || !(in.take(' ') || in.take('T')) || !in.time_of_day(time)) {
        return std::nullopt;
    }
    if (with_zone && !in.zone(offset)) return std::nullopt;
    if (!in.rest.empty()) return std::nullopt;
    return join(day, time - offset);
}

std::optional<std::string> infinity_text(bool is_max, bool is_min) {
    if (is_max) return "infinity";
    if (is_min) return "-infinity";
    return std::nullopt;
}

} // namespace

std::string to_text(date value) {
    const days count = value.time_since_epoch();
    if (auto text = infinity_text(count == days::max(), count == days::min())) return *text;
    std::string out;
    append_date(out, count.count());
    return out;
}

std::string to_text(timestamp value) {
    if (auto text = infinity_text(value == timestamp::max(), value == timestamp::min())) {
        return *text;
    }
    return timestamp_text(value.time_since_epoch().count());
}

std::string to_text(timestamptz value) {
    if (auto text = infinity_text(value == timestamptz::max(), value == timestamptz::min())) {
        return *text;
    }
    return timestamp_text(value.time_since_epoch().count()) + "+00";
}

result<date> parse_date(std::string_view text) {
    if (text == "infinity") return date(days::max());
    if (text == "-infinity") return date(days::min());
    reader in{text};
    std::int64_t count = 0;
    if (!in.day_number(count) || !in.rest.empty()) return bad_date();
    return date(days(count));
}

result<timestamp> parse_timestamp(std::string_view text) {
    const auto us = parse_us(text, false);
    if (!us) return bad_timestamp(false);
    return timestamp(microseconds(*us));
}

result<timestamptz> parse_timestamptz(std::string_view text) {
    const auto us = parse_us(text, true);
    if (!us) return bad_timestamp(true);
    return timestamptz(microseconds(*us));
}

} // namespace tandem
