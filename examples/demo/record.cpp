// SPDX-License-Identifier: BSL-1.0
#include "record.hpp"

#include <string_view>

namespace demo {

namespace {

// FNV-1a, 64 bit.
class digest {
public:
    void add(std::uint64_t number) {
        for (int i = 0; i < 8; ++i)
            add_byte(static_cast<unsigned char>(number >> (8 * i)));
    }
    void add(std::string_view text) {
        add(text.size());
        for (const char c : text)
            add_byte(static_cast<unsigned char>(c));
    }
    void add(const std::optional<std::string>& text) {
        add(std::uint64_t{text.has_value()});
        if (text) add(std::string_view(*text));
    }
    void add(const std::optional<std::int64_t>& number) {
        add(std::uint64_t{number.has_value()});
        if (number) add(static_cast<std::uint64_t>(*number));
    }
    [[nodiscard]] std::uint64_t value() const { return value_; }

private:
    void add_byte(unsigned char byte) {
        value_ ^= byte;
        value_ *= 1099511628211ULL;
    }
    std::uint64_t value_ = 14695981039346656037ULL;
};

} // namespace

std::uint64_t fingerprint(const item& record) noexcept {
    digest d;
    d.add(std::string_view(record.id));
    d.add(std::string_view(record.name));
    d.add(record.release);
    d.add(record.section);
    d.add(record.size_kib);
    d.add(record.maintainer);
    d.add(record.homepage);
    d.add(record.description);
    d.add(std::string_view(record.fields.text));
    d.add(static_cast<std::uint64_t>(record.balance));
    d.add(static_cast<std::uint64_t>(record.stamp));
    d.add(static_cast<std::uint64_t>(record.updated_at.time_since_epoch().count()));
    return d.value();
}

} // namespace demo
