// SPDX-License-Identifier: BSL-1.0
//
// What a store is told when it joins a migration: whose side it is, and which tables it holds.
#pragma once

#include "tandem/core/phase.hpp"
#include "tandem/core/schema.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tandem {

struct binding {
    std::string migration; ///< its name, 1 to 100 bytes
    std::int32_t id = 0;   ///< migration_id(name)
    tandem::side side = side::source;
    int buckets = 1;                  ///< 1 or 1024
    std::vector<table_schema> tables; ///< index = table_id
    /// same_transaction mode: the tables of the other side, in this same database; else empty. The
    /// store then holds the fence of side::source alone, and the phase says which table is primary.
    std::vector<table_schema> joint;

    [[nodiscard]] bool is_joint() const noexcept { return !joint.empty(); }
    /// The tables that `s` names: in joint mode the other side's, else this store's own.
    [[nodiscard]] const table_schema& table(tandem::side s, table_id t) const noexcept {
        return is_joint() && s != side ? joint[t] : tables[t];
    }
};

} // namespace tandem
