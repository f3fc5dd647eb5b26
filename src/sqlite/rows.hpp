// SPDX-License-Identifier: BSL-1.0
//
// One key at a time: its row, its version, its tombstone and its intents, on a connection whose
// transaction the caller holds. No rule of the protocol stands here.
#pragma once

#include "tandem/core/read.hpp"

#include "sqlite/state.hpp"

#include <optional>

namespace tandem::sqlite::detail {

struct tombstone {
    tandem::version version;
    tandem::epoch epoch = 0;
};

/// Binds key parts from parameter `first` on.
[[nodiscard]] result<void> bind_key(cursor& at, const table_ref& t, const key& parts, int first);
/// The row in the columns from `first` on, its version behind the fields.
[[nodiscard]] result<stored_row> read_row(const cursor& found, const table_ref& t, int first);

[[nodiscard]] result<std::optional<stored_row>> find_row(connection& c, const table_ref& t,
                                                         const key& parts);
/// Version 0 in joint mode.
[[nodiscard]] result<std::optional<version>> find_version(connection& c, const table_ref& t,
                                                          const key& parts);
/// Ascending by key, at most `limit`.
[[nodiscard]] result<std::vector<stored_row>> scan_rows(connection& c, const table_ref& t,
                                                        const key_range& range, std::size_t limit);
/// `limit` as SQLite takes it.
[[nodiscard]] std::int64_t limit_of(std::size_t limit) noexcept;

[[nodiscard]] result<void> insert_row(connection& c, const table_ref& t, const row& image,
                                      version v);
/// The row whose key stands in the image; it exists.
[[nodiscard]] result<void> update_row(connection& c, const table_ref& t, const row& image,
                                      version v);
/// Whether there was one.
[[nodiscard]] result<bool> erase_row(connection& c, const table_ref& t, const key& parts);
[[nodiscard]] result<void> erase_all(connection& c, const table_ref& t);

[[nodiscard]] result<std::optional<tombstone>> find_tombstone(connection& c, const state& s,
                                                              table_id t, std::string_view encoded);
[[nodiscard]] result<void> put_tombstone(connection& c, const state& s, table_id t,
                                         std::string_view encoded, const tombstone& put);
[[nodiscard]] result<void> drop_tombstone(connection& c, const state& s, table_id t,
                                          std::string_view encoded);

/// Its id.
[[nodiscard]] result<std::int64_t> add_intent(connection& c, const state& s, table_id t,
                                              std::string_view encoded, version v, epoch e,
                                              bool deleted);

/// The state of a key at this side as a change: the newer of row and tombstone, else a tombstone of
/// `fallback`. Its epoch is left 0.
[[nodiscard]] result<change> present_state(connection& c, const state& s, table_id t,
                                           const row_key& wanted, const tombstone& fallback);

} // namespace tandem::sqlite::detail
