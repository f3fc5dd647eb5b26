// SPDX-License-Identifier: BSL-1.0
//
// What a reader does: gets single rows and groups of rows, and has the journal judge each answer. A
// read that began after a write was acknowledged has to find that write or a newer one.
#include "traffic.hpp"

#include <chrono>
#include <set>

namespace demo {

namespace {

// Readers look at what writers do; without a pause they would take the processors from them.
constexpr std::chrono::microseconds pause{500};
constexpr std::chrono::milliseconds refusal_pause{20};
constexpr std::size_t group_size = 8;

class reader {
public:
    reader(const ground& where, random_source random,
           std::span<const std::atomic<std::int64_t>> once)
        : where_(where), random_(random), once_(once) {}

    void read_something() {
        if (below(random_, 5) == 0) {
            read_group();
        } else {
            read_one();
        }
    }

private:
    std::string pick() {
        const auto& plan = where_.plan;
        const auto dice = below(random_, 100);
        if (dice < 15) return plan.counters[below(random_, plan.counters.size())];
        if (dice < 25 && !plan.accounts.empty()) {
            return plan.accounts[below(random_, plan.accounts.size())];
        }
        if (dice < 50 && !plan.shared.empty()) {
            return plan.shared[below(random_, plan.shared.size())];
        }
        const auto writer = below(random_, once_.size());
        const auto written = once_[writer].load(std::memory_order_relaxed);
        if (dice < 70 && written > 0) {
            return plan.once_key(writer, static_cast<std::int64_t>(
                                             below(random_, static_cast<std::size_t>(written))));
        }
        const auto& owned = plan.owned[writer];
        return owned.empty() ? plan.counters.front() : owned[below(random_, owned.size())];
    }

    static std::optional<stored> as_stored(const std::optional<item>& found) {
        if (!found) return std::nullopt;
        return stored{found->row_version.value, fingerprint(*found), found->balance};
    }

    void judge(const std::string& key, const history& before, const std::optional<item>& found) {
        auto wrong = judge_read(key, before, where_.writes.of(key), as_stored(found));
        if (!wrong) return;
        wrong->text = "a read: " + wrong->text;
        where_.figures.found(std::move(*wrong));
    }

    void failed(const std::string& key, const tandem::error& why) {
        if (why == tandem::errc_condition::retryable) {
            where_.figures.refused(why);
            std::this_thread::sleep_for(refusal_pause);
        } else {
            where_.figures.found({finding_kind::unexpected, key, "reading: " + why.message()});
        }
    }

    void read_one() {
        const std::string key = pick();
        const history before = where_.writes.of(key);
        const auto found = where_.table.get(key);
        if (!found) {
            failed(key, found.error());
            return;
        }
        judge(key, before, found.value());
        where_.figures.has_read(1);
    }

    void read_group() {
        std::set<std::string> distinct;
        for (std::size_t i = 0; i < group_size; ++i)
            distinct.insert(pick());
        const std::vector<std::string> keys(distinct.begin(), distinct.end());
        std::vector<history> before;
        for (const auto& key : keys)
            before.push_back(where_.writes.of(key));
        const auto found = where_.table.get_many(keys);
        if (!found) {
            failed(keys.front(), found.error());
            return;
        }
        for (std::size_t i = 0; i < keys.size(); ++i)
            judge(keys[i], before[i], found.value()[i]);
        where_.figures.has_read(static_cast<std::int64_t>(keys.size()));
    }

    const ground& where_;
    random_source random_;
    std::span<const std::atomic<std::int64_t>> once_;
};

} // namespace

void run_reader(const ground& where, gate& entry, random_source random,
                std::span<const std::atomic<std::int64_t>> once) {
    reader one(where, random, once);
    while (entry.pass()) {
        one.read_something();
        std::this_thread::sleep_for(pause);
    }
}

} // namespace demo
