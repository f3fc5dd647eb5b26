// SPDX-License-Identifier: BSL-1.0
#include "journal.hpp"

#include <algorithm>
#include <sstream>
#include <stdexcept>

namespace tandem_test {

void journal::add(std::string_view line) {
    std::istringstream in{std::string(line)};
    char tag = 0;
    in >> tag;
    if (tag == 'M') return;
    if (tag == 'E') throw std::runtime_error(std::string(line));
    std::int64_t number = 0;
    if (tag == 'A') {
        operation_record r;
        in >> r.what >> r.key >> number;
        operations_[number] = r;
        by_key_[r.key].push_back(number);
    } else if (tag == 'K') {
        std::int64_t version = 0;
        in >> number >> version;
        auto& r = operations_.at(number);
        r.end = outcome::acknowledged;
        r.version = version;
    } else {
        in >> number;
        operations_.at(number).end = tag == 'N' ? outcome::nothing_done : outcome::failed;
    }
    if (!in) throw std::runtime_error("a torn line of the journal: " + std::string(line));
}

std::size_t journal::acknowledged() const {
    return static_cast<std::size_t>(
        std::count_if(operations_.begin(), operations_.end(),
                      [](const auto& o) { return o.second.end == outcome::acknowledged; }));
}

std::size_t journal::unknown() const {
    return static_cast<std::size_t>(
        std::count_if(operations_.begin(), operations_.end(),
                      [](const auto& o) { return o.second.end == outcome::unknown; }));
}

std::string journal::check_counter(std::int64_t key, const item* found) const {
    if (found == nullptr) return "is lost";
    std::int64_t at_least = 0;
    std::int64_t at_most = 0;
    if (const auto written = by_key_.find(key); written != by_key_.end()) {
        for (const auto number : written->second) {
            const auto end = operations_.at(number).end;
            at_least += end == outcome::acknowledged ? 1 : 0;
            at_most += end == outcome::acknowledged || end == outcome::unknown ? 1 : 0;
        }
    }
    if (found->amount >= at_least && found->amount <= at_most) return {};
    return "counts " + std::to_string(found->amount) + " increments; acknowledged were " +
           std::to_string(at_least) + ", attempted with no answer " +
           std::to_string(at_most - at_least);
}

// The last acknowledged write of a key is the one with the greatest version. What the key holds is
// that one, or a write that was attempted and never answered and has a still greater version.
std::string journal::check_key(std::int64_t key, const item* found, std::int64_t version) const {
    const auto written = by_key_.find(key);
    if (written == by_key_.end()) return "was never written";
    const operation_record* last = nullptr;
    std::int64_t last_number = 0;
    bool open_delete = false;
    for (const auto number : written->second) {
        const auto& r = operations_.at(number);
        open_delete = open_delete || (r.what == 'd' && r.end == outcome::unknown);
        if (r.end != outcome::acknowledged) continue;
        if (last != nullptr && r.version == last->version) {
            return "has two acknowledged writes of version " + std::to_string(r.version);
        }
        if (last == nullptr || r.version > last->version) last = &r, last_number = number;
    }
    if (found == nullptr) {
        if (last == nullptr || last->what == 'd' || open_delete) return {};
        return "is lost; operation " + std::to_string(last_number) + " was acknowledged";
    }
    const auto holder = operations_.find(found->amount);
    if (holder == operations_.end() || holder->second.key != key || holder->second.what == 'd' ||
        found->name != "op " + std::to_string(found->amount)) {
        return "holds what nobody wrote: " + found->name;
    }
    const auto& r = holder->second;
    if (r.end == outcome::failed) return "holds a write that was said to have failed";
    if (r.end == outcome::acknowledged && r.version != version) {
        return "has another version than was acknowledged";
    }
    if (last != nullptr && version < last->version) {
        return (last->what == 'd' ? "came back: operation " : "lost operation ") +
               std::to_string(last_number) + ", acknowledged with version " +
               std::to_string(last->version) + ", and holds operation " +
               std::to_string(found->amount) + " of version " + std::to_string(version);
    }
    return {};
}

std::vector<std::string>
journal::contradictions(const std::map<std::int64_t, item>& items,
                        const std::map<std::int64_t, std::int64_t>& versions) {
    std::vector<std::string> out;
    const auto note = [&](std::int64_t key, const std::string& problem) {
        if (!problem.empty() && out.size() < 20)
            out.push_back("item " + std::to_string(key) + " " + problem);
    };
    const auto find = [&](std::int64_t key) {
        const auto at = items.find(key);
        return at == items.end() ? nullptr : &at->second;
    };
    for (std::int64_t key = first_counter; key < first_counter + counters; ++key)
        note(key, check_counter(key, find(key)));
    for (const auto& [key, numbers] : by_key_) {
        const bool is_counter = key >= first_counter && key < first_counter + counters;
        if (!is_counter) note(key, check_key(key, find(key), find(key) ? versions.at(key) : 0));
    }
    for (const auto& [key, found] : items) {
        const bool is_counter = key >= first_counter && key < first_counter + counters;
        if (!is_counter && !by_key_.contains(key)) note(key, "was never written");
    }
    return out;
}

} // namespace tandem_test
