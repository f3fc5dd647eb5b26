// SPDX-License-Identifier: BSL-1.0
//
// A writing process that is killed: nothing it acknowledged is lost, and no transaction is there by
// half. Every round kills at another point; the rounds share one file.
#include "fixture.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <map>

namespace tandem_test {

namespace {

constexpr int rounds = 32;
constexpr std::int64_t per_round = 1'000'000;
constexpr std::int64_t hot = 0;
constexpr std::int64_t coming_and_going = 1;

/// Never ends by itself. Acknowledges n once all writes of n have been committed.
[[noreturn]] void write_for_ever(const std::string& path, int pipe, std::int64_t n) {
    const auto s = open_store(path);
    for (;; ++n) {
        value_of(s->write(put_user(n, "once", n), {}, in_time()));
        value_of(s->write(put_user(hot, "hot", n), {}, in_time()));
        value_of(s->write(put_user(coming_and_going, "back"), {}, in_time()));
        value_of(s->write(drop_user(coming_and_going), {}, in_time()));
        if (::write(pipe, &n, sizeof n) != sizeof n) ::_exit(1);
    }
}

/// Kills a writer once it has acknowledged `acknowledgements` numbers from `first` on; gives back
/// the last one it had acknowledged by then.
std::int64_t kill_a_writer(const std::string& path, std::int64_t first, int acknowledgements) {
    int ends[2];
    if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
    const pid_t child = ::fork();
    if (child == 0) {
        ::close(ends[0]);
        try {
            write_for_ever(path, ends[1], first);
        } catch (...) {
            ::_exit(1);
        }
    }
    ::close(ends[1]);
    std::int64_t last = first - 1;
    for (int i = 0; i < acknowledgements; ++i) {
        if (::read(ends[0], &last, sizeof last) != sizeof last) break;
    }
    ::kill(child, SIGKILL);
    // What was acknowledged between the last read and the kill counts as well.
    while (::read(ends[0], &last, sizeof last) == sizeof last) {
    }
    ::close(ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status)) << "the writer ended by itself";
    return last;
}

/// Every row has the intent of its version, and no key has a row and a tombstone.
void expect_whole_transactions(sqlite::store& s) {
    std::map<key_bytes, version> owed;
    for (const auto& o : value_of(s.owed(0, 1'000'000, owed_scope::due, in_time()))) {
        owed[o.change.key] = o.change.version;
    }
    const auto rows = value_of(s.scan(side::source, 0, {}, 1'000'000, in_time())).rows;
    for (const auto& held : rows) {
        const auto k = id_of(std::get<std::int64_t>(held.image[0]));
        ASSERT_TRUE(owed.contains(k.encoded));
        EXPECT_EQ(owed[k.encoded], held.version);
    }
    for (const auto& dead : value_of(s.tombstones(0, "", 1'000'000, in_time())).tombstones) {
        EXPECT_EQ(dead.key, id_of(coming_and_going).encoded);
        EXPECT_FALSE(value_of(s.read(side::source, 0, id_of(coming_and_going), in_time())).found);
    }
}

} // namespace

TEST_F(sqlite_store, a_killed_writer_loses_nothing_acknowledged_and_leaves_nothing_half_done) {
    {
        const auto target = make_target();
        go_dual(*store_, *target);
    }
    store_.reset(); // no connection lives across a fork
    plain_.reset();
    for (int round = 1; round <= rounds; ++round) {
        const std::int64_t first = round * per_round;
        const auto last = kill_a_writer(path_, first, round % 8);
        const auto s = open_store(path_);
        for (std::int64_t n = first; n <= last; ++n) {
            ASSERT_TRUE(read(*s, n)) << n << " was acknowledged in round " << round;
        }
        if (last >= first) {
            EXPECT_GE(std::get<std::int64_t>(read(*s, hot)->image[2]), last);
        }
        expect_whole_transactions(*s);
    }
    EXPECT_EQ(plain_connection(path_).text("PRAGMA integrity_check"), "ok");
}

} // namespace tandem_test
