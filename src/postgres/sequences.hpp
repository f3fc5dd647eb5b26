// SPDX-License-Identifier: BSL-1.0
//
// Sequences and identities that feed mapped columns: how far they are, and moving them ahead.
#pragma once

#include "postgres/store_state.hpp"

namespace tandem::postgres::detail {

/// $1 the table's quoted path -> column, the sequence's quoted name with its schema, whether the
/// role may read and move it.
[[nodiscard]] const statement& sequence_names_statement();

/// Of all tables at a side: the last value given out, or the greatest value of the column where
/// that is greater.
[[nodiscard]] result<std::vector<sequence_value>>
read_sequences(store_state& state, side which, lease& on, const call_context& call);

/// Moves every sequence of the side `margin` above what `given` says of its column and above the
/// greatest value the column holds. Part of the caller's transaction, though sequences themselves
/// never roll back.
[[nodiscard]] result<void> raise_sequences(store_state& state, side which, lease& on,
                                           std::span<const sequence_value> given,
                                           std::int64_t margin, const call_context& call);

} // namespace tandem::postgres::detail
