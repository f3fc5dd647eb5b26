// SPDX-License-Identifier: BSL-1.0
#include "journal.hpp"

#include <algorithm>

namespace demo {

journal::shard& journal::shard_of(const std::string& key) {
    return shards_[std::hash<std::string>{}(key) % shard_count];
}

const journal::shard& journal::shard_of(const std::string& key) const {
    return shards_[std::hash<std::string>{}(key) % shard_count];
}

void journal::loaded(const std::string& key, std::uint64_t content, std::int64_t balance) {
    auto& s = shard_of(key);
    const std::lock_guard lock(s.mutex);
    auto& h = s.keys[key];
    h.live = true;
    h.content = content;
    h.balance = balance;
}

journal::ticket journal::begin(std::string key, demo::action what) {
    auto& s = shard_of(key);
    const std::lock_guard lock(s.mutex);
    auto& h = s.keys[key];
    ++(what == action::put ? h.puts_begun : h.erases_begun);
    return {std::move(key), what, h.version};
}

void journal::acknowledged(const ticket& write, const effect& what) {
    acknowledged_.fetch_add(1, std::memory_order_relaxed);
    auto& s = shard_of(write.key);
    const std::lock_guard lock(s.mutex);
    auto& h = s.keys[write.key];
    ++(write.action == action::put ? h.puts_ended : h.erases_ended);
    h.balance += what.change;
    const bool is_told = what.version != 0;
    if (is_told && what.version <= write.version_before) s.gone_back.push_back(write.key);
    if (is_told && what.version < h.version) return; // a newer one was acknowledged first
    if (is_told) h.version = what.version;
    h.live = write.action == action::put;
    h.content = h.live ? what.content : 0;
}

void journal::unknown(const ticket& write, const effect& what) {
    unknown_.fetch_add(1, std::memory_order_relaxed);
    auto& s = shard_of(write.key);
    const std::lock_guard lock(s.mutex);
    auto& h = s.keys[write.key];
    if (write.action == action::put) h.unknown_puts.push_back(what.content);
    h.balance_less += std::min<std::int64_t>(what.change, 0);
    h.balance_more += std::max<std::int64_t>(what.change, 0);
}

void journal::nothing_happened(const ticket& write) {
    nothing_happened_.fetch_add(1, std::memory_order_relaxed);
    auto& s = shard_of(write.key);
    const std::lock_guard lock(s.mutex);
    auto& h = s.keys[write.key];
    ++(write.action == action::put ? h.puts_ended : h.erases_ended);
}

history journal::of(const std::string& key) const {
    const auto& s = shard_of(key);
    const std::lock_guard lock(s.mutex);
    const auto found = s.keys.find(key);
    return found == s.keys.end() ? history{} : found->second;
}

void journal::for_each(const std::function<void(const std::string&, const history&)>& f) const {
    for (const auto& s : shards_) {
        const std::lock_guard lock(s.mutex);
        for (const auto& [key, h] : s.keys)
            f(key, h);
    }
}

std::size_t journal::size() const {
    std::size_t sum = 0;
    for (const auto& s : shards_) {
        const std::lock_guard lock(s.mutex);
        sum += s.keys.size();
    }
    return sum;
}

journal_totals journal::totals() const {
    return {acknowledged_.load(), unknown_.load(), nothing_happened_.load()};
}

std::vector<std::string> journal::versions_gone_back() const {
    std::vector<std::string> all;
    for (const auto& s : shards_) {
        const std::lock_guard lock(s.mutex);
        all.insert(all.end(), s.gone_back.begin(), s.gone_back.end());
    }
    return all;
}

} // namespace demo
