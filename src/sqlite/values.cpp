// SPDX-License-Identifier: BSL-1.0
//
//   boolean            INTEGER 0 | 1
//   int16, int32, int64  INTEGER
//   float32, float64   REAL | BLOB, 8 bytes, IEEE 754 big-endian, for NaN and -0.0 alone
//   numeric            TEXT, digits as they came; in a key column without trailing zeros
//   text               TEXT, UTF-8
//   bytes              BLOB
//   uuid               TEXT, 36 characters; BLOB, 16 bytes, where the column is declared BLOB
//   date               TEXT, ISO 8601
//   timestamp, timestamptz  TEXT, ISO 8601; INTEGER microseconds in a column declared INTEGER
//   json               TEXT
//   NULL               NULL
#include "sqlite/values.hpp"

#include "tandem/core/key.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>

namespace tandem::sqlite::detail {

namespace {

bool contains_word(std::string_view declared, std::string_view word) noexcept {
    const auto same = [](char a, char b) { return (a >= 'a' && a <= 'z' ? a - 32 : a) == b; };
    return std::search(declared.begin(), declared.end(), word.begin(), word.end(), same) !=
           declared.end();
}

error mismatch(const column_layout& column, std::string_view found) {
    return {errc::type_mismatch, column.label + " is mapped as " +
                                     std::string(to_string(column.type)) + ", but a row holds " +
                                     std::string(found) + "; correct the row or the mapping"};
}

error too_far(const column_layout& column) {
    return {errc::out_of_range, column.label + " holds a value that does not fit " +
                                    std::string(to_string(column.type)) +
                                    "; correct the row or the mapping"};
}

std::string_view class_name(const sql_value& v) noexcept {
    constexpr std::array<std::string_view, 7> names{"NULL", "INTEGER", "REAL", "TEXT",
                                                    "BLOB", "TEXT",    "BLOB"};
    return names[v.index()];
}

std::optional<std::string_view> text_of(const sql_value& v) noexcept {
    if (const auto* ref = std::get_if<text_ref>(&v)) {
        return ref->value;
    }
    if (const auto* own = std::get_if<text_own>(&v)) {
        return own->value;
    }
    return std::nullopt;
}

std::optional<std::string_view> blob_of(const sql_value& v) noexcept {
    if (const auto* ref = std::get_if<blob_ref>(&v)) {
        return ref->value;
    }
    if (const auto* own = std::get_if<blob_own>(&v)) {
        return own->value;
    }
    return std::nullopt;
}

std::string_view view_of(const bytes& b) noexcept {
    return {reinterpret_cast<const char*>(b.data()), b.size()};
}

// --- floating point -----------------------------------------------------------------------------

sql_value encode_double(double d) {
    if (!std::isnan(d) && !(d == 0.0 && std::signbit(d))) {
        return d;
    }
    auto word = std::bit_cast<std::uint64_t>(d);
    std::string octets(8, '\0');
    for (auto at = octets.rbegin(); at != octets.rend(); ++at, word >>= 8) {
        *at = static_cast<char>(word & 0xff);
    }
    return blob_own{std::move(octets)};
}

result<cell> decode_double(const sql_value& v, const column_layout& column) {
    if (const auto* d = std::get_if<double>(&v)) {
        return cell(*d);
    }
    if (const auto* i = std::get_if<std::int64_t>(&v)) { // NUMERIC affinity keeps 3.0 as 3
        return cell(static_cast<double>(*i));
    }
    const auto octets = blob_of(v);
    if (!octets || octets->size() != 8) {
        return mismatch(column, class_name(v));
    }
    std::uint64_t word = 0;
    for (const char octet : *octets) {
        word = (word << 8) | static_cast<unsigned char>(octet);
    }
    return cell(std::bit_cast<double>(word));
}

// --- integers -----------------------------------------------------------------------------------

template <class T>
bool fits(std::int64_t i) noexcept {
    return i >= std::numeric_limits<T>::min() && i <= std::numeric_limits<T>::max();
}

result<cell> decode_integer(const sql_value& v, const column_layout& column) {
    const auto* i = std::get_if<std::int64_t>(&v);
    if (i == nullptr) {
        return mismatch(column, class_name(v));
    }
    switch (column.type) {
    case column_type::boolean:
        return *i == 0 || *i == 1 ? result<cell>(cell(*i == 1)) : too_far(column);
    case column_type::int16:
        return fits<std::int16_t>(*i) ? result<cell>(cell(*i)) : too_far(column);
    case column_type::int32:
        return fits<std::int32_t>(*i) ? result<cell>(cell(*i)) : too_far(column);
    case column_type::timestamp: return cell(timestamp(std::chrono::microseconds(*i)));
    case column_type::timestamptz: return cell(timestamptz(std::chrono::microseconds(*i)));
    default: return cell(*i);
    }
}

// --- texts --------------------------------------------------------------------------------------

/// A bare number, which a column of NUMERIC affinity would rewrite: "1.50" becomes 1.5.
bool is_bare_number(std::string_view text) noexcept {
    const auto at = text.find_first_not_of(" \t\r\n");
    return at != std::string_view::npos &&
           (text[at] == '-' || (text[at] >= '0' && text[at] <= '9'));
}

template <class Value>
result<cell> parsed(result<Value> value, std::string_view text, const column_layout& column) {
    if (!value) {
        return mismatch(column, "a text that is no such value");
    }
    // Keys are looked up by their canonical text: another spelling would be a row nobody finds.
    if (column.is_key) {
        bool canonical = true;
        if constexpr (std::is_same_v<Value, decimal>) {
            canonical = canonical_key_text(value.assume_value()) == text;
        } else {
            canonical = to_text(value.assume_value()) == text;
        }
        if (!canonical) {
            return mismatch(column, "a key that is not in its canonical form");
        }
    }
    return cell(std::move(value).assume_value());
}

result<cell> decode_text(const sql_value& v, const column_layout& column) {
    const auto text = text_of(v);
    if (!text) {
        return mismatch(column, class_name(v));
    }
    switch (column.type) {
    case column_type::numeric: return parsed(decimal::parse(*text), *text, column);
    case column_type::uuid: return parsed(parse_uuid(*text), *text, column);
    case column_type::date: return parsed(parse_date(*text), *text, column);
    case column_type::timestamp: return parsed(parse_timestamp(*text), *text, column);
    case column_type::timestamptz: return parsed(parse_timestamptz(*text), *text, column);
    default: break;
    }
    if (!is_valid_text(*text)) {
        return error(errc::invalid_text, column.label + " holds text that is not UTF-8 or contains "
                                                        "NUL; map it as bytes or correct the row");
    }
    if (column.type == column_type::json) {
        return cell(json{std::string(*text)});
    }
    return cell(std::string(*text));
}

result<sql_value> encode_text(const cell& c, const column_layout& column) {
    switch (column.type) {
    case column_type::numeric: {
        const auto& number = std::get<decimal>(c);
        if (column.is_key) {
            return sql_value(text_own{canonical_key_text(number)});
        }
        return sql_value(text_ref{number.text()});
    }
    case column_type::uuid: return sql_value(text_own{to_text(std::get<uuid>(c))});
    case column_type::date: return sql_value(text_own{to_text(std::get<date>(c))});
    case column_type::timestamp: return sql_value(text_own{to_text(std::get<timestamp>(c))});
    case column_type::timestamptz: return sql_value(text_own{to_text(std::get<timestamptz>(c))});
    case column_type::json: return sql_value(text_ref{std::get<json>(c).text});
    default: return sql_value(text_ref{std::get<std::string>(c)});
    }
}

// --- blobs --------------------------------------------------------------------------------------

result<cell> decode_blob(const sql_value& v, const column_layout& column) {
    const auto octets = blob_of(v);
    if (!octets) {
        return mismatch(column, class_name(v));
    }
    if (column.type == column_type::bytes) {
        const auto* first = reinterpret_cast<const std::byte*>(octets->data());
        return cell(bytes(first, first + octets->size()));
    }
    uuid id{};
    if (octets->size() != id.size()) {
        return mismatch(column, "a BLOB that is not 16 bytes long");
    }
    std::copy(octets->begin(), octets->end(), id.begin());
    return cell(id);
}

} // namespace

affinity affinity_of(std::string_view declared) noexcept {
    if (contains_word(declared, "INT")) {
        return affinity::integer;
    }
    if (contains_word(declared, "CHAR") || contains_word(declared, "CLOB") ||
        contains_word(declared, "TEXT")) {
        return affinity::text;
    }
    if (declared.empty() || contains_word(declared, "BLOB")) {
        return affinity::blob;
    }
    if (contains_word(declared, "REAL") || contains_word(declared, "FLOA") ||
        contains_word(declared, "DOUB")) {
        return affinity::real;
    }
    return affinity::numeric;
}

std::string_view to_string(affinity a) noexcept {
    constexpr std::array<std::string_view, 5> names{"INTEGER", "TEXT", "BLOB", "REAL", "NUMERIC"};
    return names[static_cast<std::size_t>(a)];
}

std::optional<storage> storage_for(column_type type, std::string_view declared) noexcept {
    const affinity a = affinity_of(declared);
    const auto when = [](bool possible, storage how) {
        return possible ? std::optional<storage>(how) : std::nullopt;
    };
    const bool keeps_text = a == affinity::text || a == affinity::blob;
    switch (type) {
    case column_type::boolean:
    case column_type::int16:
    case column_type::int32:
    case column_type::int64:
        return when(a != affinity::text && a != affinity::real, storage::integer);
    case column_type::float32:
    case column_type::float64:
        return when(a != affinity::text && a != affinity::integer, storage::real);
    case column_type::numeric:
    case column_type::text: return when(keeps_text, storage::text);
    case column_type::bytes:
        return when(a == affinity::blob || a == affinity::numeric, storage::blob);
    case column_type::uuid:
        if (a == affinity::blob && !declared.empty()) {
            return storage::blob;
        }
        return when(keeps_text || a == affinity::numeric, storage::text);
    case column_type::date: return when(keeps_text || a == affinity::numeric, storage::text);
    case column_type::timestamp:
    case column_type::timestamptz:
        if (a == affinity::integer) {
            return storage::integer;
        }
        return when(keeps_text || a == affinity::numeric, storage::text);
    case column_type::json:
        return a == affinity::numeric ? std::optional(storage::numeric_text)
                                      : when(keeps_text, storage::text);
    }
    return std::nullopt;
}

std::string_view declare(column_type type) noexcept {
    switch (type) {
    case column_type::boolean:
    case column_type::int16:
    case column_type::int32:
    case column_type::int64: return "INTEGER";
    case column_type::float32:
    case column_type::float64: return "REAL";
    case column_type::bytes: return "BLOB";
    case column_type::numeric:
    case column_type::text:
    case column_type::uuid:
    case column_type::date:
    case column_type::timestamp:
    case column_type::timestamptz:
    case column_type::json: break;
    }
    return "TEXT";
}

result<sql_value> encode(const cell& c, const column_layout& column) {
    if (is_null(c)) {
        return sql_value();
    }
    if (!holds(c, column.type)) {
        return error(errc::type_mismatch, "a value for " + column.label + " is not of type " +
                                              std::string(to_string(column.type)));
    }
    switch (column.how) {
    case storage::integer:
        if (const auto* b = std::get_if<bool>(&c)) {
            return sql_value(std::int64_t{*b});
        }
        if (const auto* t = std::get_if<timestamp>(&c)) {
            return sql_value(std::int64_t{t->time_since_epoch().count()});
        }
        if (const auto* t = std::get_if<timestamptz>(&c)) {
            return sql_value(std::int64_t{t->time_since_epoch().count()});
        }
        return sql_value(std::get<std::int64_t>(c));
    case storage::real: return encode_double(std::get<double>(c));
    case storage::numeric_text:
        if (is_bare_number(std::get<json>(c).text)) {
            return error(errc::out_of_range,
                         column.label + " has NUMERIC affinity and would rewrite a json document "
                                        "that is a bare number; declare the column TEXT");
        }
        [[fallthrough]];
    case storage::text: return encode_text(c, column);
    case storage::blob: break;
    }
    if (const auto* octets = std::get_if<bytes>(&c)) {
        return sql_value(blob_ref{view_of(*octets)});
    }
    const auto& id = std::get<uuid>(c);
    return sql_value(blob_own{std::string(id.begin(), id.end())});
}

result<cell> decode(const sql_value& v, const column_layout& column) {
    if (std::holds_alternative<std::monostate>(v)) {
        if (column.is_key) {
            return error(errc::unexpected_null,
                         column.label + " is a key column, but a row holds NULL there");
        }
        return cell(null{});
    }
    switch (column.how) {
    case storage::integer: return decode_integer(v, column);
    case storage::real: return decode_double(v, column);
    case storage::text:
    case storage::numeric_text: return decode_text(v, column);
    case storage::blob: break;
    }
    return decode_blob(v, column);
}

} // namespace tandem::sqlite::detail
