// SPDX-License-Identifier: BSL-1.0
//
// The record that the demo moves, and its two mappings. The two tables have different names and
// different column names: the record is the same, and that is all tandem needs. One type serves the
// package catalogue and any CSV file: what the catalogue knows by name has a column of its own, and
// everything else, all fields of a CSV row included, stands in one json column.
#pragma once

#include "tandem/table/table.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace demo {

struct item {
    std::string id; ///< name:architecture=version, or the key column of the CSV file
    std::string name;
    std::optional<std::string> release;
    std::optional<std::string> section;
    std::optional<std::int64_t> size_kib;
    std::optional<std::string> maintainer;
    std::optional<std::string> homepage;
    std::optional<std::string> description;
    tandem::json fields;      ///< an object with the other fields
    std::int64_t balance = 0; ///< of counters and accounts
    std::int64_t stamp = 0;   ///< tells one write from all others; 0: as loaded
    tandem::timestamptz updated_at{};
    tandem::version row_version;
};

inline constexpr auto source_table = tandem::table<item>("packages")
                                         .key<&item::id>()
                                         .column<&item::name>()
                                         .column<&item::release>()
                                         .column<&item::section>()
                                         .column<&item::size_kib>()
                                         .column<&item::maintainer>()
                                         .column<&item::homepage>()
                                         .column<&item::description>()
                                         .column<&item::fields>()
                                         .column<&item::balance>()
                                         .column<&item::stamp>()
                                         .column<&item::updated_at>()
                                         .version<&item::row_version>("tandem_version");

inline constexpr auto target_table = tandem::table<item>("catalogue")
                                         .key<&item::id>("package_id")
                                         .column<&item::name>("display_name")
                                         .column<&item::release>("version_text")
                                         .column<&item::section>()
                                         .column<&item::size_kib>("installed_size")
                                         .column<&item::maintainer>()
                                         .column<&item::homepage>("url")
                                         .column<&item::description>("summary")
                                         .column<&item::fields>("document")
                                         .column<&item::balance>()
                                         .column<&item::stamp>()
                                         .column<&item::updated_at>("changed_at")
                                         .version<&item::row_version>("row_version");

/// A digest of every column but the version: equal contents have equal digests in every store.
[[nodiscard]] std::uint64_t fingerprint(const item& record) noexcept;

} // namespace demo
