// SPDX-License-Identifier: BSL-1.0
//
// Stands in a file of its own: where g++ sees both operators and their use, it takes free() for the
// wrong counterpart of the replaced operator new.
#include "counting_new.hpp"

#include <cstdlib>
#include <new>

namespace {
thread_local std::size_t count = 0;
} // namespace

void* operator new(std::size_t size) {
    ++count;
    if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
    throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace tandem::test {

std::size_t allocations() noexcept { return count; }

} // namespace tandem::test
