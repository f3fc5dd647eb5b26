// SPDX-License-Identifier: BSL-1.0
//
// The operator of the kill test: one change of phase at a time, in whatever phase the migration is.
#pragma once

#include "integration/pairs/world.hpp"

namespace tandem_test {

/// The same in the test and in the process that it kills.
migration_options kill_options();

/// One walk to a neighbouring phase, or a backfill where that comes first. Errors are left alone:
/// others write, switch and die meanwhile. Whether it went through.
bool walk_once(process& p, std::uint64_t chance);

/// Into a dual phase with everything copied and nothing owed.
void bring_to_rest(process& p);

} // namespace tandem_test
