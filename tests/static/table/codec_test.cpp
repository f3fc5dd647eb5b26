// SPDX-License-Identifier: BSL-1.0
//
// Which member types have a codec, and of which column type. That this compiles is the test.
#include "tandem/table/codec.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace tandem {
namespace {

enum class plain : std::int32_t { a };
enum class by_default { a };
enum class too_wide : std::uint64_t { a };
enum class yes_no : bool { no, yes };
enum unscoped { left, right };
enum class named { one, two };

struct unknown {};
struct money {
    std::int64_t cents = 0;
};
struct without_decode {};

} // namespace
} // namespace tandem

template <>
inline constexpr auto tandem::enum_names<tandem::named> =
    std::to_array<tandem::enum_name<tandem::named>>({{tandem::named::one, "one"},
                                                     {tandem::named::two, "two"}});

template <>
struct tandem::codec<tandem::money> {
    static constexpr column_type type = column_type::int64;
    static result<cell> encode(const money& value) { return cell(value.cents); }
    static result<money> decode(const cell& c) { return money{std::get<std::int64_t>(c)}; }
};

template <>
struct tandem::codec<tandem::without_decode> {
    static constexpr column_type type = column_type::int64;
    static result<cell> encode(const without_decode&) { return cell(null{}); }
};

namespace tandem {
namespace {

template <class M, column_type Type>
constexpr bool is_column =
    mappable<M>&& codec<M>::type ==
    Type&& mappable<std::optional<M>>&& codec<std::optional<M>>::type == Type;

static_assert(is_column<bool, column_type::boolean>);
static_assert(is_column<std::int8_t, column_type::int16>);
static_assert(is_column<std::int16_t, column_type::int16>);
static_assert(is_column<std::int32_t, column_type::int32>);
static_assert(is_column<std::int64_t, column_type::int64>);
static_assert(is_column<long, column_type::int64>);
static_assert(is_column<long long, column_type::int64>);
static_assert(is_column<std::uint8_t, column_type::int16>);
static_assert(is_column<std::uint16_t, column_type::int32>);
static_assert(is_column<std::uint32_t, column_type::int64>);
static_assert(is_column<float, column_type::float32>);
static_assert(is_column<double, column_type::float64>);
static_assert(is_column<decimal, column_type::numeric>);
static_assert(is_column<std::string, column_type::text>);
static_assert(is_column<bytes, column_type::bytes>);
static_assert(is_column<uuid, column_type::uuid>);
static_assert(is_column<date, column_type::date>);
static_assert(is_column<std::chrono::year_month_day, column_type::date>);
static_assert(is_column<timestamp, column_type::timestamp>);
static_assert(is_column<timestamptz, column_type::timestamptz>);
static_assert(is_column<json, column_type::json>);
static_assert(is_column<plain, column_type::int32>);
static_assert(is_column<by_default, column_type::int32>);
static_assert(is_column<named, column_type::text>);
static_assert(is_column<money, column_type::int64>);

static_assert(!mappable<std::uint64_t>);
static_assert(!mappable<unsigned long long>);
static_assert(!mappable<std::optional<std::uint64_t>>);
static_assert(!mappable<char>);
static_assert(!mappable<wchar_t>);
static_assert(!mappable<char8_t>);
static_assert(!mappable<long double>);
static_assert(!mappable<const char*>);
static_assert(!mappable<std::string_view>);
static_assert(!mappable<std::unique_ptr<int>>);
static_assert(!mappable<std::vector<int>>);
static_assert(!mappable<std::chrono::seconds>);
static_assert(!mappable<std::chrono::sys_time<std::chrono::nanoseconds>>);
static_assert(!mappable<unscoped>);
static_assert(!mappable<too_wide>);
static_assert(!mappable<yes_no>);
static_assert(!mappable<unknown>);
static_assert(!mappable<std::optional<std::optional<int>>>);
static_assert(!mappable<without_decode>);

static_assert(name_of(named::two) == "two");
static_assert(name_of(static_cast<named>(7)).empty());
static_assert(value_of<named>("one") == named::one);
static_assert(!value_of<named>("three"));

TEST(codec, is_proven_while_compiling) { EXPECT_TRUE(mappable<money>); }

} // namespace
} // namespace tandem
