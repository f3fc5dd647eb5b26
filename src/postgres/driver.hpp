// SPDX-License-Identifier: BSL-1.0
//
// The blocking driver: runs the connection's machine on the calling thread, waiting on its socket
// with poll() until the deadline. After a deadline the connection is broken and never reused,
// because its answer may still come.
#pragma once

#include "tandem/core/call.hpp"

#include "postgres/connection.hpp"

namespace tandem::postgres::detail {

/// Runs what was started on `conn` to its end. Errors: those of the work; timeout, outcome_unknown
/// and unavailable at the deadline.
[[nodiscard]] result<replies> drive(connection& conn, const call_context& call);

/// start() and drive().
[[nodiscard]] result<replies> exchange(connection& conn, const pipeline& work,
                                       const call_context& call);

} // namespace tandem::postgres::detail
