// SPDX-License-Identifier: BSL-1.0
//
// The store contract over PostgreSQL behind pgbouncer in transaction mode.
#include "schemas_world.hpp"

namespace tandem_test {

namespace {

struct pooled_traits {
    static constexpr const char* name = "pgbouncer";
    using store = tandem::postgres::store;
    static std::string unavailable() { return bouncer_unavailable(); }
    static contract_quirks quirks() { return {}; }

    struct world : schemas_world {
        using schemas_world::schemas_world;
        std::unique_ptr<store> open(side s) { return place(s).open(place(s).pooled()); }
    };
};

TANDEM_INSTANTIATE_STORE_CONTRACT(pooled_traits);

} // namespace

} // namespace tandem_test
