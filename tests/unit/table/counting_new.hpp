// SPDX-License-Identifier: BSL-1.0
//
// A program that links counting_new.cpp counts the allocations of each of its threads.
#pragma once

#include <cstddef>

namespace tandem::test {

/// How often this thread has called operator new.
[[nodiscard]] std::size_t allocations() noexcept;

} // namespace tandem::test
