// SPDX-License-Identifier: BSL-1.0
//
// Keys as bytes, and the bucket of a key. The encoding is fixed by the protocol and the same in C++
// and SQL:
//
//   key    := column+                  in key column order
//   column := length text              length: 4 bytes, big-endian, of text
//   text   := UTF-8 of the canonical text of the value:
//             bool "true"/"false"; integers in decimal; numeric without trailing zeros of the
//             fraction; text as it is; bytes in lower case hexadecimal; uuid lower case with
//             dashes;
//             date as days since 1970-01-01; timestamps as microseconds since 1970-01-01 00:00,
//             both "infinity" and "-infinity" where infinite
//   bucket := first 4 bytes of md5(key), big-endian unsigned, modulo the number of buckets
//
// Floating point and json columns cannot be keys: NaN, -0 and white space have no one text.
#pragma once

#include "tandem/core/cell.hpp"
#include "tandem/core/limits.hpp"

#include <array>
#include <span>
#include <string>

namespace tandem {

/// The cells of the key columns, in key order.
using key = std::vector<cell>;
/// The encoded key; a byte string.
using key_bytes = std::string;

/// A key in both forms, so that no store encodes or decodes on the hot path.
struct row_key {
    tandem::key parts;
    key_bytes encoded;
};

[[nodiscard]] constexpr bool can_be_key(column_type type) noexcept {
    return type != column_type::float32 && type != column_type::float64 &&
           type != column_type::json;
}

/// Errors: unexpected_null (a NULL part), empty_key (no parts, or an empty text or bytes part),
/// invalid_text, type_mismatch (a floating point or json part), key_too_large.
[[nodiscard]] result<key_bytes> encode_key(std::span<const cell> parts,
                                           std::size_t bytes_max = limits{}.key_bytes_max);

/// The same without the refusal of empty parts and without a bound: for keys that a store already
/// holds (rows written before tandem).
[[nodiscard]] key_bytes encode_stored_key(std::span<const cell> parts);

/// The inverse. Errors: corrupt_data.
[[nodiscard]] result<key> decode_key(std::string_view encoded, std::span<const column_type> types);

[[nodiscard]] std::array<std::uint8_t, 16> md5(std::string_view data) noexcept;
/// First four bytes of md5 as a big-endian unsigned number.
[[nodiscard]] std::uint32_t hash32(std::string_view data) noexcept;

/// 0 where buckets is 1, without hashing.
[[nodiscard]] int bucket_of(std::string_view encoded, int buckets) noexcept;

inline constexpr int key_lock_stripes = 1024;
/// The stripe of the key lock: hash32 of the table's number (2 bytes, big-endian) followed by the
/// encoded key, modulo key_lock_stripes. Same for every actor at a side.
[[nodiscard]] int key_stripe(std::uint16_t table, std::string_view encoded) noexcept;

/// The number of a migration, from its name: lock class and identity in the control tables.
/// hash32 of the name, read as signed.
[[nodiscard]] std::int32_t migration_id(std::string_view name) noexcept;

} // namespace tandem
