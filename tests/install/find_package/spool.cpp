// SPDX-License-Identifier: BSL-1.0
#include <tandem/spool/spool.hpp>

int main() {
    const auto opened = tandem::spool::spool::open({.directory = "/nowhere/at/all"});
    return opened.error() == tandem::errc::invalid_options ? 0 : 1;
}
