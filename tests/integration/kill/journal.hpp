// SPDX-License-Identifier: BSL-1.0
//
// The journal that a writing process leaves behind: one line before each attempt, one after its
// answer. What was attempted and never answered has an unknown outcome. One thread at a time.
//
//     line    = "A" kind key op           attempted; kind: u(psert) d(elete) i(ncrement) o(nce)
//             | "K" op version            acknowledged
//             | "N" op                    acknowledged: there was nothing to delete
//             | "F" op                    failed, and nothing happened
//             | "M"                       a step of a switch was taken and its process stands still
//             | "E" text                  the process cannot go on
#pragma once

#include "integration/pairs/world.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tandem_test {

enum class outcome { unknown, acknowledged, nothing_done, failed };

struct operation_record {
    char what = 'u';
    std::int64_t key = 0;
    outcome end = outcome::unknown;
    std::int64_t version = 0; ///< where acknowledged
};

/// Counters get increments alone and always exist; hot keys get upserts and deletes; all others are
/// written once and, every fourth of them, deleted once.
inline constexpr std::int64_t hot_keys = 8;
inline constexpr std::int64_t first_counter = 100;
inline constexpr std::int64_t counters = 4;
inline constexpr std::int64_t first_once = 1000;

class journal {
public:
    /// Errors of the writing process throw.
    void add(std::string_view line);
    std::size_t attempts() const { return operations_.size(); }
    std::size_t acknowledged() const;
    std::size_t unknown() const;

    /// What contradicts the journal in the items of the authority, one sentence each; at most 20.
    std::vector<std::string> contradictions(const std::map<std::int64_t, item>& items,
                                            const std::map<std::int64_t, std::int64_t>& versions);

private:
    std::string check_counter(std::int64_t key, const item* found) const;
    std::string check_key(std::int64_t key, const item* found, std::int64_t version) const;

    std::map<std::int64_t, operation_record> operations_; // by number
    std::map<std::int64_t, std::vector<std::int64_t>> by_key_;
};

} // namespace tandem_test
