// SPDX-License-Identifier: BSL-1.0
//
// Reading the fence rows of this store's side, and what versions and locks follow from them:
// nothing else may decide who writes.
#pragma once

#include "tandem/core/fence.hpp"

#include "sqlite/state.hpp"

#include <map>

namespace tandem::sqlite::detail {

/// A fence from the columns of control_sql::fence, which begin at `first`. Errors: corrupt_data.
[[nodiscard]] result<fence> read_fence_row(const cursor& found, int first);

/// Errors: not_installed, where there is no such row.
[[nodiscard]] result<fence> read_fence(connection& c, const state& s, int bucket);
/// Ascending by bucket. Errors: not_installed; invalid_options, where their number is not that of
/// the binding's buckets.
[[nodiscard]] result<fences> read_fences(connection& c, const state& s);

[[nodiscard]] error not_installed(const state& s);

/// Counts one up: next_intent or next_mark. Errors: corrupt_data.
[[nodiscard]] result<std::int64_t> next_id(connection& c, const statement_text& counter);

/// The fences that one transaction has entered, each read once.
class entered_fences {
public:
    entered_fences(connection& c, const state& s) noexcept : connection_(&c), state_(&s) {}
    /// Of the key's bucket. The reference lives as long as this.
    [[nodiscard]] result<const fence*> of(std::string_view encoded_key);

private:
    connection* connection_;
    const state* state_;
    std::map<int, fence> known_;
};

} // namespace tandem::sqlite::detail
