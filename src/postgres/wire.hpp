// SPDX-License-Identifier: BSL-1.0
//
// Numbers in network byte order, as PostgreSQL's binary formats hold them. Pure functions over
// byte strings; the reader never reads past its end and says so instead.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace tandem::postgres::detail {

template <class T>
inline void put(std::string& out, T value) {
    static_assert(std::is_integral_v<T>);
    auto bits = static_cast<std::make_unsigned_t<T>>(value);
    char buffer[sizeof(T)];
    for (std::size_t i = sizeof(T); i-- > 0;) {
        buffer[i] = static_cast<char>(bits & 0xFF);
        if constexpr (sizeof(T) > 1) bits = static_cast<std::make_unsigned_t<T>>(bits >> 8);
    }
    out.append(buffer, sizeof(T));
}

/// Overwrites four bytes at `position`: a length that is known only afterwards.
inline void put_at(std::string& out, std::size_t position, std::int32_t value) {
    const auto bits = static_cast<std::uint32_t>(value);
    for (std::size_t i = 0; i < 4; ++i) {
        out[position + i] = static_cast<char>((bits >> (24 - 8 * i)) & 0xFF);
    }
}

/// Precondition: in.size() >= sizeof(T).
template <class T>
[[nodiscard]] inline T get(std::string_view in) noexcept {
    static_assert(std::is_integral_v<T>);
    std::make_unsigned_t<T> bits = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) {
        if constexpr (sizeof(T) > 1) bits = static_cast<std::make_unsigned_t<T>>(bits << 8);
        bits = static_cast<std::make_unsigned_t<T>>(bits | static_cast<unsigned char>(in[i]));
    }
    return static_cast<T>(bits);
}

/// Reads one number after the other; `ok` turns false at the first one that is not there.
class wire_reader {
public:
    explicit wire_reader(std::string_view in) noexcept : rest_(in) {}

    template <class T>
    [[nodiscard]] T take() noexcept {
        if (rest_.size() < sizeof(T)) {
            ok_ = false;
            rest_ = {};
            return 0;
        }
        const T value = get<T>(rest_);
        rest_.remove_prefix(sizeof(T));
        return value;
    }
    [[nodiscard]] bool ok() const noexcept { return ok_; }
    [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }

private:
    std::string_view rest_;
    bool ok_ = true;
};

} // namespace tandem::postgres::detail
