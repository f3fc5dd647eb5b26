// SPDX-License-Identifier: BSL-1.0
//
// MD5 (RFC 1321), as Boost.Uuid has it. It spreads keys over buckets and stripes; nothing relies on
// it being hard to invert.
#include "tandem/core/key.hpp"

#include <boost/uuid/detail/md5.hpp>

#include <algorithm>
#include <cstring>

namespace tandem {

std::array<std::uint8_t, 16> md5(std::string_view data) noexcept {
    boost::uuids::detail::md5 state;
    // The digest reads its input as 32-bit words, so it gets it from memory aligned for them.
    std::array<std::uint32_t, 16> block{};
    while (!data.empty()) {
        const std::size_t length = std::min(data.size(), sizeof(block));
        std::memcpy(block.data(), data.data(), length);
        state.process_bytes(block.data(), length);
        data.remove_prefix(length);
    }
    boost::uuids::detail::md5::digest_type words;
    state.get_digest(words); // each word holds four digest bytes, the first one uppermost
    std::array<std::uint8_t, 16> digest{};
    for (std::size_t i = 0; i < digest.size(); ++i) {
        digest[i] = static_cast<std::uint8_t>(words[i / 4] >> (24 - 8 * (i % 4)));
    }
    return digest;
}

std::uint32_t hash32(std::string_view data) noexcept {
    const auto digest = md5(data);
    return std::uint32_t{digest[0]} << 24 | std::uint32_t{digest[1]} << 16 |
           std::uint32_t{digest[2]} << 8 | std::uint32_t{digest[3]};
}

} // namespace tandem
