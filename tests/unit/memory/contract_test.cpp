// SPDX-License-Identifier: BSL-1.0
//
// The store contract over memory::store.
#include "tandem/memory/store.hpp"

#include "support/store_contract.hpp"

namespace tandem_test {

struct memory_traits {
    static constexpr const char* name = "memory";
    using store = tandem::memory::store;
    static std::string unavailable() { return {}; }
    static contract_quirks quirks() { return {}; }

    /// The tables come into being when a store binds them, so nothing is created here.
    struct world {
        explicit world(const contract_layout&) {}
        std::unique_ptr<store> open(side s) {
            return std::make_unique<store>(s == side::source ? source : target);
        }
        tandem::memory::database source;
        tandem::memory::database target;
    };
};

TANDEM_INSTANTIATE_STORE_CONTRACT(memory_traits);

/// Both sides in one database, with a fence each.
struct memory_shared_traits : memory_traits {
    static constexpr const char* name = "memory_shared";
    struct world {
        explicit world(const contract_layout&) {}
        std::unique_ptr<store> open(side) { return std::make_unique<store>(both); }
        tandem::memory::database both;
    };
};

TANDEM_INSTANTIATE_STORE_CONTRACT(memory_shared_traits);

} // namespace tandem_test
