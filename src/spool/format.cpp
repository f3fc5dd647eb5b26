// SPDX-License-Identifier: BSL-1.0
#include "spool/format.hpp"

#include "spool/crc32c.hpp"

namespace tandem::spool::detail {
namespace {

constexpr std::string_view record_magic = "\x93tSr";
constexpr std::string_view head_magic = "\x93tSh";
constexpr std::string_view mark_magic = "\x93tSm";
constexpr std::size_t magic_size = 4;
constexpr std::size_t frame_size = 12;
constexpr std::size_t identity_size = 16;

template <class Unsigned>
void put(std::string& out, Unsigned value) {
    for (std::size_t i = 0; i < sizeof(Unsigned); ++i)
        out += static_cast<char>(static_cast<unsigned char>(value >> (8 * i)));
}

/// Takes from the front; the caller has checked the size.
template <class Unsigned>
Unsigned take(std::string_view& in) {
    Unsigned value = 0;
    for (std::size_t i = 0; i < sizeof(Unsigned); ++i)
        value = static_cast<Unsigned>(
            value | static_cast<Unsigned>(static_cast<Unsigned>(static_cast<unsigned char>(in[i]))
                                          << (8 * i)));
    in.remove_prefix(sizeof(Unsigned));
    return value;
}

std::string frame(std::string_view magic, std::string_view body) {
    std::string checked;
    checked.reserve(4 + body.size());
    put(checked, static_cast<std::uint32_t>(body.size()));
    checked += body;
    std::string out(magic);
    out.reserve(frame_size + body.size());
    put(out, crc32c(checked));
    return out + checked;
}

/// The body of the good frame that `bytes` begins with.
std::optional<std::string_view> body_of(std::string_view bytes, std::string_view magic) {
    if (bytes.size() < frame_size || !bytes.starts_with(magic)) return std::nullopt;
    std::string_view rest = bytes.substr(magic_size);
    const auto crc = take<std::uint32_t>(rest);
    std::string_view checked = rest;
    const auto size = take<std::uint32_t>(rest);
    if (size > rest.size()) return std::nullopt;
    if (crc32c(checked.substr(0, 4 + std::size_t{size})) != crc) return std::nullopt;
    return rest.substr(0, size);
}

std::optional<stored_record> parse_record(std::string_view body) {
    if (body.size() < 14) return std::nullopt;
    stored_record r;
    r.id = static_cast<std::int64_t>(take<std::uint64_t>(body));
    r.what.table = take<std::uint16_t>(body);
    const auto key_size = take<std::uint32_t>(body);
    if (key_size > body.size()) return std::nullopt;
    r.what.key = body.substr(0, key_size);
    r.what.body = body.substr(key_size);
    return r;
}

std::optional<head> parse_head(std::string_view body) {
    if (body.size() < 4 + identity_size) return std::nullopt;
    head h;
    h.format = take<std::uint32_t>(body);
    h.identity = body.substr(0, identity_size);
    return h;
}

} // namespace

std::string encode(const stored_record& r) {
    std::string body;
    body.reserve(14 + r.what.key.size() + r.what.body.size());
    put(body, static_cast<std::uint64_t>(r.id));
    put(body, r.what.table);
    put(body, static_cast<std::uint32_t>(r.what.key.size()));
    body += r.what.key;
    body += r.what.body;
    return frame(record_magic, body);
}

std::string encode(const head& h) {
    std::string body;
    put(body, h.format);
    body += h.identity;
    return frame(head_magic, body);
}

std::string encode_mark(std::int64_t id) {
    std::string body;
    put(body, static_cast<std::uint64_t>(id));
    return frame(mark_magic, body);
}

std::optional<stored_record> decode_record(std::string_view bytes) {
    const auto body = body_of(bytes, record_magic);
    if (!body || body->size() + frame_size != bytes.size()) return std::nullopt;
    return parse_record(*body);
}

std::optional<head> decode_head(std::string_view bytes) {
    const auto body = body_of(bytes, head_magic);
    if (!body || body->size() + frame_size != bytes.size()) return std::nullopt;
    return parse_head(*body);
}

std::optional<std::int64_t> decode_mark(std::string_view bytes) {
    auto body = body_of(bytes, mark_magic);
    if (!body || body->size() != 8 || body->size() + frame_size != bytes.size())
        return std::nullopt;
    return static_cast<std::int64_t>(take<std::uint64_t>(*body));
}

std::vector<stored_record> find_records(std::string_view bytes) {
    std::vector<stored_record> found;
    for (auto at = bytes.find(record_magic); at != bytes.npos;
         at = bytes.find(record_magic, at + 1)) {
        const auto body = body_of(bytes.substr(at), record_magic);
        if (!body) continue;
        if (auto r = parse_record(*body)) found.push_back(std::move(*r));
    }
    return found;
}

std::optional<head> find_head(std::string_view bytes) {
    for (auto at = bytes.find(head_magic); at != bytes.npos; at = bytes.find(head_magic, at + 1)) {
        const auto body = body_of(bytes.substr(at), head_magic);
        if (!body) continue;
        if (auto h = parse_head(*body)) return h;
    }
    return std::nullopt;
}

} // namespace tandem::spool::detail
