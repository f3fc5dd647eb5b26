// SPDX-License-Identifier: BSL-1.0
#include <tandem/core/errc.hpp>

int main() { return tandem::make_error_code(tandem::errc::busy).message().empty() ? 1 : 0; }
