// SPDX-License-Identifier: BSL-1.0
//
// The proof: compares what the journal says was acknowledged with what a read or a scan of a store
// found. Pure functions over their arguments; they know neither tandem nor a store.
//
// 1. A row is never older than the newest acknowledged write of its key. 2. At that write's version
// it has that write's content. 3. It is newer only where a write was under way or is unknown. 4. A
// key whose newest acknowledged write left a row is absent only where a delete was under way or is
// unknown.
// 5. A balance is what the acknowledged changes sum up to, give or take the unknown ones. 6. At
// rest, both stores hold the same rows with the same versions.
#pragma once

#include "journal.hpp"

#include <optional>
#include <span>
#include <unordered_map>

namespace demo {

/// A row as a store holds it.
struct stored {
    std::int64_t version = 0;
    std::uint64_t content = 0; ///< digest
    std::int64_t balance = 0;
};
using table_image = std::unordered_map<std::string, stored>;

enum class finding_kind : std::uint8_t {
    lost,        ///< an acknowledged write is not there
    resurrected, ///< a deleted row is there
    phantom,     ///< a row that no write made
    different,   ///< the content is not what was acknowledged, or the two stores differ
    inexact,     ///< a sum or a count is not what the acknowledged writes make it
    unexpected,  ///< an answer that no correct store gives
};
[[nodiscard]] std::string_view to_string(finding_kind kind) noexcept;

struct finding {
    finding_kind kind = finding_kind::lost;
    std::string key;
    std::string text; ///< what was expected and what was found
};

/// What one read of a key found. `before` is the history when the read began, `after` when it had
/// ended; at rest they are the same.
[[nodiscard]] std::optional<finding> judge_read(const std::string& key, const history& before,
                                                const history& after,
                                                const std::optional<stored>& found);

/// The whole table of the store that decides, at rest.
[[nodiscard]] std::vector<finding> check_authority(const journal& writes, const table_image& rows);

/// The balances of these keys, each, and their sum, which transfers never change.
[[nodiscard]] std::vector<finding> check_balances(const journal& writes, const table_image& rows,
                                                  std::span<const std::string> keys);
[[nodiscard]] std::vector<finding> check_sum(const table_image& rows,
                                             std::span<const std::string> keys, std::int64_t sum);

/// Both stores at rest, with nothing owed.
[[nodiscard]] std::vector<finding> check_equal(const table_image& source,
                                               const table_image& target);

} // namespace demo
