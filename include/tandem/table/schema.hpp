// SPDX-License-Identifier: BSL-1.0
//
// What a mapping tells the stores: the table_schema of one side, or of both sides of a migration.
// Nothing here reads a store; compare_schema of the stores does (concepts/store.hpp).
#pragma once

#include "tandem/core/schema.hpp"
#include "tandem/table/table.hpp"

#include <span>
#include <utility>

namespace tandem {

namespace detail {

template <class... Columns>
std::vector<column_schema> column_schemas(column_list<Columns...>,
                                          std::span<const std::string_view> names) {
    std::vector<column_schema> columns;
    columns.reserve(sizeof...(Columns));
    (columns.push_back(
         {std::string(names[columns.size()]), Columns::type, Columns::nullable, columns.size()}),
     ...);
    return columns;
}

/// For every column of the target the position of the same member at the source, or the number of
/// the source's columns where it is not mapped there.
template <class Source, class... Columns>
std::vector<std::size_t> source_positions(column_list<Columns...>) {
    return {Source::template find<typename Columns::access>()...};
}

/// Numbers the target's fields by the source's; `positions` as source_positions gives them.
[[nodiscard]] result<std::pair<table_schema, table_schema>>
pair_by_position(table_schema source, table_schema target, std::span<const std::size_t> positions);

} // namespace detail

/// One side alone: fields are numbered in the order of the mapping. Not checked: see
/// check(table_schema).
template <class M>
[[nodiscard]] table_schema schema_of(const M& mapping) {
    using columns = typename M::columns;
    static_assert(columns::key_count > 0,
                  "tandem: the table has no key; add .key<&T::member>() to its mapping");
    const auto& names = mapping.names();
    table_schema schema;
    schema.name = names.table;
    schema.columns = detail::column_schemas(columns{}, names.columns);
    constexpr auto positions = detail::key_positions(columns{});
    schema.key.assign(positions.begin(), positions.end());
    schema.version_column = names.version;
    schema.ignored.assign(names.ignored.begin(), names.ignored.end());
    schema.deletes = names.deletes;
    return schema;
}

/// Both sides of a migration: the source's mapping numbers the fields, and a column of the target
/// has the field of the same member. Errors: invalid_mapping, naming the column: a member mapped at
/// one side only, key members that differ in set or order, `deletes` that differ, a version at one
/// side only, and what check(table_schema) refuses.
template <class Source, class Target>
[[nodiscard]] result<std::pair<table_schema, table_schema>> pair_schemas(const Source& source,
                                                                         const Target& target) {
    static_assert(std::is_same_v<record_of<Source>, record_of<Target>>,
                  "tandem: the two mappings of a migration must map the same record");
    return detail::pair_by_position(
        schema_of(source), schema_of(target),
        detail::source_positions<typename Source::columns>(typename Target::columns{}));
}

} // namespace tandem
