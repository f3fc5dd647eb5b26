// SPDX-License-Identifier: BSL-1.0
//
// Who writes which key. Rows of the loaded table are divided by chance: counters, accounts and
// shared keys are hot and written by all writers; every other key has one writer. Further keys are
// written once and never again: a write that is lost there is not healed by a later one. Constant
// once made.
#pragma once

#include "dataset.hpp"

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace demo {

using random_source = std::mt19937_64;

/// A number below `bound`, which is not 0.
[[nodiscard]] std::size_t below(random_source& random, std::size_t bound);

struct key_plan {
    std::vector<std::string> counters;           ///< incremented, never deleted
    std::vector<std::string> accounts;           ///< none, or at least two; only transfers
    std::vector<std::string> shared;             ///< anything, by any writer
    std::vector<std::vector<std::string>> owned; ///< anything, by one writer
    std::string once_prefix;                     ///< of the keys written once
    std::int64_t accounts_sum = 0;

    [[nodiscard]] std::string once_key(std::size_t writer, std::int64_t number) const;
};

/// Gives the accounts their first balance, in `data`.
[[nodiscard]] key_plan make_plan(dataset& data, std::size_t writers, random_source& random);

} // namespace demo
