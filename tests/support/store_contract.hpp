// SPDX-License-Identifier: BSL-1.0
//
// The store contract: one suite of tests that every store passes, compiled once (tests/support/
// store_contract/*.cpp, target tandem::store_contract) and run over each store through any_store.
// A store's author writes a trait and one line:
//
//     struct sqlite_traits {
//         static constexpr const char* name = "sqlite";           // becomes the instance's name
//         using store = tandem::sqlite::store;
//         static std::string unavailable();                        // "" or why all is skipped
//         static contract_quirks quirks();
//         struct world {                                           // one fresh pair of databases
//             explicit world(const contract_layout&);              // creates the user tables
//             std::unique_ptr<store> open(tandem::side);           // not bound yet
//         };
//     };
//     TANDEM_INSTANTIATE_STORE_CONTRACT(sqlite_traits);
//
// in a program made by tandem_test(... LINK tandem::store_contract tandem::sqlite).
#pragma once

#include "support/any_store.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace tandem_test {

/// The user tables of one test. The world creates each with its columns, a primary key over the key
/// columns, and where version_column is not empty that column as `bigint not null default 0`.
/// Nothing else stands in the databases, or only what other worlds left under other names.
struct contract_layout {
    std::vector<table_schema> source; ///< created at the source
    std::vector<table_schema> target; ///< created at the target; the same table ids
    /// Both lists are created in one database (same_transaction mode); the names differ then.
    bool one_database = false;
    /// Unique for every test of a run: a name for schemas, files or databases.
    std::string unique;
};

/// What a store cannot hold, or gives back otherwise; all true means: everything as it was written.
struct contract_quirks {
    bool keeps_nan = true;            ///< float NaN
    bool keeps_infinity = true;       ///< float infinities
    bool keeps_negative_zero = true;  ///< -0.0
    bool keeps_numeric_nan = true;    ///< numeric NaN, Infinity and -Infinity
    bool keeps_json_text = true;      ///< json as text; else only its meaning survives
    bool keeps_infinite_times = true; ///< dates and timestamps infinity and -infinity
    bool has_joint = true;            ///< models joint; else its tests are skipped
    std::vector<isolation> levels{isolation::read_committed, isolation::repeatable_read,
                                  isolation::serializable};
};

class contract_world {
public:
    virtual ~contract_world() = default;
    /// A further store object on the database of a side, as another process would have: not bound.
    /// The world outlives what it opened.
    virtual std::unique_ptr<any_store> open(side s) = 0;
};

struct contract_param {
    std::string name;
    int buckets = 1;
    contract_quirks quirks;
    std::function<std::string()> unavailable;
    std::function<std::unique_ptr<contract_world>(const contract_layout&)> make;
};

template <class Traits>
contract_param contract_param_of(int buckets) {
    struct world_of final : contract_world {
        typename Traits::world world;
        explicit world_of(const contract_layout& layout) : world(layout) {}
        std::unique_ptr<any_store> open(side s) override {
            return std::make_unique<any_store_of<typename Traits::store>>(world.open(s));
        }
    };
    return {std::string(Traits::name) + "_" + std::to_string(buckets), buckets, Traits::quirks(),
            &Traits::unavailable,
            [](const contract_layout& layout) -> std::unique_ptr<contract_world> {
                return std::make_unique<world_of>(layout);
            }};
}

/// The fixture of all contract tests: table 0 is `items`, table 1 is `pairs` (contract_tables()),
/// both sides installed, the source primary in old_only, the target secondary, both at epoch 1.
class store_contract : public testing::TestWithParam<contract_param> {
protected:
    void SetUp() override;

    /// A bound store object on the database of side `s`.
    std::unique_ptr<any_store> open(side s);
    binding binding_of(side s) const;

    contract_layout layout_;
    std::unique_ptr<contract_world> world_;
    std::unique_ptr<any_store> source_;
    std::unique_ptr<any_store> target_;
};

std::string contract_name(const testing::TestParamInfo<contract_param>& info);

// Each group of tests is a class of its own, so that a failure names it.
#define TANDEM_STORE_CONTRACT_GROUPS(X) X(contract_install)

#define TANDEM_DECLARE_CONTRACT_GROUP(group) \
    class group : public store_contract {};
TANDEM_STORE_CONTRACT_GROUPS(TANDEM_DECLARE_CONTRACT_GROUP)

} // namespace tandem_test

#define TANDEM_INSTANTIATE_CONTRACT_GROUP(traits, group)                                      \
    INSTANTIATE_TEST_SUITE_P(traits, group,                                                   \
                             testing::Values(::tandem_test::contract_param_of<traits>(1),     \
                                             ::tandem_test::contract_param_of<traits>(1024)), \
                             ::tandem_test::contract_name);

/// At namespace scope, inside namespace tandem_test.
#define TANDEM_INSTANTIATE_STORE_CONTRACT(traits)               \
    TANDEM_INSTANTIATE_CONTRACT_GROUP(traits, contract_install) \
    static_assert(true)
