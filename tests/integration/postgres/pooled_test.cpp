// SPDX-License-Identifier: BSL-1.0
//
// pgbouncer in transaction mode: what a session may hold of others', what is left in one, what its
// errors mean, and the control conninfo past it.
#include "users.hpp"

#include <atomic>
#include <thread>

namespace tandem_test {
namespace {

using testing::HasSubstr;

class pooled : public users_test {
protected:
    void SetUp() override {
        if (const auto why = bouncer_unavailable(); !why.empty()) GTEST_SKIP() << why;
        users_test::SetUp();
    }
    /// Bound and installed, through the program's pgbouncer.
    std::unique_ptr<postgres::store> open_pooled() { return open(place_->pooled()); }
    /// Through one of the test's own, whose sessions run `prelude` first.
    std::unique_ptr<postgres::store> open_behind(pgbouncer& own, const std::string& prelude = {}) {
        auto options = place_->pooled();
        options.conninfo = pooled_conninfo(own, place_->name(), "postgres", prelude);
        return open(options);
    }
    static std::unique_ptr<pgbouncer> own(pgbouncer_options options = {}) {
        return must(pgbouncer::start(server(), std::move(options)));
    }
    void record_isolation() {
        admin_->run("create table levels(level text); "
                    "create function record() returns trigger language plpgsql as $$ begin "
                    "insert into levels values(current_setting('transaction_isolation')); "
                    "return new; end $$; "
                    "create trigger record before insert or update on users "
                    "for each row execute function record()");
    }
    /// A write that waits for the fence lock, which a session holds; then `happens`.
    template <class F>
    result<write_reply> write_while(postgres::store& s, F happens) {
        session holder(conninfo());
        holder.run("begin");
        holder.run(fence_lock());
        const auto before = belief(s);
        auto waiting = std::async(std::launch::async,
                                  [&] { return s.write(put(1, "written"), before, soon()); });
        wait_for_waiter(*admin_);
        happens();
        return waiting.get();
    }
};

TEST_F(pooled, writes_run_at_read_committed_whatever_the_session_says) {
    const auto bouncer = own();
    const auto store = open_behind(*bouncer, "; set default_transaction_isolation to serializable");
    record_isolation();
    write(*store, put(1, "x"));
    must(store->apply({{change_to(2, "y", 5, 1)}}, soon()));
    EXPECT_EQ(admin_->run("select string_agg(distinct level, ' ') from levels"), "read committed");
}

TEST_F(pooled, statements_and_settings_are_left_in_no_session) {
    const auto bouncer = own({.pool_size = 1});
    const auto store = open_behind(*bouncer);
    write(*store, put(1, "x"));
    name_at(*store, 1);
    must(store->settle(std::vector<std::int64_t>{1}, soon()));
    const std::vector<table_key> keys{{0, id(1)}};
    must(must(store->begin(keys, isolation::serializable, soon())).transaction->commit());
    session next(bouncer->conninfo(place_->name())); // the same session of the server
    EXPECT_EQ(next.run("select count(*) from pg_prepared_statements"), "0");
    EXPECT_EQ(next.run("select count(*) from pg_locks where locktype='advisory'"), "0");
    EXPECT_EQ(next.run("select string_agg(name || '=' || setting, ' ') from pg_settings where "
                       "source='session' and name not in ('search_path', 'application_name', "
                       "'client_encoding', 'DateStyle', 'TimeZone', 'IntervalStyle', "
                       "'standard_conforming_strings')"),
              "");
}

TEST_F(pooled, transactions_of_many_threads_share_few_sessions) {
    const auto bouncer = own({.pool_size = 2});
    const auto store = open_behind(*bouncer);
    std::atomic<int> committed{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 8; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < 20; ++i) {
                const std::vector<table_key> keys{{0, id(t)}};
                auto begun = must(store->begin(keys, isolation::read_committed, soon()));
                must(begun.transaction->get(0, id(t)));
                must(begun.transaction->write(put(t, "in a transaction")));
                must(begun.transaction->commit());
                if (write(*store, put(t, "x")).status == write_status::committed) ++committed;
            }
        });
    }
    for (auto& thread : threads)
        thread.join();
    EXPECT_EQ(committed, 160);
    EXPECT_GT(store->connections()->stats().opened, 2u);
}

TEST_F(pooled, transactions_whose_client_is_gone_end_by_themselves) {
    auto options = place_->pooled();
    options.idle_in_transaction_timeout = milliseconds(100);
    const auto store = open(options);
    const std::vector<table_key> keys{{0, id(1)}};
    auto begun = must(store->begin(keys, isolation::read_committed, soon()));
    const std::string open_ones = "select count(*) from pg_stat_activity where "
                                  "state='idle in transaction'";
    for (int i = 0; i < 1000 && admin_->run(open_ones) != "0"; ++i)
        admin_->run("select pg_sleep(0.01)");
    EXPECT_EQ(admin_->run(open_ones), "0");
    EXPECT_TRUE(begun.transaction->write(put(1, "x")).has_error());
    begun.transaction.reset();
    EXPECT_EQ(name_at(*store, 1), "-");
}

TEST_F(pooled, a_write_cut_off_from_the_server_has_an_unknown_outcome) {
    const auto store = open_pooled();
    const auto reply = write_while(*store, [] { server().kill(); });
    EXPECT_EQ(error_of(reply), errc::outcome_unknown);
    must(server().restart());
    admin_ = std::make_unique<session>(place_->conninfo());
    EXPECT_EQ(write(*store, put(1, "again")).status, write_status::committed);
}

TEST_F(pooled, a_write_cut_off_from_the_pooler_has_an_unknown_outcome) {
    const auto bouncer = own();
    const auto store = open_behind(*bouncer);
    const auto reply = write_while(*store, [&] { bouncer->kill(); });
    EXPECT_EQ(error_of(reply), errc::outcome_unknown);
    EXPECT_EQ(error_of(store->read(side::source, 0, id(1), soon())), errc::unavailable);
    must(bouncer->start_again());
    EXPECT_EQ(write(*store, put(1, "again")).status, write_status::committed);
}

TEST_F(pooled, a_write_that_waited_too_long_for_a_session_was_never_sent) {
    const auto bouncer = own({.pool_size = 1, .settings = {"query_wait_timeout = 1"}});
    const auto store = open_behind(*bouncer);
    const auto seen = belief(*store);
    const std::vector<table_key> keys{{0, id(1)}};
    auto begun = must(store->begin(keys, isolation::read_committed, soon()));
    const auto reply = store->write(put(2, "x"), seen, soon());
    EXPECT_EQ(error_of(reply), errc::pool_exhausted);
    must(begun.transaction->write(put(1, "y")));
    must(begun.transaction->commit());
    EXPECT_EQ(name_at(*store, 2), "-");
}

TEST_F(pooled, without_being_told_of_the_pooler_nothing_runs) {
    const auto bouncer = own({.settings = {"ignore_startup_parameters = options"}});
    auto options = place_->pooled();
    options.conninfo = pooled_conninfo(*bouncer, place_->name(), "postgres");
    options.transaction_pooling = false;
    const auto store = place_->open(options);
    must(store->bind(users_binding()));
    const error found = store->read_fences(soon()).error();
    EXPECT_EQ(found, errc::unsupported);
    EXPECT_THAT(std::string(found.detail()), HasSubstr("transaction_pooling"));
}

class control : public pooled {
protected:
    static void expect_refused(const error& found) {
        EXPECT_EQ(found, errc::invalid_options);
        EXPECT_THAT(std::string(found.detail()), HasSubstr("must reach the same database"));
    }
};

TEST_F(control, installs_steps_and_loads_though_no_session_of_the_pooler_is_free) {
    const auto bouncer = own({.pool_size = 1});
    const auto store = open_behind(*bouncer);
    name_at(*store, 1);
    session taken(bouncer->conninfo(place_->name()));
    taken.run("begin");
    must(store->install(soon()));
    const std::vector<row> rows{{std::int64_t{7}, std::string("loaded"), std::int64_t{0}}};
    EXPECT_EQ(must(store->bulk_load(0, rows, soon())), 1);
    go_dual(*store);
    taken.run("commit");
    EXPECT_EQ(name_at(*store, 7), "loaded");
    EXPECT_EQ(belief(*store).phase, phase::dual_old_primary);
}

TEST_F(control, that_reaches_another_database_is_refused_at_the_start) {
    const temporary_database other;
    auto options = place_->pooled();
    options.control = other.conninfo();
    const auto store = place_->open(options);
    must(store->bind(users_binding()));
    expect_refused(store->compare_schema(soon()).error());
    expect_refused(store->install(soon()).error());
    expect_refused(store->step({.kind = step_kind::mark_synced, .expected = 1}, soon()).error());
}

TEST_F(control, that_reaches_another_server_is_refused_though_all_names_are_the_same) {
    static const auto second = must(postgres_server::start());
    auto options = place_->pooled();
    options.control = second->conninfo();
    const auto store = place_->open(options);
    must(store->bind(users_binding()));
    const error found = store->compare_schema(soon()).error();
    expect_refused(found);
    EXPECT_THAT(std::string(found.detail()), HasSubstr("another server"));
}

TEST_F(control, looks_tables_up_as_the_data_connections_see_them) {
    auto options = place_->pooled();
    options.control = server().conninfo() + " options=-csearch_path=elsewhere_" + place_->name();
    admin_->run("create schema elsewhere_" + place_->name() + "; create table elsewhere_" +
                place_->name() + ".users(like users including defaults); insert into elsewhere_" +
                place_->name() + ".users values(1, 'theirs', 0)");
    const auto store = open(options, side::target);
    must(store->step({.kind = step_kind::enter_secondary, .expected = 1, .mode = era_mode::reset},
                     soon()));
    EXPECT_EQ(admin_->run("select count(*) from elsewhere_" + place_->name() + ".users"), "1");
    admin_->run("drop schema elsewhere_" + place_->name() + " cascade");
}

TEST_F(control, makes_the_control_tables_for_a_role_that_may_not) {
    admin_->run("do $$ begin create role plain login; exception when duplicate_object then null; "
                "end $$; grant usage on schema " +
                place_->name() +
                " to plain; grant select, insert, update, delete on users to plain");
    postgres::pool_options options{.conninfo = server().conninfo("postgres", "plain") +
                                               " options=-csearch_path=" + place_->name(),
                                   .control = place_->conninfo()};
    const auto store = place_->open(options);
    must(store->bind(users_binding()));
    EXPECT_THAT(must(store->compare_schema(soon())), testing::IsEmpty());
    must(store->install(soon()));
    const auto lacking = must(store->compare_schema(soon()));
    ASSERT_EQ(lacking.size(), 1u);
    EXPECT_THAT(lacking.front().remedy, HasSubstr("GRANT SELECT, INSERT, UPDATE, DELETE"));
    admin_->run(lacking.front().remedy);
    EXPECT_EQ(write(*store, put(1, "x")).status, write_status::committed);
}

TEST_F(control, with_a_pool_of_one_connection_does_not_wait_for_itself) {
    auto options = place_->pooled();
    options.max = 1;
    const auto store = open(options);
    EXPECT_THAT(must(store->compare_schema(soon())), testing::IsEmpty());
    go_dual(*store);
}

} // namespace
} // namespace tandem_test
