// SPDX-License-Identifier: BSL-1.0
//
// What installing and the printed form of it share.
#pragma once

#include "postgres/store_state.hpp"

namespace tandem::postgres::detail {

enum class adding : bool { nothing, missing_columns };

/// As the data connections see it. Errors: schema_mismatch where it does not exist.
[[nodiscard]] result<live_table> look_at_table(store_state& state, lease& on,
                                               const table_schema& table, const call_context& call);

/// The records of this side's version columns, and what adds the missing ones.
[[nodiscard]] result<std::vector<install_part>>
version_columns(store_state& state, lease& on, adding what, const call_context& call);

/// The text of install_script().
[[nodiscard]] result<std::string> print_install(store_state& state, lease& on,
                                                const script_options& options,
                                                const call_context& call);

} // namespace tandem::postgres::detail
