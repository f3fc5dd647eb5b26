// SPDX-License-Identifier: BSL-1.0
//
// The store contract over PostgreSQL: two databases of one private server.
#include "fixture.hpp"
#include "support/store_contract.hpp"

namespace tandem_test {

namespace {

struct postgres_traits {
    static constexpr const char* name = "postgres";
    using store = tandem::postgres::store;
    static std::string unavailable() { return server_unavailable(); }
    static contract_quirks quirks() { return {}; }

    class world {
    public:
        explicit world(const contract_layout& layout) : is_joint_(layout.one_database) {
            if (!is_joint_) target_ = std::make_unique<temporary_database>();
            session source(source_.conninfo()), target(database(side::target).conninfo());
            for (const auto& t : layout.source)
                source.run(create_table_sql(t));
            for (const auto& t : layout.target)
                target.run(create_table_sql(t));
        }
        std::unique_ptr<store> open(side s) {
            tandem::postgres::pool_options options;
            options.conninfo = database(s).conninfo();
            return std::move(store::make(std::move(options))).value();
        }

    private:
        [[nodiscard]] const temporary_database& database(side s) const {
            return is_joint_ || s == side::source ? source_ : *target_;
        }
        temporary_database source_;
        std::unique_ptr<temporary_database> target_;
        bool is_joint_;
    };
};

TANDEM_INSTANTIATE_STORE_CONTRACT(postgres_traits);

} // namespace

} // namespace tandem_test
