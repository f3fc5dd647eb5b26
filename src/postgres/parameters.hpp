// SPDX-License-Identifier: BSL-1.0
//
// The parameters of one statement in binary format, in one buffer. Order of the calls is the order
// of $1, $2, and so on. libpq copies them when the statement is sent.
#pragma once

#include "postgres/wire.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace tandem::postgres::detail {

class parameters {
public:
    /// Memory for about as much, at once.
    void expect(std::size_t values, std::size_t bytes) {
        slots_.reserve(values);
        bytes_.reserve(bytes);
    }

    void add_null() { slots_.push_back({bytes_.size(), -1}); }
    void add_bool(bool value) { add_number(static_cast<std::int8_t>(value ? 1 : 0)); }
    void add_int2(std::int16_t value) { add_number(value); }
    void add_int4(std::int32_t value) { add_number(value); }
    void add_int8(std::int64_t value) { add_number(value); }
    /// Text, bytea and every other format whose binary form is its bytes.
    void add_bytes(std::string_view value) {
        slots_.push_back({bytes_.size(), static_cast<int>(value.size())});
        bytes_.append(value);
    }

    /// A value written in place: append to the string that open() returns, then close().
    [[nodiscard]] std::string& open() {
        slots_.push_back({bytes_.size(), 0});
        return bytes_;
    }
    void close() { slots_.back().length = static_cast<int>(bytes_.size() - slots_.back().offset); }

    [[nodiscard]] int count() const noexcept { return static_cast<int>(slots_.size()); }
    /// The bytes of parameter `i`, null where it is NULL; valid until the next change.
    [[nodiscard]] const char* data(int i) const noexcept {
        const slot& s = slots_[static_cast<std::size_t>(i)];
        return s.length < 0 ? nullptr : bytes_.data() + s.offset;
    }
    [[nodiscard]] int length(int i) const noexcept {
        const slot& s = slots_[static_cast<std::size_t>(i)];
        return s.length < 0 ? 0 : s.length;
    }

private:
    struct slot {
        std::size_t offset;
        int length; ///< -1: NULL
    };
    template <class T>
    void add_number(T value) {
        slots_.push_back({bytes_.size(), static_cast<int>(sizeof(T))});
        put(bytes_, value);
    }

    std::string bytes_;
    std::vector<slot> slots_;
};

} // namespace tandem::postgres::detail
