// SPDX-License-Identifier: BSL-1.0
//
// kill -9: a process that writes, relays and switches is killed again and again, after a number
// of lines of its journal or between two steps of a switch, while another process walks the
// phases back and forth. At the end everything it acknowledged is there. TANDEM_SEED repeats a
// run's choices.
#include "journal.hpp"
#include "operator.hpp"

#include <gtest/gtest.h>

#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <iostream>
#include <random>
#include <thread>

namespace tandem_test {

namespace {

constexpr int rounds = 30;

/// A running writer and the end of its pipe.
class victim {
public:
    explicit victim(const std::vector<std::string>& arguments) {
        int ends[2];
        if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
        posix_spawn_file_actions_t files;
        ::posix_spawn_file_actions_init(&files);
        ::posix_spawn_file_actions_adddup2(&files, ends[1], STDOUT_FILENO);
        ::posix_spawn_file_actions_addclose(&files, ends[0]);
        ::posix_spawn_file_actions_addclose(&files, ends[1]);
        std::vector<char*> words;
        for (const auto& a : arguments)
            words.push_back(const_cast<char*>(a.c_str()));
        words.push_back(nullptr);
        const int failed =
            ::posix_spawn(&process_, words[0], &files, nullptr, words.data(), environ);
        ::posix_spawn_file_actions_destroy(&files);
        ::close(ends[1]);
        lines_ = ::fdopen(ends[0], "r");
        if (failed != 0) throw std::runtime_error("cannot start " + arguments.front());
    }
    victim(const victim&) = delete;
    victim& operator=(const victim&) = delete;
    ~victim() {
        kill();
        ::fclose(lines_);
    }

    /// The next line; nothing at the end.
    std::optional<std::string> line() {
        char text[256];
        if (::fgets(text, sizeof text, lines_) == nullptr) return std::nullopt;
        std::string out(text);
        if (!out.empty() && out.back() == '\n') out.pop_back();
        return out;
    }
    void kill() {
        if (process_ == 0) return;
        ::kill(process_, SIGKILL);
        int status = 0;
        ::waitpid(process_, &status, 0);
        was_killed_ = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
        process_ = 0;
    }
    bool was_killed() const { return was_killed_; }

private:
    pid_t process_ = 0;
    FILE* lines_ = nullptr;
    bool was_killed_ = false;
};

std::uint64_t seed_of_run() {
    const char* given = std::getenv("TANDEM_SEED");
    return given != nullptr ? std::stoull(given) : static_cast<std::uint64_t>(::getpid());
}

class kill_9 : public ::testing::TestWithParam<kinds_of_pair> {
protected:
    world w{GetParam().source, GetParam().target};
    process& controller = w.create();
    journal written;
    std::mt19937_64 dice{seed_of_run()};
    int between_steps = 0;
    int switches = 0;

    void SetUp() override {
        w.options = kill_options();
        must(controller.migration.install());
        must(controller.migration.start());
        for (std::int64_t c = 0; c < counters; ++c)
            must(controller.items.insert({first_counter + c, "counter", 0}));
    }

    /// One life of the writer. In every third round it walks the phases itself and dies after a
    /// step; in the others this process walks meanwhile, and the writer dies anywhere.
    void round(int number) {
        const bool dies_in_switch = number % 3 == 2;
        const auto steps = dies_in_switch ? 1 + dice() % 6 : 0;
        const auto lines_to_live = 20 + dice() % 100;
        victim v({TANDEM_KILL_WRITER, to_string(GetParam().source), w.at(side::source).address(),
                  to_string(GetParam().target), w.at(side::target).address(),
                  std::to_string(number), std::to_string(dice()), std::to_string(steps)});
        const auto chance = dice();
        std::jthread walker; // joins, also where the journal says that the writer failed
        std::uint64_t seen = 0;
        while (const auto line = v.line()) {
            written.add(*line);
            ++seen;
            if (*line == "M") ++between_steps;
            if (*line == "M" || (!dies_in_switch && seen == lines_to_live)) v.kill();
            if (!dies_in_switch && seen == lines_to_live / 2) {
                walker = std::jthread([&] { switches += walk_once(controller, chance) ? 1 : 0; });
            }
        }
        v.kill();
        EXPECT_TRUE(v.was_killed()) << "the writer ended by itself in round " << number;
        if (walker.joinable()) walker.join();
    }

    void expect_no_contradiction() {
        const side primary = primary_of(w.phase_now());
        const auto items = w.items_at(primary);
        std::map<std::int64_t, std::int64_t> versions;
        auto next = w.versions_at(primary);
        auto v = next.begin();
        for (const auto& [id, i] : items)
            versions[id] = *v++;
        EXPECT_EQ(written.contradictions(items, versions), std::vector<std::string>());
    }
};

TEST_P(kill_9, loses_and_resurrects_nothing_that_was_acknowledged) {
    std::cout << "TANDEM_SEED=" << seed_of_run() << std::endl;
    for (int number = 0; number < rounds && !HasFailure(); ++number)
        round(number);
    bring_to_rest(controller);
    expect_no_contradiction();
    w.expect_equal_sides();
    EXPECT_EQ(w.owed_at(side::source), 0);
    EXPECT_EQ(w.owed_at(side::target), 0);
    EXPECT_EQ(w.authorities(), 1);
    EXPECT_EQ(between_steps, rounds / 3);
    EXPECT_GT(written.acknowledged(), std::size_t{rounds});
    std::cout << written.attempts() << " attempted, " << written.acknowledged() << " acknowledged, "
              << written.unknown() << " unknown; " << rounds << " kills, " << between_steps
              << " between two steps; " << switches << " walks beside them" << std::endl;
}

INSTANTIATE_TEST_SUITE_P(pairs, kill_9, ::testing::ValuesIn(same_kind_pairs()),
                         pair_name<::testing::TestParamInfo<kinds_of_pair>>);

} // namespace

} // namespace tandem_test
