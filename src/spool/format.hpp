// SPDX-License-Identifier: BSL-1.0
//
// The bytes of a spool that tandem lays out itself. Numbers are little-endian. A frame can be told
// from anything else by itself, wherever it stands, so records are found in files that SQLite can
// no longer read.
//
//   frame   := magic crc size body     magic: 4 bytes, crc: 4 bytes, CRC32C of size and body
//   record  := frame of "\x93tSr"      body := id(8) table(2) key_size(4) key rest
//   head    := frame of "\x93tSh"      body := format(4) identity(16 bytes) ...
//   mark    := frame of "\x93tSm"      body := id(8), the last one that was acknowledged
//
// Whoever changes one of these raises `format_number`. The head of every format begins as above.
#pragma once

#include "tandem/concepts/fallback_queue.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace tandem::spool::detail {

inline constexpr std::uint32_t format_number = 1;
inline constexpr std::size_t record_overhead = 12 + 14; // frame, and id, table, key_size

inline constexpr std::int64_t id_max = std::int64_t{1} << 62;

struct stored_record {
    std::int64_t id = 0;
    intent_record what;
};

struct head {
    std::uint32_t format = format_number;
    std::string identity; ///< 16 bytes
};

[[nodiscard]] std::string encode(const stored_record& r);
[[nodiscard]] std::string encode(const head& h);
[[nodiscard]] std::string encode_mark(std::int64_t id);

/// The whole of `bytes` is one good frame; nothing where it is not.
[[nodiscard]] std::optional<stored_record> decode_record(std::string_view bytes);
[[nodiscard]] std::optional<head> decode_head(std::string_view bytes);
[[nodiscard]] std::optional<std::int64_t> decode_mark(std::string_view bytes);

/// Every good record, or head, that stands in one piece anywhere in `bytes`.
[[nodiscard]] std::vector<stored_record> find_records(std::string_view bytes);
[[nodiscard]] std::optional<head> find_head(std::string_view bytes);

} // namespace tandem::spool::detail
