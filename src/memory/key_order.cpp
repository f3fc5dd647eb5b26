// SPDX-License-Identifier: BSL-1.0
#include "memory/key_order.hpp"

#include <algorithm>
#include <string_view>
#include <type_traits>

namespace tandem::memory::detail {

namespace {

int sign_of(std::strong_ordering o) noexcept { return o < 0 ? -1 : o > 0 ? 1 : 0; }

/// -Infinity, finite, Infinity, NaN: the order of numeric columns.
int rank_of(std::string_view text) noexcept {
    if (text == "-Infinity") return 0;
    if (text == "Infinity") return 2;
    if (text == "NaN") return 3;
    return 1;
}

/// Compares digits[.digits] without sign.
int compare_magnitude(std::string_view a, std::string_view b) noexcept {
    const auto whole = [](std::string_view t) { return t.substr(0, t.find('.')); };
    const auto fraction = [](std::string_view t) {
        const auto dot = t.find('.');
        return dot == std::string_view::npos ? std::string_view() : t.substr(dot + 1);
    };
    const auto wa = whole(a);
    const auto wb = whole(b);
    // decimal::parse admits no leading zeros, so the longer whole part is the greater one.
    if (wa.size() != wb.size()) return wa.size() < wb.size() ? -1 : 1;
    if (const int c = sign_of(wa <=> wb); c != 0) return c;
    const auto fa = fraction(a);
    const auto fb = fraction(b);
    for (std::size_t i = 0; i < std::max(fa.size(), fb.size()); ++i) {
        const char ca = i < fa.size() ? fa[i] : '0';
        const char cb = i < fb.size() ? fb[i] : '0';
        if (ca != cb) return ca < cb ? -1 : 1;
    }
    return 0;
}

int compare(const decimal& x, const decimal& y) noexcept {
    std::string_view a = x.text();
    std::string_view b = y.text();
    const int ra = rank_of(a);
    const int rb = rank_of(b);
    if (ra != rb || ra != 1) return ra < rb ? -1 : ra > rb ? 1 : 0;
    const bool na = a.front() == '-';
    const bool nb = b.front() == '-';
    if (na) a.remove_prefix(1);
    if (nb) b.remove_prefix(1);
    const auto is_zero = [](std::string_view t) {
        return t.find_first_not_of("0.") == std::string_view::npos;
    };
    if (is_zero(a) && is_zero(b)) return 0;
    if (na != nb) return na ? -1 : 1;
    return na ? compare_magnitude(b, a) : compare_magnitude(a, b);
}

int compare(const cell& a, const cell& b) noexcept {
    if (a.index() != b.index()) return a.index() < b.index() ? -1 : 1;
    return std::visit(
        [&b](const auto& x) {
            const auto& y = *std::get_if<std::remove_cvref_t<decltype(x)>>(&b);
            if constexpr (std::is_same_v<decltype(x), const decimal&>) {
                return compare(x, y);
            } else {
                return x < y ? -1 : y < x ? 1 : 0;
            }
        },
        a);
}

} // namespace

bool key_before(const key& a, const key& b) noexcept {
    for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
        if (const int c = compare(a[i], b[i]); c != 0) return c < 0;
    }
    return a.size() < b.size();
}

} // namespace tandem::memory::detail
