// SPDX-License-Identifier: BSL-1.0
//
// What the writers did, key by key: each write is noted before it begins and when its outcome is
// known. It is the demo's own memory, apart from tandem and the stores, and the witness of the
// proof: what it says was acknowledged has to be there. Thread-safe; several writers may write one
// key.
//
// The state of a key is that of the acknowledged write with the highest version. A delete whose
// version the caller was not told counts as coming right behind the highest one acknowledged
// before: only the one writer of a key may delete it that way.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace demo {

enum class action : std::uint8_t { put, erase };

/// The newest acknowledged state of a key, and what is or may be under way.
struct history {
    bool live = false;         ///< the newest acknowledged write left a row
    std::int64_t version = 0;  ///< of it; 0: as loaded, or never written
    std::uint64_t content = 0; ///< digest of the row, where live
    // Writes whose outcome stays unknown never end.
    std::int64_t puts_begun = 0;
    std::int64_t puts_ended = 0;
    std::int64_t erases_begun = 0;
    std::int64_t erases_ended = 0;
    std::vector<std::uint64_t> unknown_puts; ///< digests
    // The balance of a counter or an account: exact, and how far unknown outcomes may have moved
    // it.
    std::int64_t balance = 0;
    std::int64_t balance_less = 0; ///< <= 0
    std::int64_t balance_more = 0; ///< >= 0
};

struct journal_totals {
    std::int64_t acknowledged = 0; ///< writes to one key
    std::int64_t unknown = 0;
    std::int64_t nothing_happened = 0;
};

class journal {
public:
    /// A row that is there before the first write.
    void loaded(const std::string& key, std::uint64_t content, std::int64_t balance);

    /// A write that has begun; ends with exactly one of the three functions below.
    struct ticket {
        std::string key;
        demo::action action = action::put;
        std::int64_t version_before = 0; ///< the newest acknowledged when it began
    };
    [[nodiscard]] ticket begin(std::string key, demo::action what);

    struct effect {
        std::int64_t version = 0;  ///< 0: an erase whose version is not known
        std::uint64_t content = 0; ///< of a put
        std::int64_t change = 0;   ///< of the balance
    };
    void acknowledged(const ticket& write, const effect& what);
    void unknown(const ticket& write, const effect& what);
    void nothing_happened(const ticket& write);

    /// A copy; a key never heard of has an empty history.
    [[nodiscard]] history of(const std::string& key) const;
    void for_each(const std::function<void(const std::string&, const history&)>& f) const;
    [[nodiscard]] std::size_t size() const;
    [[nodiscard]] journal_totals totals() const;
    /// Acknowledged writes whose version was not above one acknowledged before they began.
    [[nodiscard]] std::vector<std::string> versions_gone_back() const;

private:
    struct shard {
        mutable std::mutex mutex;
        std::unordered_map<std::string, history> keys; // guarded by mutex
        std::vector<std::string> gone_back;            // guarded by mutex
    };
    static constexpr std::size_t shard_count = 64;
    [[nodiscard]] shard& shard_of(const std::string& key);
    [[nodiscard]] const shard& shard_of(const std::string& key) const;

    std::array<shard, shard_count> shards_;
    std::atomic<std::int64_t> acknowledged_{0};
    std::atomic<std::int64_t> unknown_{0};
    std::atomic<std::int64_t> nothing_happened_{0};
};

} // namespace demo
