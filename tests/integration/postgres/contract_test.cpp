// SPDX-License-Identifier: BSL-1.0
//
// The store contract over PostgreSQL.
#include "schemas_world.hpp"

namespace tandem_test {

namespace {

struct postgres_traits {
    static constexpr const char* name = "postgres";
    using store = tandem::postgres::store;
    static std::string unavailable() { return server_unavailable(); }
    static contract_quirks quirks() { return {}; }

    struct world : schemas_world {
        using schemas_world::schemas_world;
        std::unique_ptr<store> open(side s) { return place(s).open(); }
    };
};

TANDEM_INSTANTIATE_STORE_CONTRACT(postgres_traits);

} // namespace

} // namespace tandem_test
