// SPDX-License-Identifier: BSL-1.0
//
// The inverse of the key encoding. Exactly what encode_stored_key writes is accepted, so two
// different byte strings never decode to one key.
#include "tandem/core/key.hpp"

#include "core/key_text.hpp"

#include <charconv>
#include <limits>
#include <optional>

namespace tandem {

namespace {

error corrupt(std::size_t index, const std::string& problem) {
    return {errc::corrupt_data, "encoded key, column " + std::to_string(index + 1) + ": " +
                                    problem + "; stop and look at the store"};
}

std::optional<std::int64_t> integer(std::string_view text) noexcept {
    std::int64_t value = 0;
    const char* end = text.data() + text.size();
    const auto [ptr, status] = std::from_chars(text.data(), end, value);
    if (status != std::errc() || ptr != end) return std::nullopt;
    return value;
}

template <class Int>
std::optional<cell> bounded(std::string_view text) noexcept {
    const auto value = integer(text);
    if (!value || *value < std::numeric_limits<Int>::min() ||
        *value > std::numeric_limits<Int>::max()) {
        return std::nullopt;
    }
    return cell(*value);
}

template <class Time>
std::optional<cell> time_part(std::string_view text) noexcept {
    if (text == infinity_key) return cell(Time::max());
    if (text == minus_infinity_key) return cell(Time::min());
    const auto value = integer(text);
    if (!value) return std::nullopt;
    return cell(Time(typename Time::duration(*value)));
}

std::optional<cell> boolean(std::string_view text) noexcept {
    if (text == "true") return cell(true);
    if (text == "false") return cell(false);
    return std::nullopt;
}

template <class T>
std::optional<cell> parsed(result<T> value) {
    if (!value) return std::nullopt;
    return cell(std::move(value).assume_value());
}

std::optional<cell> parse_part(std::string_view text, column_type type) {
    switch (type) {
    case column_type::boolean: return boolean(text);
    case column_type::int16: return bounded<std::int16_t>(text);
    case column_type::int32: return bounded<std::int32_t>(text);
    case column_type::int64: return bounded<std::int64_t>(text);
    case column_type::numeric: return parsed(decimal::parse(text));
    case column_type::text:
        if (!is_valid_text(text)) return std::nullopt;
        return cell(std::string(text));
    case column_type::bytes: return parsed(parse_hex(text));
    case column_type::uuid: return parsed(parse_uuid(text));
    case column_type::date: return time_part<date>(text);
    case column_type::timestamp: return time_part<timestamp>(text);
    case column_type::timestamptz: return time_part<timestamptz>(text);
    case column_type::float32:
    case column_type::float64:
    case column_type::json: return std::nullopt; // never keys
    }
    return std::nullopt;
}

std::size_t read_length(std::string_view bytes4) noexcept {
    std::size_t length = 0;
    for (const char c : bytes4)
        length = length << 8 | static_cast<unsigned char>(c);
    return length;
}

} // namespace

result<key> decode_key(std::string_view encoded, std::span<const column_type> types) {
    key parts;
    parts.reserve(types.size());
    std::string again;
    for (std::size_t i = 0; i < types.size(); ++i) {
        if (encoded.size() < 4) return corrupt(i, "the length is cut off");
        const std::size_t length = read_length(encoded.substr(0, 4));
        encoded.remove_prefix(4);
        if (encoded.size() < length) return corrupt(i, "the text is cut off");
        const std::string_view text = encoded.substr(0, length);
        encoded.remove_prefix(length);
        auto part = parse_part(text, types[i]);
        if (!part) return corrupt(i, "not a value of type " + std::string(to_string(types[i])));
        again.clear();
        append_key_text(again, *part);
        if (again != text) return corrupt(i, "not in canonical form");
        parts.push_back(std::move(*part));
    }
    if (!encoded.empty()) return corrupt(types.size(), "bytes follow the last key column");
    return parts;
}

} // namespace tandem
