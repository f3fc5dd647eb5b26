// SPDX-License-Identifier: BSL-1.0
//
// A table mapping: which member of a record is which column. It is a constant, written once a side,
// and checked while compiling as far as that goes; schema.hpp has what is checked at the start.
//
//     inline constexpr auto users = tandem::table<user>("users")
//                                       .key<&user::id>()
//                                       .column<&user::name>("display_name")
//                                       .column<&user::email>()
//                                       .ignore("legacy_flags");
//
// A column has its member's name unless told. The order of .key calls is the order of the key. All
// names must outlive the mapping; string literals do. Every function returns a new mapping.
// Knows no SQL dialect and reads no store.
#pragma once

#include "tandem/core/schema.hpp"
#include "tandem/core/version.hpp"
#include "tandem/table/column.hpp"
#include "tandem/table/member_name.hpp"

#include <array>
#include <string_view>

namespace tandem {

inline constexpr std::string_view default_version_column = "tandem_version";

namespace detail {

/// The names of a mapping.
template <std::size_t Columns, std::size_t Ignored>
struct mapping_names {
    std::string_view table;
    std::array<std::string_view, Columns> columns{};
    std::array<std::string_view, Ignored> ignored{};
    std::string_view version = default_version_column;
    tandem::deletes deletes = tandem::deletes::allowed;
};

template <std::size_t N>
constexpr std::array<std::string_view, N + 1> appended(const std::array<std::string_view, N>& names,
                                                       std::string_view name) {
    std::array<std::string_view, N + 1> longer{};
    for (std::size_t i = 0; i < N; ++i)
        longer[i] = names[i];
    longer[N] = name;
    return longer;
}

/// Not constexpr: a constant mapping that comes here does not compile, and the compiler shows this
/// name. A mapping made at run time is refused by check(table_schema).
inline void two_columns_of_this_table_have_the_same_name() {}

struct no_member {};

} // namespace detail

/// Made by table<T>(). The type carries the members; the names are values.
template <class T, class Columns, class VersionMember, std::size_t Ignored>
class table_mapping {
public:
    using record_type = T;
    using columns = Columns;
    using version_member = VersionMember;
    using names_type = detail::mapping_names<Columns::size, Ignored>;

    constexpr explicit table_mapping(const names_type& names) : names_(names) {}

    /// A key column that is a data member. Several calls make a composite key.
    template <auto Member>
    [[nodiscard]] constexpr auto key(std::string_view name = member_name<Member>) const {
        return with_member<Member, true>(name);
    }
    /// A key column behind two functions: Get(record) and Set(record, value), as std::invoke calls
    /// them. Both mappings of a migration must name the same two.
    template <auto Get, auto Set>
    [[nodiscard]] constexpr auto key(std::string_view name) const {
        return with<detail::function_access<T, Get, Set>, true>(name);
    }

    template <auto Member>
    [[nodiscard]] constexpr auto column(std::string_view name = member_name<Member>) const {
        return with_member<Member, false>(name);
    }
    template <auto Get, auto Set>
    [[nodiscard]] constexpr auto column(std::string_view name) const {
        return with<detail::function_access<T, Get, Set>, false>(name);
    }

    /// A live column that tandem neither reads nor writes; it needs a default or allows NULL.
    [[nodiscard]] constexpr auto ignore(std::string_view name) const {
        return table_mapping<T, Columns, VersionMember, Ignored + 1>(
            {names_.table, names_.columns, detail::appended(names_.ignored, name), names_.version,
             names_.deletes});
    }

    /// The name of the bigint column that holds the row's version; default_version_column unless
    /// told.
    [[nodiscard]] constexpr auto version(std::string_view name) const {
        auto names = names_;
        names.version = name;
        return table_mapping(names);
    }
    /// The same, and reads put the version into a member of type tandem::version or std::int64_t.
    /// Writes do not look at it.
    template <auto Member>
    [[nodiscard]] constexpr auto version(std::string_view name = member_name<Member>) const {
        static_assert(detail::check_member<T, Member>());
        using access = detail::field_access<T, Member>;
        static_assert(detail::is_any_of<typename access::value_type, tandem::version, std::int64_t>,
                      "tandem: the version member must be a tandem::version or a std::int64_t");
        static_assert(!Columns::template has<access>,
                      "tandem: the version member is mapped as a column, too");
        auto names = names_;
        names.version = name;
        return table_mapping<T, Columns, access, Ignored>(names);
    }
    /// No version column. For same_transaction mode alone; elsewhere the start refuses it.
    [[nodiscard]] constexpr auto no_version() const { return version(std::string_view()); }

    /// erase is refused, deleted keys leave no tombstones, and writes get cheaper.
    [[nodiscard]] constexpr auto deletes_never() const {
        auto names = names_;
        names.deletes = tandem::deletes::never;
        return table_mapping(names);
    }

    [[nodiscard]] constexpr const names_type& names() const noexcept { return names_; }

private:
    template <auto Member, bool IsKey>
    constexpr auto with_member(std::string_view name) const {
        static_assert(detail::check_member<T, Member>());
        if constexpr (std::is_member_object_pointer_v<decltype(Member)>) {
            return with<detail::field_access<T, Member>, IsKey>(name);
        } else {
            return *this; // the sentence above is enough
        }
    }

    template <class Access, bool IsKey>
    constexpr auto with(std::string_view name) const {
        static_assert(detail::check_column_type<T, typename Access::value_type, IsKey>());
        static_assert(!Columns::template has<Access>,
                      "tandem: this member is mapped twice in one table");
        static_assert(!std::is_same_v<Access, VersionMember>,
                      "tandem: the version member is mapped as a column, too");
        for (const std::string_view other : names_.columns) {
            if (other == name) detail::two_columns_of_this_table_have_the_same_name();
        }
        using longer = typename Columns::template append<detail::column<Access, IsKey>>;
        return table_mapping<T, longer, VersionMember, Ignored>(
            {names_.table, detail::appended(names_.columns, name), names_.ignored, names_.version,
             names_.deletes});
    }

    names_type names_;
};

/// Starts the mapping of T to the table `name`, which may be "schema.table".
template <class T>
[[nodiscard]] constexpr auto table(std::string_view name) {
    static_assert(std::is_class_v<T> && std::is_same_v<T, std::remove_cv_t<T>>,
                  "tandem: table<T> maps a class or struct, without const");
    return table_mapping<T, detail::column_list<>, detail::no_member, 0>(
        detail::mapping_names<0, 0>{name});
}

/// The record that a mapping maps.
template <class M>
using record_of = typename std::remove_cvref_t<M>::record_type;

/// Its key: the type of the key member, or a std::tuple of them where there are several.
template <class M>
using key_of = typename detail::key_type<typename std::remove_cvref_t<M>::columns>::type;

} // namespace tandem
