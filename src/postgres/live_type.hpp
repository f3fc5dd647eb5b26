// SPDX-License-Identifier: BSL-1.0
//
// What a column really is on the server: its type's number, the number of the array type over it,
// and the binary format values travel in. Read from the catalog once; domains are seen through to
// their base type, enums travel as the text of their label.
#pragma once

#include "tandem/core/column_type.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace tandem::postgres::detail {

/// A number in pg_type, as libpq's Oid.
using oid = std::uint32_t;

namespace oids {
inline constexpr oid boolean = 16, bytea = 17, single_char = 18, name = 19, int8 = 20, int2 = 21,
                     int4 = 23, text = 25, json = 114, float4 = 700, float8 = 701, bpchar = 1042,
                     varchar = 1043, date = 1082, timestamp = 1114, timestamptz = 1184,
                     numeric = 1700, uuid = 2950, jsonb = 3802;
inline constexpr oid int4_array = 1007, int8_array = 1016, bytea_array = 1001, uuid_array = 2951;
} // namespace oids

/// The binary formats known here.
enum class wire_format : std::uint8_t {
    boolean,
    int2,
    int4,
    int8,
    float4,
    float8,
    numeric,
    text,
    bytea,
    uuid,
    date,
    timestamp,
    timestamptz,
    json,
    jsonb,
};

struct live_type {
    oid type = 0;
    oid array = 0;
    wire_format format = wire_format::text;
};

/// The format of a type: `is_enum` where the catalog says so. Nothing for types unknown here.
[[nodiscard]] constexpr std::optional<wire_format> format_of(oid type, bool is_enum) noexcept {
    if (is_enum) return wire_format::text;
    switch (type) {
    case oids::boolean: return wire_format::boolean;
    case oids::int2: return wire_format::int2;
    case oids::int4: return wire_format::int4;
    case oids::int8: return wire_format::int8;
    case oids::float4: return wire_format::float4;
    case oids::float8: return wire_format::float8;
    case oids::numeric: return wire_format::numeric;
    case oids::text:
    case oids::varchar:
    case oids::bpchar:
    case oids::name: return wire_format::text;
    case oids::bytea: return wire_format::bytea;
    case oids::uuid: return wire_format::uuid;
    case oids::date: return wire_format::date;
    case oids::timestamp: return wire_format::timestamp;
    case oids::timestamptz: return wire_format::timestamptz;
    case oids::json: return wire_format::json;
    case oids::jsonb: return wire_format::jsonb;
    default: return std::nullopt;
    }
}

/// How a mapped type and a live column go together.
enum class fit : std::uint8_t {
    good,     ///< every value of the mapped type fits
    narrower, ///< the same kind, but the column holds less
    wrong,    ///< another kind of value
};

[[nodiscard]] constexpr fit fit_of(column_type mapped, wire_format live) noexcept {
    const auto integer = [live](int bytes) {
        const int has = live == wire_format::int2   ? 2
                        : live == wire_format::int4 ? 4
                        : live == wire_format::int8 ? 8
                                                    : 0;
        return has == 0 ? fit::wrong : has < bytes ? fit::narrower : fit::good;
    };
    const auto one = [live](wire_format a) { return live == a ? fit::good : fit::wrong; };
    switch (mapped) {
    case column_type::boolean: return one(wire_format::boolean);
    case column_type::int16: return integer(2);
    case column_type::int32: return integer(4);
    case column_type::int64: return integer(8);
    case column_type::float32:
        return live == wire_format::float4 ? fit::good : one(wire_format::float8);
    case column_type::float64:
        return live == wire_format::float4 ? fit::narrower : one(wire_format::float8);
    case column_type::numeric: return one(wire_format::numeric);
    case column_type::text: return one(wire_format::text);
    case column_type::bytes: return one(wire_format::bytea);
    case column_type::uuid: return one(wire_format::uuid);
    case column_type::date: return one(wire_format::date);
    case column_type::timestamp: return one(wire_format::timestamp);
    case column_type::timestamptz: return one(wire_format::timestamptz);
    case column_type::json: return live == wire_format::json ? fit::good : one(wire_format::jsonb);
    }
    return fit::wrong;
}

} // namespace tandem::postgres::detail
