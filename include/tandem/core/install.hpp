// SPDX-License-Identifier: BSL-1.0
//
// How a store joins and leaves a database: what has to hold for its control objects to be removed,
// and for whom the printed form of an installation is. Plain data. Source: docs/adr/0028.
#pragma once

#include "tandem/core/phase.hpp"

#include <string>

namespace tandem {

/// One side leaves. A compare-and-set, as the steps of a switch (step.hpp) are: under the exclusive
/// fence lock of every bucket, in one transaction, and only where every fence is as named here.
struct uninstall_step {
    /// primary: P at exactly `epoch`, in old_only or new_only. secondary: S or H, at most at
    /// `epoch`.
    tandem::role role = role::primary;
    tandem::epoch epoch = 0;
    bool empty_tables = false; ///< the side's own tables lose their rows in the same transaction
};

/// For whom an installation is printed (concepts/scripted.hpp).
struct script_options {
    /// The role that the service runs as; it gets what it needs and nothing else. Empty: no GRANT.
    /// Stores without roles ignore it.
    std::string service_role;
    /// Also TRUNCATE on the tables, which empties a large one at once when an era begins. Without
    /// it their rows are deleted one by one.
    bool truncate = false;
};

} // namespace tandem
