// SPDX-License-Identifier: BSL-1.0
//
// A writing process that is killed: every intent it acknowledged is there, and what it settled may
// be there again but nothing else is. The rounds share one spool.
#include "fixture.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <mutex>
#include <thread>

namespace tandem_test {
namespace {

constexpr int rounds = 30;
constexpr int callers = 4;

struct acknowledgement {
    std::int64_t id = 0;
    bool settled = false; ///< the removal was about to begin
};

/// Never ends by itself: `callers` threads add, and settle every other intent.
[[noreturn]] void write_for_ever(const spool_directory& where, int pipe) {
    auto s = where.open();
    const auto say = [pipe](const acknowledgement& what) {
        if (::write(pipe, &what, sizeof what) != sizeof what) ::_exit(1);
    };
    const auto work = [&] {
        for (int i = 0;; ++i) {
            const auto id = s.add(intent("some key"), in_time());
            if (!id) ::_exit(1);
            say({id.value(), false});
            if (i % 2 == 0) continue;
            say({id.value(), true});
            const std::int64_t ids[] = {id.value()};
            if (!s.settle(ids, in_time())) ::_exit(1);
        }
    };
    std::vector<std::thread> threads;
    for (int i = 1; i < callers; ++i)
        threads.emplace_back(work);
    work();
    ::_exit(1);
}

/// Kills the writer after `count` acknowledgements; the ids that have to be there.
std::set<std::int64_t> kill_a_writer(const spool_directory& where, int count) {
    int ends[2];
    if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
    const pid_t child = ::fork();
    if (child == 0) {
        ::close(ends[0]);
        try {
            write_for_ever(where, ends[1]);
        } catch (...) {
            ::_exit(1);
        }
    }
    ::close(ends[1]);
    std::set<std::int64_t> owed;
    acknowledgement said;
    // What was acknowledged between the last read and the kill counts as well.
    for (int i = 0; ::read(ends[0], &said, sizeof said) == sizeof said; ++i) {
        if (said.settled) {
            owed.erase(said.id);
        } else {
            owed.insert(said.id);
        }
        if (i == count) ::kill(child, SIGKILL);
    }
    ::close(ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status)) << "the writer ended by itself";
    return owed;
}

TEST(spool_crash, no_acknowledged_intent_is_lost_when_its_process_is_killed) {
    const spool_directory where;
    { const auto made = where.open(); }
    std::set<std::int64_t> owed;
    for (int round = 0; round < rounds; ++round) {
        owed.merge(kill_a_writer(where, 1 + round * 7));
        auto s = where.open();
        ASSERT_FALSE(s.damage()) << *s.damage();
        std::set<std::int64_t> found;
        for (const auto& one : value_of(s.owed(0, 1'000'000, in_time())))
            found.insert(one.id);
        for (const std::int64_t id : owed)
            EXPECT_TRUE(found.contains(id)) << "round " << round << ", intent " << id;
        EXPECT_EQ(s.stats().owed, static_cast<std::int64_t>(found.size()));
    }
    EXPECT_GT(owed.size(), 500u);
}

} // namespace
} // namespace tandem_test
