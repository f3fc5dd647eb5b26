// SPDX-License-Identifier: BSL-1.0
#include "tandem/core/key.hpp"

#include <gtest/gtest.h>

namespace tandem {
namespace {

std::string hex_md5(std::string_view data) {
    bytes digest;
    for (const std::uint8_t b : md5(data))
        digest.push_back(std::byte{b});
    return to_hex(digest);
}

// RFC 1321, A.5.
TEST(md5, the_vectors_of_the_rfc) {
    EXPECT_EQ(hex_md5(""), "d41d8cd98f00b204e9800998ecf8427e");
    EXPECT_EQ(hex_md5("a"), "0cc175b9c0f1b6a831c399e269772661");
    EXPECT_EQ(hex_md5("abc"), "900150983cd24fb0d6963f7d28e17f72");
    EXPECT_EQ(hex_md5("message digest"), "f96b697d7cb7938d525a2f31aaf161d0");
    EXPECT_EQ(hex_md5("abcdefghijklmnopqrstuvwxyz"), "c3fcd3d76192e4007dfb496cca67e13b");
    EXPECT_EQ(hex_md5("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"),
              "d174ab98d277d9f5a5611c2c9f419d9f");
    EXPECT_EQ(hex_md5("1234567890123456789012345678901234567890"
                      "1234567890123456789012345678901234567890"),
              "57edf4a22be3c955ac49da2e2107b67a");
}

// Around the block of 64 bytes; digests of that many letters a, by md5sum.
TEST(md5, lengths_around_a_block) {
    EXPECT_EQ(hex_md5(std::string(55, 'a')), "ef1772b6dff9a122358552954ad0df65");
    EXPECT_EQ(hex_md5(std::string(56, 'a')), "3b0c8ac703f828b04c6c197006d17218");
    EXPECT_EQ(hex_md5(std::string(63, 'a')), "b06521f39153d618550606be297466d5");
    EXPECT_EQ(hex_md5(std::string(64, 'a')), "014842d480b571495a4a0363793f7367");
    EXPECT_EQ(hex_md5(std::string(65, 'a')), "c743a45e0d2e6a95cb859adae0248435");
    EXPECT_EQ(hex_md5(std::string(1000, 'a')), "cabe45dcc9ae5b66ba86600cca6b8ba8");
}

TEST(md5, does_not_depend_on_how_the_input_is_aligned) {
    const std::string padded = "xyzabc";
    EXPECT_EQ(md5(std::string_view(padded).substr(3)), md5("abc"));
}

TEST(hash32, is_the_first_four_bytes_big_endian) { EXPECT_EQ(hash32("abc"), 0x90015098u); }

} // namespace
} // namespace tandem
