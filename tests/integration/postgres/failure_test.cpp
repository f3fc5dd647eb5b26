// SPDX-License-Identifier: BSL-1.0
//
// What goes wrong with a server, and what the caller is told: whether something may have happened
// is never guessed.
#include "users.hpp"

#include <signal.h>

namespace tandem_test {
namespace {

class failure : public users_test {
protected:
    void TearDown() override {
        if (IsSkipped()) return;
        if (server().process() == 0) must(server().restart());
    }
    /// A write that waits for the fence lock, which a session holds; then `happens`.
    template <class F>
    result<write_reply> write_while(postgres::store& s, F happens,
                                    const call_context& call = soon()) {
        session holder(conninfo());
        holder.run("begin");
        holder.run(fence_lock());
        const auto before = belief(s);
        auto waiting = std::async(std::launch::async,
                                  [&] { return s.write(put(1, "written"), before, call); });
        wait_for_waiter(*admin_);
        happens();
        return waiting.get();
    }
    int waiting_backend() {
        return std::stoi(admin_->run("select pid from pg_locks where not granted limit 1"));
    }
};

TEST_F(failure, a_server_killed_in_mid_write_leaves_the_outcome_unknown) {
    const auto store = open();
    const auto reply = write_while(*store, [] { server().kill(); });
    EXPECT_EQ(error_of(reply), errc::outcome_unknown);
    EXPECT_EQ(error_of(store->read(side::source, 0, id(1), soon())), errc::unavailable);
    must(server().restart());
    admin_ = std::make_unique<session>(place_->conninfo());
    EXPECT_EQ(name_at(*store, 1), "-"); // the waiting write never got the lock
    EXPECT_EQ(write(*store, put(1, "again")).status, write_status::committed);
}

TEST_F(failure, after_a_restart_idle_connections_are_replaced_without_an_error) {
    const auto store = open();
    write(*store, put(1, "before"));
    admin_.reset();
    server().kill();
    must(server().restart());
    EXPECT_EQ(name_at(*store, 1), "before");
    EXPECT_EQ(store->connections()->stats().broken, 1u);
    admin_ = std::make_unique<session>(place_->conninfo());
}

TEST_F(failure, a_backend_ended_before_the_write_ran_is_a_lost_connection) {
    const auto store = open();
    const auto reply = write_while(*store, [&] {
        admin_->run("select pg_terminate_backend(" + std::to_string(waiting_backend()) + ")");
    });
    EXPECT_EQ(error_of(reply), errc::connection_lost);
    EXPECT_EQ(name_at(*store, 1), "-");
}

TEST_F(failure, a_backend_ended_inside_a_transaction_is_a_lost_connection) {
    const auto store = open();
    const std::vector<table_key> keys{{0, id(1)}};
    auto begun = must(store->begin(keys, isolation::read_committed, soon()));
    admin_->run("select pg_terminate_backend(pid) from pg_stat_activity where "
                "state='idle in transaction' and pid<>pg_backend_pid()");
    EXPECT_EQ(error_of(begun.transaction->write(put(1, "x"))), errc::connection_lost);
    EXPECT_EQ(error_of(begun.transaction->commit()), errc::connection_lost);
    begun.transaction.reset();
    EXPECT_EQ(name_at(*store, 1), "-");
}

TEST_F(failure, a_hanging_server_is_left_at_the_deadline) {
    const auto store = open();
    write(*store, put(1, "before"));
    const auto before = belief(*store);
    server().pause();
    const auto written = store->write(put(1, "maybe"), before, within(milliseconds(100)));
    const auto read = store->read(side::source, 0, id(1), within(milliseconds(100)));
    server().resume();
    EXPECT_EQ(error_of(written), errc::outcome_unknown);
    EXPECT_EQ(error_of(read), errc::unavailable); // it had to connect anew
    write(*store, put(2, "after"));
    EXPECT_EQ(name_at(*store, 2), "after");
}

TEST_F(failure, a_read_past_its_deadline_is_a_timeout) {
    const auto store = open();
    server().pause();
    const auto read = store->read(side::source, 0, id(1), within(milliseconds(100)));
    server().resume();
    EXPECT_EQ(error_of(read), errc::timeout);
}

TEST_F(failure, a_lock_held_past_the_deadline_is_busy_and_keeps_the_connection) {
    const auto store = open();
    session holder(conninfo());
    holder.run("begin");
    holder.run(fence_lock());
    const auto reply = store->write(put(1, "x"), {1, phase::old_only}, within(milliseconds(300)));
    EXPECT_EQ(error_of(reply), errc::busy);
    const std::vector<table_key> keys{{0, id(1)}};
    const auto begun = store->begin(keys, isolation::read_committed, within(milliseconds(300)));
    EXPECT_EQ(error_of(begun), errc::busy);
    holder.run("commit");
    EXPECT_EQ(write(*store, put(1, "y")).status, write_status::committed);
    EXPECT_EQ(store->connections()->stats().broken, 0u);
}

TEST_F(failure, a_deadline_that_has_passed_sends_nothing) {
    const auto store = open();
    const call_context past{monotonic_now() - milliseconds(1)};
    EXPECT_EQ(error_of(store->write(put(1, "x"), {1, phase::old_only}, past)), errc::timeout);
    EXPECT_EQ(name_at(*store, 1), "-");
}

TEST_F(failure, a_server_that_is_down_is_unavailable) {
    const auto store = open();
    admin_.reset();
    server().kill();
    EXPECT_EQ(error_of(store->read_fences(soon())), errc::unavailable);
    must(server().restart());
    admin_ = std::make_unique<session>(place_->conninfo());
    EXPECT_EQ(belief(*store).epoch, 1);
}

TEST_F(failure, a_database_that_does_not_exist_is_unavailable) {
    postgres::pool_options options;
    options.conninfo = server().conninfo("nowhere");
    const auto store = place_->open(options);
    must(store->bind(users_binding()));
    EXPECT_EQ(error_of(store->read_fences(soon())), errc::unavailable);
}

TEST_F(failure, a_read_only_session_is_said_to_be_one) {
    open();
    postgres::pool_options options;
    options.conninfo = conninfo("-cdefault_transaction_read_only=on");
    const auto store = place_->open(options);
    must(store->bind(users_binding()));
    EXPECT_EQ(error_of(store->write(put(1, "x"), {1, phase::old_only}, soon())), errc::read_only);
}

TEST_F(failure, a_missing_privilege_prints_the_grant) {
    open();
    admin_->run("create role reader login");
    admin_->run("grant usage on schema " + place_->name() + " to reader");
    admin_->run("grant select on all tables in schema " + place_->name() + " to reader");
    admin_->run("grant insert on tandem_outbox to reader");
    postgres::pool_options options;
    options.conninfo =
        server().conninfo("postgres", "reader") + " options=-csearch_path=" + place_->name();
    {
        const auto store = place_->open(options);
        must(store->bind(users_binding()));
        const auto reply = store->write(put(1, "x"), {1, phase::old_only}, soon());
        ASSERT_EQ(error_of(reply), errc::permission_denied);
        EXPECT_THAT(std::string(reply.error().detail()), testing::HasSubstr("ON users TO reader"));
        const auto differences = to_string(must(store->compare_schema(soon())));
        EXPECT_THAT(differences, testing::HasSubstr("GRANT INSERT, UPDATE, DELETE ON " +
                                                    place_->name() + ".users TO \"reader\""));
    }
    admin_->run("drop owned by reader; drop role reader");
}

TEST_F(failure, before_the_installation_every_operation_says_so) {
    const auto store = place_->open();
    must(store->bind(users_binding()));
    const std::vector<table_key> keys{{0, id(1)}};
    EXPECT_EQ(error_of(store->write(put(1, "x"), {1, phase::old_only}, soon())),
              errc::not_installed);
    EXPECT_EQ(error_of(store->read(side::source, 0, id(1), soon())), errc::not_installed);
    EXPECT_EQ(error_of(store->begin(keys, isolation::read_committed, soon())), errc::not_installed);
    EXPECT_EQ(error_of(store->owed(0, 10, owed_scope::due, soon())), errc::not_installed);
}

TEST_F(failure, a_schema_changed_under_a_running_store_is_taken_up) {
    const auto store = open();
    write(*store, put(1, "before", 7));
    EXPECT_EQ(name_at(*store, 1), "before");
    admin_->run("alter table users alter column balance type integer");
    EXPECT_EQ(write(*store, put(1, "after", 8)).status, write_status::committed);
    EXPECT_EQ(name_at(*store, 1), "after");
    admin_->run("drop table users");
    EXPECT_EQ(error_of(store->read(side::source, 0, id(1), soon())), errc::schema_mismatch);
    admin_->run(create_table_sql(users_schema()));
    EXPECT_EQ(name_at(*store, 1), "-");
}

TEST_F(failure, values_that_do_not_fit_are_refused_before_they_are_sent) {
    admin_->run("alter table users alter column balance type smallint");
    const auto store = open();
    const auto reply = store->write(put(1, "x", 40'000), {1, phase::old_only}, soon());
    ASSERT_EQ(error_of(reply), errc::out_of_range);
    EXPECT_THAT(std::string(reply.error().detail()), testing::HasSubstr("balance"));
    EXPECT_EQ(write(*store, put(1, "x", 4)).status, write_status::committed);
}

TEST_F(failure, a_constraint_is_named_and_its_values_are_not) {
    admin_->run("alter table users add constraint one_name unique (name)");
    const auto store = open();
    write(*store, put(1, "secret name"));
    const auto reply = store->write(put(2, "secret name"), belief(*store), soon());
    ASSERT_EQ(error_of(reply), errc::constraint);
    EXPECT_THAT(reply.error().message(), testing::HasSubstr("one_name"));
    EXPECT_THAT(reply.error().message(), testing::Not(testing::HasSubstr("secret")));
}

} // namespace
} // namespace tandem_test
