// SPDX-License-Identifier: BSL-1.0
//
// Everything in tandem is bounded; these are the bounds and their defaults.
#pragma once

#include <cstddef>

namespace tandem {

struct limits {
    std::size_t key_bytes_max = 2048;      ///< of one encoded key (key.hpp); at most 2048
    std::size_t row_bytes_max = 1 << 20;   ///< of one row, as the sum of its values
    std::size_t batch_rows_max = 10'000;   ///< of one batch or transaction
    std::size_t settle_queue_max = 10'000; ///< delivered intents not yet removed (sync mode)
};

} // namespace tandem
