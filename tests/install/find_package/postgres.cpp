// SPDX-License-Identifier: BSL-1.0
#include <tandem/postgres/store.hpp>

int main() {
    const auto made = tandem::postgres::pool::make({.conninfo = "this is no conninfo"});
    return made.error() == tandem::errc::invalid_options ? 0 : 1;
}
