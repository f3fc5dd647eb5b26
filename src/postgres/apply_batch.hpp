// SPDX-License-Identifier: BSL-1.0
//
// The changes of one apply, sorted for its statements, and the two forms that write them: the usual
// one (store_apply.cpp), and the one that takes rows out of each other's way first
// (store_rearrange.cpp).
#pragma once

#include "postgres/store_state.hpp"

#include <optional>
#include <span>

namespace tandem::postgres::detail {

inline constexpr std::string_view unique_violation = "23505";

struct item {
    std::size_t position; ///< in the caller's list
    const change* what;
    int bucket;
};

/// The changes of one table, sorted by encoded key.
struct table_batch {
    table_id table = 0;
    const table_plan* plan = nullptr;
    std::vector<item> upserts{}, deletes{};
    std::size_t upserts_at = 0, tombstones_at = 0; ///< replies
    std::optional<std::size_t> rearranged_at{};    ///< reply: of the rows that were taken out
};

struct batch {
    std::vector<table_batch> tables;
    std::vector<int> buckets, stripes; ///< distinct, ascending
};

/// `lock_all`: the keys of tables without deletes, too. Errors: duplicate_key, invalid_mapping.
[[nodiscard]] result<batch> batch_of(store_state& state, lease& on, std::span<const change> changes,
                                     bool lock_all, const call_context& call);
/// The arrays of the columns of these rows, one parameter a column.
[[nodiscard]] result<void> add_images(parameters& out, std::span<const item> upserts,
                                      const sql_table& own);
/// The same, and behind them key bytes, bucket, epoch, version.
[[nodiscard]] result<parameters> upsert_values(const table_batch& t);

/// Opens the transaction and takes its locks; the position of the epochs' reply.
[[nodiscard]] std::size_t open_apply(pipeline& work, store_state& state, const lease& on,
                                     const batch& b, const call_context& call);
[[nodiscard]] result<void> add_deletes(pipeline& work, table_batch& t);
[[nodiscard]] result<void> add_upserts(pipeline& work, table_batch& t);
[[nodiscard]] result<std::vector<apply_status>>
read_statuses(const replies& answers, std::size_t epochs_at, const batch& b, std::size_t count);

/// The whole apply in the form that bears any order of the rows.
[[nodiscard]] result<std::vector<apply_status>> apply_rearranged(store_state& state, lease& on,
                                                                 std::span<const change> changes,
                                                                 const call_context& call);
/// The error of a unique constraint, with its columns.
[[nodiscard]] error name_columns(store_state& state, lease& on, std::span<const change> changes,
                                 const error& found, const call_context& call);

} // namespace tandem::postgres::detail
