// SPDX-License-Identifier: BSL-1.0
//
// The process that the kill test kills: it opens a migration, writes with several threads, relays
// and keeps house, and says on standard output what it attempts and what was acknowledged
// (journal.hpp). It never ends by itself.
//
//     writer <kind> <address> <kind> <address> <round> <seed> <steps>
//
// steps > 0: it walks the phases, too, and stands still with an "M" after so many steps of
// switches.
#include "tandem/worker.hpp"

#include "journal.hpp"
#include "operator.hpp"

#include <unistd.h>

#include <cstdlib>
#include <random>
#include <thread>

namespace tandem_test {

namespace {

constexpr int threads = 4;

/// One write(2) a line: lines of at most PIPE_BUF bytes are never torn.
void say(const std::string& line) {
    const std::string whole = line + "\n";
    if (::write(STDOUT_FILENO, whole.data(), whole.size()) < 0) std::_Exit(3);
}

kind kind_of(const std::string& name) { return name == "postgres" ? kind::postgres : kind::sqlite; }

class writer {
public:
    writer(process& p, std::int64_t round, int thread, std::uint64_t seed)
        : p_(p),
          thread_(thread),
          round_(round),
          random_(seed + static_cast<std::uint64_t>(round * threads + thread)) {}

    void run() {
        for (;;) {
            const auto dice = random_() % 100;
            if (dice < 40) {
                upsert(1 + below(hot_keys), 'u');
            } else if (dice < 55) {
                erase(1 + below(hot_keys));
            } else if (dice < 80) {
                increment(first_counter + below(counters));
            } else {
                write_once();
            }
        }
    }

private:
    std::int64_t below(std::int64_t n) {
        return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(n));
    }
    /// Unique over all rounds, and the content of what is written.
    std::int64_t attempt(char what, std::int64_t key) {
        const auto number = (round_ * threads + thread_) * 1'000'000 + ++count_;
        say(std::string("A ") + what + " " + std::to_string(key) + " " + std::to_string(number));
        return number;
    }
    void answer(std::int64_t number, const result<version>& r) {
        const std::string n = std::to_string(number);
        if (r && r.value().value == 0) {
            say("N " + n);
        } else if (r) {
            say("K " + n + " " + std::to_string(r.value().value));
        } else if (r.error() != errc_condition::outcome_unknown) {
            say("F " + n);
        }
    }
    void upsert(std::int64_t key, char what) {
        const auto number = attempt(what, key);
        const item i{key, "op " + std::to_string(number), number};
        answer(number, what == 'o' ? p_.items.insert(i) : p_.items.upsert(i));
    }
    /// By modify, because that says the version of the delete.
    void erase(std::int64_t key) {
        const auto number = attempt('d', key);
        answer(number, p_.items.modify(key, [](std::optional<item>) -> result<std::optional<item>> {
            return std::optional<item>();
        }));
    }
    void increment(std::int64_t key) {
        const auto number = attempt('i', key);
        answer(number, p_.items.update(key, [](item& i) { ++i.amount; }));
    }
    void write_once() {
        const auto key = first_once + (round_ * threads + thread_) * 100'000 + count_;
        upsert(key, 'o');
        if (key % 4 == 0) erase(key);
    }

    process& p_;
    int thread_;
    std::int64_t round_;
    std::mt19937_64 random_;
    std::int64_t count_ = 0;
};

int run(const std::vector<std::string>& arguments) {
    if (arguments.size() != 7) return 2;
    const auto round = std::stoll(arguments[4]);
    const auto seed = std::stoull(arguments[5]);
    std::atomic<int> steps_left{std::stoi(arguments[6])};
    const bool walks = steps_left > 0;

    process p(open_at(kind_of(arguments[0]), arguments[1]),
              open_at(kind_of(arguments[2]), arguments[3]), kill_options());
    const auto stand_still = [&] {
        if (--steps_left != 0) return;
        say("M");
        for (;;)
            ::pause();
    };
    p.source.after_every_step(stand_still);
    p.target.after_every_step(stand_still);
    if (const auto started = p.migration.start(); !started) {
        say("E " + started.error().full_message());
        return 1;
    }
    tandem::worker relay(p.migration, {.idle_pause = milliseconds(1),
                                       .trouble_pause_min = milliseconds(1),
                                       .housekeeping_every = milliseconds(10),
                                       .purge_every = milliseconds(20)});
    std::vector<std::thread> all;
    all.emplace_back([&] { relay.run(); });
    for (int t = 0; t < threads; ++t) {
        all.emplace_back([&p, round, t, seed] { writer(p, round, t, seed).run(); });
    }
    if (walks) {
        all.emplace_back([&] {
            std::mt19937_64 dice(seed + static_cast<std::uint64_t>(round));
            for (;;)
                walk_once(p, dice());
        });
    }
    for (auto& t : all)
        t.join();
    return 0;
}

} // namespace

} // namespace tandem_test

int main(int count, char** arguments) {
    return tandem_test::run({arguments + 1, arguments + count});
}
