// SPDX-License-Identifier: BSL-1.0
#include "tandem/core/random_source.hpp"

#include <exception>
#include <random>

namespace tandem {

std::uint64_t random_seed() noexcept {
    try {
        std::random_device device;
        return (static_cast<std::uint64_t>(device()) << 32) | device();
    } catch (const std::exception&) {
        // A system without a random device: all that is lost is that processes differ.
        return 0x7461'6e64'656dU;
    }
}

} // namespace tandem
