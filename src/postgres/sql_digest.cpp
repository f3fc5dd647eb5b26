// SPDX-License-Identifier: BSL-1.0
//
// The digest of a row as one expression: a chain of the server's own 64-bit hashes, each seeded
// with the one before, so that equal columns at different places differ. NULL is hashed as a
// constant and told from it by a bitmap of the nulls, which starts the chain. Columns whose native
// hash merges different contents (1.0 and 1.00, 0 and -0) are hashed by their text.

#include "postgres/sql.hpp"
#include "postgres/sql_text.hpp"

#include <algorithm>

namespace tandem::postgres::detail {
namespace {

constexpr std::size_t bits_per_map = 62;

std::string text_hash(const std::string& value, const std::string& seed) {
    return "hashtextextended(coalesce(" + value + ", '') collate \"C\", " + seed + ")";
}

std::string time_hash(const std::string& value, const std::string& seed) {
    return "timestamp_hash_extended(coalesce(" + value + ", timestamp '2000-01-01'), " + seed + ")";
}

std::string column_hash(const std::string& column, wire_format format, const std::string& seed) {
    switch (format) {
    case wire_format::boolean:
        return "hashint8extended(coalesce(" + column + "::int, 0)::int8, " + seed + ")";
    case wire_format::int2:
    case wire_format::int4:
    case wire_format::int8:
        return "hashint8extended(coalesce(" + column + "::int8, 0), " + seed + ")";
    case wire_format::uuid:
        return "uuid_hash_extended(coalesce(" + column +
               ", '00000000-0000-0000-0000-000000000000'), " + seed + ")";
    case wire_format::date:
    case wire_format::timestamp: return time_hash(column + "::timestamp", seed);
    case wire_format::timestamptz: return time_hash("(" + column + " at time zone 'UTC')", seed);
    case wire_format::bytea: return text_hash("encode(" + column + ", 'hex')", seed);
    case wire_format::float4:
    case wire_format::float8: return text_hash(column + "::float8::text", seed);
    case wire_format::numeric:
    case wire_format::text:
    case wire_format::json:
    case wire_format::jsonb: return text_hash(column + "::text", seed);
    }
    return seed;
}

} // namespace

std::string digest_expression(const sql_table& own) {
    std::vector<std::size_t> by_field(own.types.size());
    for (std::size_t i = 0; i < own.types.size(); ++i) {
        by_field[own.schema->columns[i].field] = i;
    }
    const auto name = [&](std::size_t field) { return "t." + column_name(own, by_field[field]); };
    std::string chain = "0";
    for (std::size_t first = 0; first < by_field.size(); first += bits_per_map) {
        const std::size_t count = std::min(bits_per_map, by_field.size() - first);
        const std::string map = joined(count, " + ", [&](std::size_t i) {
            return "((" + name(first + i) + " is null)::int::int8 << " + std::to_string(i) + ")";
        });
        chain = "hashint8extended(" + map + ", " + chain + ")";
    }
    for (std::size_t field = 0; field < by_field.size(); ++field) {
        chain = column_hash(name(field), own.types[by_field[field]].format, chain);
    }
    return chain;
}

} // namespace tandem::postgres::detail
