// SPDX-License-Identifier: BSL-1.0
//
// What a mapping knows of one column at compile time: how to get and set the value in the record,
// and whether it is part of the key. Column names are values of the mapping, not part of these
// types. For the inside of tandem; users write table<T>() (table.hpp).
#pragma once

#include "tandem/core/key.hpp"
#include "tandem/table/codec.hpp"

#include <functional>
#include <tuple>
#include <type_traits>

namespace tandem::detail {

template <class M>
struct member_traits;
template <class C, class V>
struct member_traits<V C::*> {
    using class_type = C;
    using value_type = V;
};

/// A data member.
template <class T, auto Member>
struct field_access {
    using value_type = typename member_traits<decltype(Member)>::value_type;
    static const value_type& get(const T& record) noexcept { return record.*Member; }
    static void set(T& record, value_type&& value) { record.*Member = std::move(value); }
};

/// A pair of functions; what std::invoke takes.
template <class T, auto Get, auto Set>
struct function_access {
    using value_type = std::remove_cvref_t<std::invoke_result_t<decltype(Get), const T&>>;
    static decltype(auto) get(const T& record) { return std::invoke(Get, record); }
    static void set(T& record, value_type&& value) { std::invoke(Set, record, std::move(value)); }
};

/// Access is also the identity of the member: two mappings mean the same one when it is one type.
template <class Access, bool IsKey>
struct column {
    using access = Access;
    using value_type = typename Access::value_type;
    static constexpr bool is_key = IsKey;
    static constexpr bool nullable = optional_traits<value_type>::is_optional;
    static constexpr column_type type = codec<value_type>::type;
};

template <class... Columns>
struct column_list {
    static constexpr std::size_t size = sizeof...(Columns);
    static constexpr std::size_t key_count = (std::size_t{0} + ... + (Columns::is_key ? 1 : 0));

    template <class Column>
    using append = column_list<Columns..., Column>;

    template <class Access>
    static constexpr bool has = (std::is_same_v<typename Columns::access, Access> || ...);

    /// Position of the member, `size` where it is not mapped.
    template <class Access>
    static constexpr std::size_t find() noexcept {
        std::size_t at = 0;
        (void)((std::is_same_v<typename Columns::access, Access> || (++at, false)) || ...);
        return at;
    }
};

/// The positions of the key columns, in key order, which is the order in which they were mapped.
template <class... Columns>
constexpr auto key_positions(column_list<Columns...>) noexcept {
    constexpr std::size_t count = column_list<Columns...>::key_count;
    std::array<std::size_t, count> positions{};
    std::size_t at = 0;
    std::size_t next = 0;
    ((Columns::is_key ? void(positions[next++] = at++) : void(++at)), ...);
    return positions;
}

template <class Column>
using key_part =
    std::conditional_t<Column::is_key, std::tuple<typename Column::value_type>, std::tuple<>>;

template <class Tuple>
struct unwrap_single {
    using type = Tuple;
};
template <class V>
struct unwrap_single<std::tuple<V>> {
    using type = V;
};

template <class List>
struct key_type;
template <class... Columns>
struct key_type<column_list<Columns...>> {
    using type = typename unwrap_single<decltype(std::tuple_cat(
        std::declval<key_part<Columns>>()...))>::type;
};

/// The sentences a mapping's author reads. Instantiated once a column, before anything else of it.
template <class T, class Value, bool IsKey>
constexpr bool check_column_type() {
    using bare = typename optional_traits<Value>::value_type;
    static_assert(
        !std::is_const_v<Value>,
        "tandem: a const member cannot be read back from a store; make it non-const or map "
        "a getter and a setter");
    static_assert(!too_wide_integer<bare>,
                  "tandem: an unsigned 64-bit integer fits no column; use std::int64_t or "
                  "tandem::decimal");
    static_assert(too_wide_integer<bare> || std::is_const_v<Value> || mappable<Value>,
                  "tandem: the type of this member has no codec; use a type that "
                  "tandem/table/codec.hpp lists, or specialise tandem::codec for it");
    if constexpr (mappable<Value> && IsKey) {
        static_assert(!optional_traits<Value>::is_optional,
                      "tandem: a key column cannot be NULL; use a member without std::optional");
        static_assert(
            can_be_key(codec<bare>::type),
            "tandem: floating point and json have no one text, so they cannot be in a key; "
            "use an integer, a decimal or a text");
    }
    return true;
}

template <class T, auto Member>
constexpr bool check_member() {
    static_assert(std::is_member_object_pointer_v<decltype(Member)>,
                  "tandem: this names no data member; give a getter and a setter: "
                  ".column<&T::get, &T::set>(\"name\")");
    if constexpr (std::is_member_object_pointer_v<decltype(Member)>) {
        static_assert(std::is_base_of_v<typename member_traits<decltype(Member)>::class_type, T>,
                      "tandem: this member belongs to another record than the one the table maps");
    }
    return true;
}

} // namespace tandem::detail
