// SPDX-License-Identifier: BSL-1.0
//
// array := ndim:int32 has_null:int32 element_oid:uint32 dimension{ndim} element*
// dimension := length:int32 lower_bound:int32
// element := length:int32 (-1 = NULL) bytes
// date := days since 2000-01-01, int32; timestamps := microseconds since then, int64; the greatest
// and the smallest number are the infinities. jsonb := 0x01 text.

#include "postgres/codec.hpp"

#include "postgres/numeric_codec.hpp"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace tandem::postgres::detail {
namespace {

constexpr std::int64_t epoch_days = 10'957; // 2000-01-01 since 1970-01-01
constexpr std::int64_t epoch_us = epoch_days * 86'400 * 1'000'000;
// From the server's datatype/timestamp.h: Julian day 0 to JULIAN_MAXYEAR, and the start of
// timestamps (its end lies beyond what 64 bits since 1970 hold), both counted from 2000-01-01.
constexpr std::int64_t date_first = -2'451'545, date_end = 2'145'031'949;
constexpr std::int64_t time_first = -211'813'488'000'000'000;

error too_large(const char* what) {
    return {errc::out_of_range, std::string("a value does not fit its column of type ") + what};
}

template <class T>
result<void> put_integer(std::string& out, const cell& value, const char* what) {
    const auto* number = std::get_if<std::int64_t>(&value);
    if (number == nullptr) return errc::type_mismatch;
    if (*number < std::numeric_limits<T>::min() || *number > std::numeric_limits<T>::max()) {
        return too_large(what);
    }
    put(out, static_cast<T>(*number));
    return success();
}

result<void> put_float(std::string& out, double value, wire_format format) {
    if (format == wire_format::float8) {
        put(out, std::bit_cast<std::int64_t>(value));
        return success();
    }
    if (std::isfinite(value) && std::fabs(value) > std::numeric_limits<float>::max()) {
        return too_large("real");
    }
    put(out, std::bit_cast<std::int32_t>(static_cast<float>(value)));
    return success();
}

result<void> put_date(std::string& out, date value) {
    using limit = std::numeric_limits<std::int32_t>;
    if (value == date::max()) return put(out, limit::max()), success();
    if (value == date::min()) return put(out, limit::min()), success();
    const std::int64_t count = value.time_since_epoch().count();
    if (count < date_first + epoch_days || count >= date_end + epoch_days) return too_large("date");
    put(out, static_cast<std::int32_t>(count - epoch_days));
    return success();
}

template <class Time>
result<void> put_time(std::string& out, Time value) {
    using limit = std::numeric_limits<std::int64_t>;
    const std::int64_t count = value.time_since_epoch().count();
    if (count == limit::max() || count == limit::min()) return put(out, count), success();
    if (count < time_first + epoch_us) return too_large("timestamp");
    put(out, count - epoch_us);
    return success();
}

cell date_of(std::int32_t days) {
    using limit = std::numeric_limits<std::int32_t>;
    if (days == limit::max()) return date::max();
    if (days == limit::min()) return date::min();
    return date(std::chrono::days(std::int64_t{days} + epoch_days));
}

template <class Time>
result<cell> time_of(std::int64_t us) {
    using limit = std::numeric_limits<std::int64_t>;
    if (us == limit::max() || us == limit::min()) {
        return cell(Time(std::chrono::microseconds(us)));
    }
    if (us > limit::max() - epoch_us) {
        return error(errc::out_of_range, "a timestamp lies beyond the year 294246");
    }
    return cell(Time(std::chrono::microseconds(us + epoch_us)));
}

template <class T>
result<void> put_as(std::string& out, const cell& value) {
    const auto* held = std::get_if<T>(&value);
    if (held == nullptr) return errc::type_mismatch;
    if constexpr (std::is_same_v<T, std::string>) {
        out.append(*held);
    } else if constexpr (std::is_same_v<T, bytes>) {
        out.append(reinterpret_cast<const char*>(held->data()), held->size());
    } else if constexpr (std::is_same_v<T, uuid>) {
        out.append(reinterpret_cast<const char*>(held->data), held->size());
    } else if constexpr (std::is_same_v<T, json>) {
        out.append(held->text);
    } else if constexpr (std::is_same_v<T, bool>) {
        out.push_back(*held ? '\1' : '\0');
    } else if constexpr (std::is_same_v<T, decimal>) {
        return put_numeric(out, *held);
    } else if constexpr (std::is_same_v<T, date>) {
        return put_date(out, *held);
    } else {
        return put_time(out, *held);
    }
    return success();
}

result<void> put_float_cell(std::string& out, const cell& value, wire_format format) {
    const auto* held = std::get_if<double>(&value);
    if (held == nullptr) return errc::type_mismatch;
    return put_float(out, *held, format);
}

error cut_short() {
    return {errc::corrupt_data, "a value of the store has another length than its type says"};
}

// The length a format always has; 0 where it varies.
constexpr std::size_t fixed_length(wire_format format) {
    switch (format) {
    case wire_format::boolean: return 1;
    case wire_format::int2: return 2;
    case wire_format::int4:
    case wire_format::float4:
    case wire_format::date: return 4;
    case wire_format::int8:
    case wire_format::float8:
    case wire_format::timestamp:
    case wire_format::timestamptz: return 8;
    case wire_format::uuid: return 16;
    case wire_format::numeric:
    case wire_format::text:
    case wire_format::bytea:
    case wire_format::json:
    case wire_format::jsonb: return 0;
    }
    return 0;
}

bytes bytes_of(std::string_view in) {
    const auto* first = reinterpret_cast<const std::byte*>(in.data());
    return {first, first + in.size()};
}

uuid uuid_of(std::string_view in) {
    uuid value{};
    std::memcpy(value.data, in.data(), value.size());
    return value;
}

} // namespace

result<void> put_cell(std::string& out, const cell& value, wire_format format) {
    switch (format) {
    case wire_format::boolean: return put_as<bool>(out, value);
    case wire_format::int2: return put_integer<std::int16_t>(out, value, "smallint");
    case wire_format::int4: return put_integer<std::int32_t>(out, value, "integer");
    case wire_format::int8: return put_integer<std::int64_t>(out, value, "bigint");
    case wire_format::float4:
    case wire_format::float8: return put_float_cell(out, value, format);
    case wire_format::numeric: return put_as<decimal>(out, value);
    case wire_format::text: return put_as<std::string>(out, value);
    case wire_format::bytea: return put_as<bytes>(out, value);
    case wire_format::uuid: return put_as<uuid>(out, value);
    case wire_format::date: return put_as<date>(out, value);
    case wire_format::timestamp: return put_as<timestamp>(out, value);
    case wire_format::timestamptz: return put_as<timestamptz>(out, value);
    case wire_format::jsonb: out.push_back('\1'); [[fallthrough]];
    case wire_format::json: return put_as<json>(out, value);
    }
    return errc::type_mismatch;
}

result<void> add_cell(parameters& out, const cell& value, wire_format format) {
    if (is_null(value)) {
        out.add_null();
        return success();
    }
    TANDEM_TRY(put_cell(out.open(), value, format));
    out.close();
    return success();
}

result<cell> get_cell(std::string_view in, wire_format format) {
    const std::size_t length = fixed_length(format);
    if (length != 0 && in.size() != length) return cut_short();
    switch (format) {
    case wire_format::boolean: return cell(in[0] != '\0');
    case wire_format::int2: return cell(std::int64_t{get<std::int16_t>(in)});
    case wire_format::int4: return cell(std::int64_t{get<std::int32_t>(in)});
    case wire_format::int8: return cell(get<std::int64_t>(in));
    case wire_format::float4:
        return cell(static_cast<double>(std::bit_cast<float>(get<std::int32_t>(in))));
    case wire_format::float8: return cell(std::bit_cast<double>(get<std::int64_t>(in)));
    case wire_format::numeric: {
        TANDEM_TRY(auto value, get_numeric(in));
        return cell(std::move(value));
    }
    case wire_format::text: return cell(std::string(in));
    case wire_format::bytea: return cell(bytes_of(in));
    case wire_format::uuid: return cell(uuid_of(in));
    case wire_format::date: return date_of(get<std::int32_t>(in));
    case wire_format::timestamp: return time_of<timestamp>(get<std::int64_t>(in));
    case wire_format::timestamptz: return time_of<timestamptz>(get<std::int64_t>(in));
    case wire_format::json: return cell(json{std::string(in)});
    case wire_format::jsonb:
        if (in.empty() || in[0] != '\1') return cut_short();
        return cell(json{std::string(in.substr(1))});
    }
    return cut_short();
}

array_writer::array_writer(parameters& out, oid element)
    : out_(out), bytes_(out.open()), start_(bytes_.size()) {
    put(bytes_, std::int32_t{1}); // dimensions
    put(bytes_, std::int32_t{0}); // has NULL: set by finish
    put(bytes_, element);
    put(bytes_, std::int32_t{0}); // length: set by finish
    put(bytes_, std::int32_t{1}); // lower bound
}

result<void> array_writer::add(const cell& value, wire_format format) {
    ++count_;
    const std::size_t at = bytes_.size();
    put(bytes_, std::int32_t{-1});
    if (is_null(value)) {
        has_null_ = true;
        return success();
    }
    TANDEM_TRY(put_cell(bytes_, value, format));
    put_at(bytes_, at, static_cast<std::int32_t>(bytes_.size() - at - 4));
    return success();
}

void array_writer::add_int4(std::int32_t value) {
    ++count_;
    put(bytes_, std::int32_t{4});
    put(bytes_, value);
}

void array_writer::add_int8(std::int64_t value) {
    ++count_;
    put(bytes_, std::int32_t{8});
    put(bytes_, value);
}

void array_writer::add_bytes(std::string_view value) {
    ++count_;
    put(bytes_, static_cast<std::int32_t>(value.size()));
    bytes_.append(value);
}

void array_writer::finish() {
    put_at(bytes_, start_ + 4, has_null_ ? 1 : 0);
    put_at(bytes_, start_ + 12, count_);
    out_.close();
}

} // namespace tandem::postgres::detail
