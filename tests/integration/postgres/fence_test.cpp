// SPDX-License-Identifier: BSL-1.0
//
// The fence under concurrency, at every isolation level a server, a role or a caller can choose. A
// session plays the switch: it holds the exclusive fence lock, lets a writer queue behind it (seen
// in pg_locks), changes the fence and commits. Whoever waited must see the new fence.
#include "users.hpp"

#include <libpq-fe.h>

namespace tandem_test {
namespace {

struct situation {
    const char* name;
    const char* level; ///< default_transaction_isolation of the role
    bool lent;         ///< the host's connections

    friend void PrintTo(const situation& s, std::ostream* out) { *out << s.name; }
};

class fence : public users_test, public testing::WithParamInterface<situation> {
protected:
    void SetUp() override {
        users_test::SetUp();
        if (IsSkipped()) return;
        admin_->run("do $$ begin if to_regrole('leveled') is null then "
                    "create role leveled superuser login; end if; end $$");
        admin_->run(std::string("alter role leveled set default_transaction_isolation='") +
                    GetParam().level + "'");
        store_ = open(options());
        switcher_ = std::make_unique<session>(conninfo());
    }
    [[nodiscard]] postgres::pool_options options() const {
        const std::string info =
            server().conninfo("postgres", "leveled") + " options=-csearch_path=" + place_->name();
        postgres::pool_options out;
        if (!GetParam().lent) {
            out.conninfo = info;
            return out;
        }
        out.borrow = [info](const call_context&) -> result<pg_conn*> {
            return session(info).release();
        };
        out.give_back = [](pg_conn* conn, bool) { PQfinish(conn); };
        return out;
    }

    /// Runs `call` in another thread while the fence changes under it.
    template <class F>
    auto across_a_switch(F call, const std::string& change = "epoch=epoch+1, role='D'") {
        switcher_->run("begin");
        switcher_->run(fence_lock());
        auto waiting = std::async(std::launch::async, std::move(call));
        wait_for_waiter(*admin_);
        switcher_->run("update tandem_fence set " + change);
        switcher_->run("commit");
        return waiting.get();
    }

    std::unique_ptr<postgres::store> store_;
    std::unique_ptr<session> switcher_;
};

TEST_P(fence, the_level_is_that_of_the_situation) {
    session leveled(server().conninfo("postgres", "leveled"));
    EXPECT_EQ(leveled.run("show transaction_isolation"), GetParam().level);
}

TEST_P(fence, a_writer_that_waited_for_a_switch_is_fenced) {
    const auto before = belief(*store_);
    const auto reply =
        across_a_switch([&] { return must(store_->write(put(1, "late"), before, soon())); });
    EXPECT_EQ(reply.status, write_status::fenced);
    EXPECT_EQ(admin_->run("select count(*) from users"), "0");
}

TEST_P(fence, an_insert_and_an_erase_that_waited_are_fenced) {
    write(*store_, put(1, "here"));
    const auto before = belief(*store_);
    const auto erased = across_a_switch(
        [&] { return must(store_->write(drop(1), before, soon())); }, "epoch=epoch+1, role='D'");
    EXPECT_EQ(erased.status, write_status::fenced);
    admin_->run("update tandem_fence set role='P', epoch=" + std::to_string(before.epoch));
    auto insert = put(2, "late");
    insert.kind = write_kind::insert;
    const auto inserted =
        across_a_switch([&] { return must(store_->write(insert, before, soon())); });
    EXPECT_EQ(inserted.status, write_status::fenced);
    EXPECT_EQ(admin_->run("select string_agg(name, ',') from users"), "here");
}

TEST_P(fence, a_roll_of_the_epoch_alone_is_enough) {
    const auto before = belief(*store_);
    const auto reply = across_a_switch(
        [&] { return must(store_->write(put(1, "late"), before, soon())); }, "epoch=epoch+1");
    EXPECT_EQ(reply.status, write_status::fenced);
}

TEST_P(fence, an_apply_that_waited_is_closed) {
    admin_->run("update tandem_fence set role='S', epoch=5");
    const std::vector<change> changes{change_to(1, "a", 1, 5), change_to(2, "b", 1, 6)};
    const auto statuses =
        across_a_switch([&] { return must(store_->apply(changes, soon())); }, "epoch=6");
    EXPECT_EQ(statuses, (std::vector{apply_status::closed, apply_status::applied}));
    const auto one = across_a_switch(
        [&] {
            return must(store_->apply({&changes[1], 1}, soon()));
        },
        "epoch=7");
    EXPECT_EQ(one, std::vector{apply_status::closed});
}

TEST_P(fence, a_transaction_at_read_committed_that_waited_gets_the_new_fence) {
    const std::vector<table_key> keys{{0, id(1)}};
    const auto reply = across_a_switch(
        [&] { return must(store_->begin(keys, isolation::read_committed, soon())); });
    EXPECT_EQ(reply.transaction, nullptr);
    EXPECT_EQ(reply.fence.epoch, 2);
    EXPECT_EQ(reply.fence.role, role::draining);
}

TEST_P(fence, a_transaction_of_a_higher_level_that_waited_runs_again) {
    const std::vector<table_key> keys{{0, id(1)}};
    for (const auto level : {isolation::repeatable_read, isolation::serializable}) {
        const auto reply =
            across_a_switch([&] { return store_->begin(keys, level, soon()); }, "epoch=epoch+1");
        EXPECT_EQ(error_of(reply), errc::serialization);
        EXPECT_NE(must(store_->begin(keys, level, soon())).transaction, nullptr);
    }
}

// The forms above would all fail this one, which is why none of them looks like it.
TEST_P(fence, lock_and_fence_in_one_statement_show_the_old_fence) {
    session writer(server().conninfo("postgres", "leveled") +
                   " options=-csearch_path=" + place_->name());
    const std::string seen = across_a_switch([&] {
        return writer.run("with l as materialized (select pg_advisory_xact_lock_shared(" +
                          std::to_string(migration_id("m")) +
                          ", 0)) select f.epoch from tandem_fence f, l");
    });
    EXPECT_EQ(seen, "1");
    EXPECT_EQ(belief(*store_).epoch, 2);
}

INSTANTIATE_TEST_SUITE_P(levels, fence,
                         testing::Values(situation{"own_read_committed", "read committed", false},
                                         situation{"own_repeatable_read", "repeatable read", false},
                                         situation{"own_serializable", "serializable", false},
                                         situation{"lent_read_committed", "read committed", true},
                                         situation{"lent_repeatable_read", "repeatable read", true},
                                         situation{"lent_serializable", "serializable", true}),
                         [](const auto& param) { return std::string(param.param.name); });

class key_lock : public users_test {
protected:
    /// An open transaction that has erased key 1.
    std::unique_ptr<store_transaction> erasing(postgres::store& s, isolation level) {
        const std::vector<table_key> keys{{0, id(1)}};
        auto begun = must(s.begin(keys, level, soon()));
        EXPECT_EQ(must(begun.transaction->write(drop(1))).status, write_status::committed);
        return std::move(begun.transaction);
    }
};

TEST_F(key_lock, makes_an_upsert_see_the_tombstone_of_an_erase_in_flight) {
    const auto store = open();
    write(*store, put(1, "old"));
    auto erase = erasing(*store, isolation::read_committed);
    const auto before = belief(*store);
    auto waiting = std::async(std::launch::async,
                              [&] { return must(store->write(put(1, "new"), before, soon())); });
    wait_for_waiter(*admin_);
    const auto erased = must(erase->commit()).front();
    EXPECT_GT(waiting.get().version, erased.version);
}

TEST_F(key_lock, above_read_committed_the_anchor_stops_an_insert_that_cannot_see_the_tombstone) {
    const auto store = open();
    for (const auto level : {isolation::repeatable_read, isolation::serializable}) {
        write(*store, put(1, "old"));
        auto erase = erasing(*store, isolation::read_committed);
        auto waiting = std::async(std::launch::async, [&]() -> result<write_reply> {
            const std::vector<table_key> keys{{0, id(1)}};
            auto begun = must(store->begin(keys, level, soon())); // its snapshot has the row
            return begun.transaction->write(put(1, "new"));
        });
        wait_for_waiter(*admin_);
        must(erase->commit());
        EXPECT_EQ(error_of(waiting.get()), errc::serialization);
        EXPECT_EQ(name_at(*store, 1), "-");
    }
}

TEST_F(key_lock, above_read_committed_no_anchor_is_left_behind) {
    const auto store = open();
    const std::vector<table_key> keys{{0, id(1)}};
    auto begun = must(store->begin(keys, isolation::serializable, soon()));
    must(begun.transaction->write(put(1, "new")));
    must(begun.transaction->commit());
    EXPECT_EQ(admin_->run("select count(*) from tandem_tombstone"), "0");
    EXPECT_EQ(name_at(*store, 1), "new");
}

TEST_F(key_lock, an_apply_that_waited_for_a_delete_does_not_bring_the_row_back) {
    const auto target = open({}, side::target);
    session applier(conninfo());
    applier.run("begin");
    applier.run("select pg_advisory_xact_lock(" +
                std::to_string(static_cast<std::int32_t>(hash32("m/key/N"))) + ", " +
                std::to_string(key_stripe(0, id(1).encoded)) + ")");
    const auto older = change_to(1, "older", 5, 1);
    auto waiting = std::async(std::launch::async, [&] {
        return must(target->apply({&older, 1}, soon()));
    });
    wait_for_waiter(*admin_);
    applier.run("insert into tandem_tombstone values (" + std::to_string(migration_id("m")) +
                ", 'N', 0, '\\x" + to_hex(bytes(8)) + "', 9, 1, 0)");
    applier.run("update tandem_tombstone set key = int4send(1) || '1'::bytea");
    applier.run("commit");
    EXPECT_EQ(waiting.get(), std::vector{apply_status::superseded});
    EXPECT_EQ(admin_->run("select count(*) from users"), "0");
}

TEST_F(key_lock, a_purge_leaves_the_tombstone_that_a_delete_in_flight_raises) {
    const auto store = open();
    go_dual(*store);
    admin_->run("insert into tandem_tombstone select " + std::to_string(migration_id("m")) +
                ", 'O', 0, tandem_key_part(n::text), n, 1, 0 from generate_series(1, 3) n");
    session other(conninfo());
    other.run("begin");
    other.run("update tandem_tombstone set version = 100 where version = 2");
    auto waiting = std::async(std::launch::async, [&] { return must(store->purge(10, soon())); });
    wait_for_waiter(*admin_, "transactionid");
    other.run("commit");
    EXPECT_EQ(waiting.get(), 2);
    EXPECT_EQ(admin_->run("select string_agg(version::text, ',') from tandem_tombstone"), "100");
    EXPECT_EQ(admin_->run("select floor from tandem_fence"), "3");
}

} // namespace
} // namespace tandem_test
