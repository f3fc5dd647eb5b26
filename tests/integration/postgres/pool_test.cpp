// SPDX-License-Identifier: BSL-1.0
//
// The pool's bounds, the host's own connections, and passwords that nobody gets to see.
#include "users.hpp"

#include <libpq-fe.h>

#include <atomic>
#include <thread>

namespace tandem_test {
namespace {

class pool : public users_test {
protected:
    [[nodiscard]] postgres::pool_options small(std::size_t max) const {
        postgres::pool_options out;
        out.conninfo = place_->conninfo();
        out.max = max;
        return out;
    }
};

TEST_F(pool, gives_out_no_more_than_max_and_says_so_at_the_deadline) {
    const auto store = open(small(1));
    const std::vector<table_key> keys{{0, id(1)}};
    auto begun = must(store->begin(keys, isolation::read_committed, soon()));
    const auto reply = store->read(side::source, 0, id(2), within(milliseconds(50)));
    EXPECT_EQ(error_of(reply), errc::pool_exhausted);
    begun.transaction.reset();
    EXPECT_EQ(name_at(*store, 2), "-");
    EXPECT_EQ(store->connections()->stats().opened, 1u);
}

TEST_F(pool, wakes_who_waits_when_a_connection_comes_back) {
    const auto store = open(small(1));
    const std::vector<table_key> keys{{0, id(1)}};
    auto begun = must(store->begin(keys, isolation::read_committed, soon()));
    auto waiting = std::async(std::launch::async, [&] { return name_at(*store, 1); });
    must(begun.transaction->write(put(1, "x")));
    must(begun.transaction->commit());
    EXPECT_EQ(waiting.get(), "x");
}

TEST_F(pool, many_threads_share_few_connections) {
    const auto store = open(small(3));
    const auto seen = belief(*store);
    std::atomic<int> committed{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 8; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < 20; ++i) {
                const auto reply = store->write(put(t * 100 + i, "x"), seen, soon());
                if (reply.has_value() && reply.value().status == write_status::committed) {
                    ++committed;
                }
            }
        });
    }
    for (auto& thread : threads)
        thread.join();
    EXPECT_EQ(committed, 160);
    EXPECT_LE(store->connections()->stats().opened, 3u);
    EXPECT_EQ(store->connections()->stats().in_use, 0u);
}

TEST_F(pool, warm_up_opens_min_and_idle_ones_beyond_it_are_closed) {
    auto options = small(5);
    options.min = 2;
    options.idle_timeout = milliseconds(1);
    const auto made = must(postgres::pool::make(options));
    must(made->warm_up(soon()));
    EXPECT_EQ(made->stats().open, 2u);
    postgres::store store(made, {.control_schema = place_->name()});
    must(store.bind(users_binding()));
    must(store.install(soon()));
    EXPECT_EQ(made->stats().open, 2u);
}

TEST_F(pool, sessions_have_the_settings_that_make_them_safe) {
    const auto store = open();
    const std::vector<table_key> keys{{0, id(1)}};
    auto begun = must(store->begin(keys, isolation::read_committed, soon()));
    EXPECT_EQ(admin_->run("select application_name from pg_stat_activity where "
                          "state='idle in transaction'"),
              "tandem");
}

class lent : public pool {
protected:
    struct host {
        std::string info;
        pg_conn* only = nullptr;
        int lent = 0, broken = 0;
        ~host() { PQfinish(only); }
    };
    postgres::pool_options lending(const std::shared_ptr<host>& h) {
        postgres::pool_options out;
        out.borrow = [h](const call_context&) -> result<pg_conn*> {
            ++h->lent;
            if (h->only == nullptr) h->only = session(h->info).release();
            return h->only;
        };
        out.give_back = [h](pg_conn* conn, bool is_broken) {
            if (!is_broken) return;
            ++h->broken;
            PQfinish(conn);
            h->only = nullptr;
        };
        return out;
    }
};

TEST_F(lent, connections_come_back_as_they_were) {
    const auto h = std::make_shared<host>();
    h->info = place_->conninfo();
    const auto store = open(lending(h));
    EXPECT_EQ(write(*store, put(1, "x")).status, write_status::committed);
    const std::vector<table_key> keys{{0, id(1)}};
    auto begun = must(store->begin(keys, isolation::serializable, soon()));
    must(begun.transaction->write(put(1, "y")));
    must(begun.transaction->commit());
    EXPECT_EQ(name_at(*store, 1), "y");
    EXPECT_GT(h->lent, 3);
    EXPECT_EQ(h->broken, 0);
    EXPECT_EQ(PQpipelineStatus(h->only), PQ_PIPELINE_OFF);
    EXPECT_EQ(PQisnonblocking(h->only), 0);
    EXPECT_EQ(PQtransactionStatus(h->only), PQTRANS_IDLE);
}

TEST_F(lent, connections_inside_a_transaction_are_refused) {
    const auto h = std::make_shared<host>();
    h->info = place_->conninfo();
    open(lending(h));
    PQclear(PQexec(h->only, "begin"));
    const auto store = place_->open(lending(h));
    must(store->bind(users_binding()));
    EXPECT_EQ(error_of(store->read_fences(soon())), errc::unavailable);
    EXPECT_EQ(h->broken, 1);
}

TEST_F(lent, a_deadline_makes_the_connection_broken_for_the_host) {
    const auto h = std::make_shared<host>();
    h->info = place_->conninfo();
    const auto store = open(lending(h));
    server().pause();
    const auto read = store->read(side::source, 0, id(1), within(milliseconds(100)));
    server().resume();
    EXPECT_EQ(error_of(read), errc::timeout);
    EXPECT_EQ(h->broken, 1);
}

constexpr const char* canary = "c4n4ry-pa55word";

class password : public testing::Test {
protected:
    static postgres_server& guarded() {
        static auto started = postgres_server::start(
            {.authentication = {"host all locked 127.0.0.1/32 scram-sha-256"}});
        return *started.value();
    }
    void SetUp() override {
        if (const auto why = server_unavailable(); !why.empty()) GTEST_SKIP() << why;
        static const bool made =
            guarded().run(std::string("create role locked login password 'right'")).has_value();
        ASSERT_TRUE(made);
    }
    static error refusal(const std::string& conninfo) {
        auto store = must(postgres::store::make({.conninfo = conninfo}));
        must(store->bind(users_binding()));
        return store->read_fences(soon()).error();
    }
};

TEST_F(password, that_is_wrong_is_an_authentication_error_without_it) {
    const error found =
        refusal(guarded().tcp_conninfo("postgres", "locked") + " password=" + canary);
    EXPECT_EQ(found, errc::authentication);
    EXPECT_THAT(found.full_message(), testing::Not(testing::HasSubstr(canary)));
    EXPECT_THAT(found.full_message(), testing::HasSubstr("locked"));
}

TEST_F(password, that_is_missing_is_an_authentication_error) {
    EXPECT_EQ(refusal(guarded().tcp_conninfo("postgres", "locked") + " passfile=/nonexistent"),
              errc::authentication);
}

TEST_F(password, in_a_mistyped_uri_is_not_taken_for_a_host_and_shown) {
    const std::string port = std::to_string(guarded().port());
    const error found = refusal("postgresql://locked:x@" + std::string(canary) +
                                "@127.0.0.1:" + port + "/postgres");
    EXPECT_THAT(found.full_message(), testing::Not(testing::HasSubstr(canary)));
}

TEST_F(password, that_is_right_opens) {
    const error found = refusal(guarded().tcp_conninfo("postgres", "locked") + " password=right");
    EXPECT_EQ(found, errc::not_installed); // it came through
}

} // namespace
} // namespace tandem_test
