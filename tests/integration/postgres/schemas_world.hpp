// SPDX-License-Identifier: BSL-1.0
//
// A world of the store contract over PostgreSQL: a schema in each of two databases of one server.
#pragma once

#include "fixture.hpp"
#include "support/store_contract.hpp"

namespace tandem_test {

class schemas_world {
public:
    explicit schemas_world(const contract_layout& layout) : is_joint_(layout.one_database) {
        if (!is_joint_) target_ = std::make_unique<temporary_schema>(second_database());
        session source(source_.conninfo()), target(place(side::target).conninfo());
        for (const auto& t : layout.source)
            source.run(create_table_sql(t));
        for (const auto& t : layout.target)
            target.run(create_table_sql(t));
    }

protected:
    [[nodiscard]] const temporary_schema& place(side s) const {
        return is_joint_ || s == side::source ? source_ : *target_;
    }

private:
    static const std::string& second_database() {
        static const temporary_database second;
        return second.name();
    }
    temporary_schema source_;
    std::unique_ptr<temporary_schema> target_;
    bool is_joint_;
};

} // namespace tandem_test
