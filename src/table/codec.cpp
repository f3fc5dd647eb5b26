// SPDX-License-Identifier: BSL-1.0
#include "tandem/table/codec.hpp"

#include <cmath>

namespace tandem {

namespace detail {

error wrong_cell(column_type wanted) {
    return {errc::type_mismatch, "the store gave a value that is not of type " +
                                     std::string(to_string(wanted)) +
                                     "; compare the column with the mapping"};
}

error integer_out_of_range(std::int64_t min, std::int64_t max) {
    return {errc::out_of_range, "the stored number is outside " + std::to_string(min) + " to " +
                                    std::to_string(max) + "; use a wider member"};
}

error float_out_of_range() {
    return {errc::out_of_range, "the stored number is beyond float; use a double member"};
}

error not_a_day() {
    return {errc::out_of_range, "the date names a day that its month does not have"};
}

error day_out_of_range() {
    return {errc::out_of_range, "the stored date is infinite or beyond the years of "
                                "std::chrono::year_month_day; use a tandem::date member"};
}

error unnamed_value() {
    return {errc::out_of_range, "the enumerator has no name; add it to tandem::enum_names"};
}

error unknown_name() {
    return {errc::out_of_range, "the stored text names no enumerator of tandem::enum_names"};
}

result<void> check_text(std::string_view text) {
    if (is_valid_text(text)) return success();
    return error(errc::invalid_text,
                 "the text is not UTF-8 or contains NUL; use a bytes column for "
                 "such data");
}

} // namespace detail

result<float> codec<float>::decode(const cell& c) {
    const auto* value = std::get_if<double>(&c);
    if (value == nullptr) return detail::wrong_cell(type);
    if (std::isfinite(*value) && std::abs(*value) > double{std::numeric_limits<float>::max()}) {
        return detail::float_out_of_range();
    }
    return static_cast<float>(*value);
}

result<cell> codec<std::chrono::year_month_day>::encode(const std::chrono::year_month_day& value) {
    if (!value.ok()) return detail::not_a_day();
    return cell(date(value));
}

result<std::chrono::year_month_day> codec<std::chrono::year_month_day>::decode(const cell& c) {
    using namespace std::chrono;
    const auto* value = std::get_if<date>(&c);
    if (value == nullptr) return detail::wrong_cell(type);
    constexpr date first = sys_days(year::min() / January / 1);
    constexpr date last = sys_days(year::max() / December / 31);
    if (*value < first || *value > last) return detail::day_out_of_range();
    return year_month_day(*value);
}

} // namespace tandem
