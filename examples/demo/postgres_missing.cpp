// SPDX-License-Identifier: BSL-1.0
//
// Stands in for postgres_database.cpp where libpq was not found.
#include "database.hpp"

namespace demo {

outcome<std::unique_ptr<database>> make_postgres(const std::string& name) {
    return problem(trouble::unavailable_kind, exit_status::usage,
                   "this demo was built without PostgreSQL; the " + name +
                       "; install libpq-dev and build again, or use SQLite");
}

} // namespace demo
