// SPDX-License-Identifier: BSL-1.0
//
// Waiting: for the file's write lock, for a connection, and for a statement that takes too long.
#include "fixture.hpp"
#include "sqlite/pool.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <thread>

namespace tandem_test {

namespace {

std::unique_ptr<store_transaction> begin_on(sqlite::store& s, std::int64_t n,
                                            const call_context& call) {
    const table_key wanted{0, id_of(n)};
    return std::move(value_of(s.begin({&wanted, 1}, isolation::serializable, call)).transaction);
}

/// Adds 1 to the amount of user 1, as often as asked.
bool increment(const std::string& path, int times) {
    const auto s = open_store(path);
    for (int i = 0; i < times; ++i) {
        const auto t = begin_on(*s, 1, in_time());
        const auto found = value_of(t->get(0, id_of(1)));
        const auto amount = std::get<std::int64_t>(found->image[2]);
        value_of(t->write(put_user(1, "counter", amount + 1)));
        value_of(t->commit());
    }
    return true;
}

/// Runs in a process of its own.
pid_t in_child(const std::function<bool()>& work) {
    const pid_t child = ::fork();
    if (child != 0) return child;
    bool is_done = false;
    try {
        is_done = work();
    } catch (...) {
    }
    ::_exit(is_done ? 0 : 1);
}

bool succeeded(pid_t child) {
    int status = 0;
    return ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

} // namespace

TEST_F(sqlite_store, a_write_is_busy_at_its_deadline_while_another_program_writes) {
    plain_->execute("BEGIN IMMEDIATE");
    const auto refused = store_->write(put_user(1, "a"), {}, within(milliseconds(60)));
    EXPECT_EQ(refused.error(), errc::busy);
    plain_->execute("COMMIT");
    EXPECT_FALSE(read(*store_, 1));
    EXPECT_EQ(write(*store_, put_user(1, "a")).status, write_status::committed);
}

TEST_F(sqlite_store, a_lock_timeout_ends_the_wait_before_a_later_deadline) {
    const auto impatient =
        open_store({.path = path_, .lock_timeout = milliseconds(20)}, users_binding(side::source));
    plain_->execute("BEGIN IMMEDIATE");
    EXPECT_EQ(impatient->write(put_user(1, "a"), {}, {}).error(), errc::busy);
    EXPECT_EQ(impatient->step({.kind = step_kind::roll_primary, .expected = 1}, {}).error(),
              errc::busy);
    plain_->execute("COMMIT");
}

TEST_F(sqlite_store, a_write_that_waits_goes_on_when_the_lock_is_free) {
    plain_->execute("BEGIN IMMEDIATE");
    write_reply reply;
    std::thread writer([&] { reply = write(*store_, put_user(1, "a")); });
    plain_->execute("COMMIT");
    writer.join();
    EXPECT_EQ(reply.status, write_status::committed);
}

TEST_F(sqlite_store, reads_do_not_wait_for_a_writer_and_do_not_see_it) {
    write(*store_, put_user(1, "before"));
    plain_->execute("BEGIN IMMEDIATE; UPDATE users SET name = 'after'");
    EXPECT_TRUE(same_row(read(*store_, 1)->image, user(1, "before")));
    plain_->execute("COMMIT");
    EXPECT_TRUE(same_row(read(*store_, 1)->image, user(1, "after")));
}

TEST_F(sqlite_store, a_transaction_keeps_other_writers_of_the_process_out_until_it_ends) {
    auto held = begin_on(*store_, 1, in_time());
    EXPECT_EQ(store_->write(put_user(2, "b"), {}, within(milliseconds(30))).error(), errc::busy);
    held.reset();
    EXPECT_EQ(write(*store_, put_user(2, "b")).status, write_status::committed);
}

TEST_F(sqlite_store, a_transaction_past_its_deadline_commits_nothing_and_frees_the_lock) {
    const auto call = within(milliseconds(60));
    const auto held = begin_on(*store_, 1, call);
    value_of(held->write(put_user(1, "a")));
    while (time_left(call) > milliseconds(0))
        std::this_thread::yield();
    EXPECT_EQ(held->commit().error(), errc::timeout);
    EXPECT_EQ(write(*store_, put_user(2, "b")).status, write_status::committed);
    EXPECT_FALSE(read(*store_, 1));
}

TEST_F(sqlite_store, a_transaction_outlives_its_store) {
    auto held = begin_on(*store_, 1, in_time());
    store_.reset();
    value_of(held->write(put_user(1, "a")));
    value_of(held->commit());
    EXPECT_EQ(plain_->text("SELECT name FROM users"), "a");
}

TEST_F(sqlite_store, an_ended_transaction_says_so) {
    const auto held = begin_on(*store_, 1, in_time());
    value_of(held->commit());
    EXPECT_EQ(held->commit().error(), errc::stopped);
    EXPECT_EQ(held->get(0, id_of(1)).error(), errc::stopped);
}

TEST_F(sqlite_store, a_deadline_that_has_passed_is_a_timeout) {
    const call_context past{monotonic_now()};
    EXPECT_EQ(store_->write(put_user(1, "a"), {}, past).error(), errc::timeout);
    EXPECT_EQ(store_->read(side::source, 0, id_of(1), past).error(), errc::timeout);
}

TEST_F(sqlite_store, a_pool_gives_out_no_more_connections_than_it_has) {
    const sqlite::options opts{.path = path_, .readers_max = 1};
    using sqlite::detail::connection;
    sqlite::detail::pool pool(opts, connection::access::read, 1, errc::pool_exhausted);
    {
        const auto held = value_of(pool.take(in_time()));
        EXPECT_EQ(pool.take(within(milliseconds(10))).error(), errc::pool_exhausted);
    }
    EXPECT_TRUE(pool.take(in_time()));
}

TEST_F(sqlite_store, a_connection_that_could_not_be_opened_leaves_its_place_free) {
    const sqlite::options opts{.path = directory_.file("later.db"), .readers_max = 1};
    using sqlite::detail::connection;
    sqlite::detail::pool pool(opts, connection::access::read, 1, errc::pool_exhausted);
    EXPECT_EQ(pool.take(in_time()).error(), errc::unavailable);
    plain_connection(opts.path).execute(users_sql);
    EXPECT_TRUE(pool.take(in_time()));
}

TEST_F(sqlite_store, a_statement_that_runs_into_the_deadline_is_interrupted) {
    using sqlite::detail::connection;
    const auto c = value_of(
        connection::open({.path = path_}, connection::access::read, within(milliseconds(50))));
    const auto endless = c->execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM "
                                    "n) SELECT count(*) FROM n",
                                    "counting");
    EXPECT_EQ(endless.error(), errc::timeout);
}

TEST_F(sqlite_store, many_threads_lose_no_write) {
    constexpr int threads = 4;
    constexpr int writes = 10;
    std::vector<std::thread> writers;
    for (int i = 0; i < threads; ++i) {
        writers.emplace_back([&, i] {
            for (int n = 0; n < writes; ++n)
                write(*store_, put_user(i * writes + n, "a"));
        });
    }
    for (auto& w : writers)
        w.join();
    EXPECT_EQ(plain_->text("SELECT count(*) FROM users"), "40");
}

TEST_F(sqlite_store, two_processes_lose_no_increment) {
    write(*store_, put_user(1, "counter"));
    store_.reset(); // no connection lives across a fork
    plain_.reset();
    const pid_t first = in_child([&] { return increment(path_, 30); });
    const pid_t second = in_child([&] { return increment(path_, 30); });
    EXPECT_TRUE(succeeded(first));
    EXPECT_TRUE(succeeded(second));
    EXPECT_EQ(plain_connection(path_).text("SELECT amount FROM users"), "60");
}

} // namespace tandem_test
