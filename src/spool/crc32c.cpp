// SPDX-License-Identifier: BSL-1.0
#include "spool/crc32c.hpp"

#include <array>

namespace tandem::spool::detail {
namespace {

constexpr std::uint32_t polynomial = 0x82f63b78; // 0x1edc6f41, reflected

constexpr std::array<std::uint32_t, 256> make_table() noexcept {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < 256; ++i) {
        std::uint32_t c = i;
        for (int bit = 0; bit < 8; ++bit)
            c = (c >> 1) ^ ((c & 1) != 0 ? polynomial : 0);
        table[i] = c;
    }
    return table;
}

constexpr auto table = make_table();

} // namespace

std::uint32_t crc32c(std::string_view bytes) noexcept {
    std::uint32_t c = 0xffffffff;
    for (const char byte : bytes)
        c = (c >> 8) ^ table[(c ^ static_cast<unsigned char>(byte)) & 0xff];
    return ~c;
}

} // namespace tandem::spool::detail
