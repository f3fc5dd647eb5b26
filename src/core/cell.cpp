// SPDX-License-Identifier: BSL-1.0
#include "tandem/core/cell.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>

namespace tandem {

namespace {

template <class... F>
struct overloaded : F... {
    using F::operator()...;
};
template <class... F>
overloaded(F...) -> overloaded<F...>; // clang 14 does not deduce aggregates

bool same_double(double a, double b) noexcept {
    if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
    return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

std::string number_text(auto value) {
    char digits[32];
    const auto end = std::to_chars(digits, digits + sizeof(digits), value).ptr;
    return std::string(digits, end);
}

} // namespace

bool same_cell(const cell& a, const cell& b) noexcept {
    if (a.index() != b.index()) return false;
    if (const auto* x = std::get_if<double>(&a)) return same_double(*x, *std::get_if<double>(&b));
    return a == b;
}

std::size_t size_of(const cell& c) noexcept {
    return std::visit(overloaded{
                          [](const null&) -> std::size_t { return 0; },
                          [](bool) -> std::size_t { return 1; },
                          [](const decimal& v) { return v.text().size(); },
                          [](const std::string& v) { return v.size(); },
                          [](const bytes& v) { return v.size(); },
                          [](const json& v) { return v.text.size(); },
                          [](const auto& v) { return sizeof(v); },
                      },
                      c);
}

bool holds(const cell& c, column_type type) noexcept {
    if (is_null(c)) return true;
    switch (type) {
    case column_type::boolean: return std::holds_alternative<bool>(c);
    case column_type::int16:
    case column_type::int32:
    case column_type::int64: return std::holds_alternative<std::int64_t>(c);
    case column_type::float32:
    case column_type::float64: return std::holds_alternative<double>(c);
    case column_type::numeric: return std::holds_alternative<decimal>(c);
    case column_type::text: return std::holds_alternative<std::string>(c);
    case column_type::bytes: return std::holds_alternative<bytes>(c);
    case column_type::uuid: return std::holds_alternative<uuid>(c);
    case column_type::date: return std::holds_alternative<date>(c);
    case column_type::timestamp: return std::holds_alternative<timestamp>(c);
    case column_type::timestamptz: return std::holds_alternative<timestamptz>(c);
    case column_type::json: return std::holds_alternative<json>(c);
    }
    return false;
}

bool same_row(const row& a, const row& b) noexcept {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), same_cell);
}

std::string describe(const cell& c) {
    return std::visit(overloaded{
                          [](const null&) -> std::string { return "NULL"; },
                          [](bool v) -> std::string { return v ? "true" : "false"; },
                          [](std::int64_t v) { return number_text(v); },
                          [](double v) { return number_text(v); },
                          [](const decimal& v) { return v.text(); },
                          [](const std::string& v) { return "'" + v + "'"; },
                          [](const bytes& v) { return "\\x" + to_hex(v); },
                          [](const json& v) { return v.text; },
                          [](const auto& v) { return to_text(v); },
                      },
                      c);
}

} // namespace tandem
