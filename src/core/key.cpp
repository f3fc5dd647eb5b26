// SPDX-License-Identifier: BSL-1.0
//
// The encoding of keys; the grammar stands in key.hpp. key_decode.cpp has the inverse.
#include "tandem/core/key.hpp"

#include "core/key_text.hpp"

#include <charconv>

namespace tandem {

namespace {

void append_integer(std::string& out, std::int64_t value) {
    char digits[20];
    const auto end = std::to_chars(digits, digits + sizeof(digits), value).ptr;
    out.append(digits, end);
}

/// An infinite date or time has no number; it keeps its name.
template <class Time>
void append_time(std::string& out, Time value) {
    if (value == Time::max()) {
        out += infinity_key;
    } else if (value == Time::min()) {
        out += minus_infinity_key;
    } else {
        append_integer(out, value.time_since_epoch().count());
    }
}

struct text_appender {
    std::string& out;

    void operator()(const null&) const {}
    void operator()(bool value) const { out += value ? "true" : "false"; }
    void operator()(std::int64_t value) const { append_integer(out, value); }
    void operator()(double value) const {
        // Not a key type. Only reached for rows that no mapping could have declared.
        char digits[32];
        out.append(digits, std::to_chars(digits, digits + sizeof(digits), value).ptr);
    }
    void operator()(const decimal& value) const { out += canonical_key_text(value); }
    void operator()(const std::string& value) const { out += value; }
    void operator()(const bytes& value) const { out += to_hex(value); }
    void operator()(const uuid& value) const { out += to_text(value); }
    void operator()(date value) const { append_time(out, value); }
    void operator()(timestamp value) const { append_time(out, value); }
    void operator()(timestamptz value) const { append_time(out, value); }
    void operator()(const json& value) const { out += value.text; }
};

void append_column(std::string& out, const cell& part) {
    const std::size_t at = out.size();
    out.append(4, '\0');
    append_key_text(out, part);
    const std::size_t length = out.size() - at - 4;
    for (std::size_t i = 0; i < 4; ++i) {
        out[at + i] = static_cast<char>(static_cast<unsigned char>(length >> (24 - 8 * i)));
    }
}

/// The part's position, for messages: "key column 2".
std::string place(std::size_t index) { return "key column " + std::to_string(index + 1); }

result<void> check_part(const cell& part, std::size_t index) {
    if (is_null(part)) return error(errc::unexpected_null, place(index) + " is NULL");
    if (std::holds_alternative<double>(part) || std::holds_alternative<json>(part)) {
        return error(errc::type_mismatch,
                     place(index) + " is floating point or json; neither can be a key");
    }
    if (const auto* text = std::get_if<std::string>(&part)) {
        if (text->empty()) return error(errc::empty_key, place(index) + " is an empty text");
        if (!is_valid_text(*text)) {
            return error(errc::invalid_text,
                         place(index) + " is not UTF-8 or contains NUL; use a bytes column");
        }
    }
    const auto* raw = std::get_if<bytes>(&part);
    if (raw != nullptr && raw->empty()) {
        return error(errc::empty_key, place(index) + " holds no bytes");
    }
    return success();
}

} // namespace

void append_key_text(std::string& out, const cell& part) { std::visit(text_appender{out}, part); }

key_bytes encode_stored_key(std::span<const cell> parts) {
    key_bytes out;
    for (const cell& part : parts)
        append_column(out, part);
    return out;
}

result<key_bytes> encode_key(std::span<const cell> parts, std::size_t bytes_max) {
    if (parts.empty()) return error(errc::empty_key, "the key has no columns");
    key_bytes out;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        // The size first: a huge part is refused without being checked or copied.
        if (size_of(parts[i]) <= bytes_max) {
            TANDEM_TRY(check_part(parts[i], i));
            append_column(out, parts[i]);
        } else {
            out.append(bytes_max + 1, '\0');
        }
        if (out.size() > bytes_max) {
            return error(errc::key_too_large, "the encoded key is longer than " +
                                                  std::to_string(bytes_max) + " bytes at " +
                                                  place(i));
        }
    }
    return out;
}

int bucket_of(std::string_view encoded, int buckets) noexcept {
    if (buckets <= 1) return 0;
    return static_cast<int>(hash32(encoded) % static_cast<std::uint32_t>(buckets));
}

int key_stripe(std::uint16_t table, std::string_view encoded) noexcept {
    std::string data;
    data.reserve(encoded.size() + 2);
    data += static_cast<char>(static_cast<unsigned char>(table >> 8));
    data += static_cast<char>(static_cast<unsigned char>(table & 0xFF));
    data += encoded;
    return static_cast<int>(hash32(data) % std::uint32_t{key_lock_stripes});
}

std::int32_t migration_id(std::string_view name) noexcept {
    return static_cast<std::int32_t>(hash32(name));
}

} // namespace tandem
