// SPDX-License-Identifier: BSL-1.0
//
// Connections cut around a commit, with the truth read from the table by another session: what the
// caller is told is never wrong, and a repeat under the same operation id happens once.
#include "tandem/postgres/store.hpp"

#include "integration/pairs/world.hpp"
#include "integration/postgres/fixture.hpp"
#include "support/postgres_proxy.hpp"

#include <gtest/gtest.h>

namespace tandem_test {

namespace {

enum class call_kind { upsert, modify, transaction };
constexpr std::array all_calls{call_kind::upsert, call_kind::modify, call_kind::transaction};
constexpr std::array all_places{cut_place::unsent, cut_place::unfinished, cut_place::unanswered,
                                cut_place::racing};

std::unique_ptr<postgres::store> store_at(const std::string& conninfo) {
    return must(
        postgres::store::make({.conninfo = conninfo, .max = 4}, {.early_transaction_id = true}));
}

/// A service whose connections to the source pass the proxy, and an observer beside it.
class cuts : public ::testing::Test {
protected:
    void SetUp() override {
        if (const auto why = server_unavailable(); !why.empty()) GTEST_SKIP() << why;
        from_ = std::make_unique<temporary_database>();
        to_ = std::make_unique<temporary_database>();
        source_ = std::make_unique<session>(from_->conninfo());
        target_ = std::make_unique<session>(to_->conninfo());
        for (auto* s : {source_.get(), target_.get()}) {
            for (const auto& text : table_texts())
                s->run(text);
        }
        proxy_ = std::make_unique<postgres_proxy>(server(), "items as t (");
        old_store_ = store_at(proxy_->conninfo(from_->name()));
        new_store_ = store_at(to_->conninfo());
        migration_ = std::make_unique<migration>(
            migration_options{.name = "cuts", .timeout = milliseconds(10'000)}, *old_store_,
            *new_store_);
        items_.emplace(migration_->add(items_old, items_new));
        must(migration_->install());
        must(migration_->start());
        must(items_->upsert({0, "warm", 0}));
    }
    void TearDown() override {
        migration_.reset();
        old_store_.reset(); // before the proxy, which waits for its connections
        new_store_.reset();
    }

    static commit_kind kind_of(call_kind call, bool with_id) {
        return call == call_kind::upsert && !with_id ? commit_kind::single
                                                     : commit_kind::transaction;
    }

    /// Sets item n to amount 1, or adds 1 to it; each call of another id.
    result<void> run(call_kind call, std::int64_t n, const std::optional<operation_id>& id) {
        const item one{n, "x", 1};
        if (call == call_kind::upsert) {
            TANDEM_TRY(items_->upsert(one, {.operation = id}));
            return success();
        }
        if (call == call_kind::modify) {
            const auto add = [&](std::optional<item> present) -> result<std::optional<item>> {
                item next = present.value_or(item{n, "x", 0});
                ++next.amount;
                return std::optional(next);
            };
            TANDEM_TRY(items_->modify(n, add, {.operation = id}));
            return success();
        }
        return migration_->transaction({items_->key(n), items_->key(n + 1)},
                                       [&](transaction& t) -> result<void> {
                                           TANDEM_TRY(auto present, t.get(*items_, n));
                                           item next = present.value_or(item{n, "x", 0});
                                           ++next.amount;
                                           TANDEM_TRY(t.upsert(*items_, next));
                                           TANDEM_TRY(t.upsert(*items_, item{n + 1, "y", 1}));
                                           return success();
                                       },
                                       {.operation = id});
    }

    /// Until it is settled.
    template <class Asked>
    operation_status outcome(const Asked& what) {
        const auto until = monotonic_now() + milliseconds(20'000);
        for (;;) {
            const auto found = must(migration_->outcome(what)).status;
            if (found != operation_status::pending || monotonic_now() > until) return found;
        }
    }

    /// "" where there is no such row.
    std::string amount_at_source(std::int64_t n) {
        return source_->run("select amount from items where id=" + std::to_string(n));
    }
    std::string amount_at_target(std::int64_t n) {
        return target_->run("select amount from things where thing_id=" + std::to_string(n));
    }

    /// A call whose connection is cut; `why_` is the error that it gave.
    void lose(call_kind call, std::int64_t n, const std::optional<operation_id>& id,
              cut_place place) {
        const int before = proxy_->cuts();
        proxy_->cut_next(kind_of(call, id.has_value()), place);
        const auto lost = run(call, n, id);
        EXPECT_EQ(proxy_->cuts(), before + 1) << "the cut was not met";
        why_ = lost ? error(errc::invariant) : lost.error();
        EXPECT_EQ(*why_, errc::outcome_unknown) << why_->message();
    }

    void enter_dual() {
        must(migration_->forward());
        must(migration_->backfill());
    }

    std::unique_ptr<temporary_database> from_, to_;
    std::unique_ptr<session> source_, target_;
    std::unique_ptr<postgres_proxy> proxy_;
    std::unique_ptr<postgres::store> old_store_, new_store_;
    std::unique_ptr<migration> migration_;
    std::optional<items_router> items_;
    std::optional<error> why_;
};

bool is_met(commit_kind kind, cut_place place) {
    return kind == commit_kind::single || place != cut_place::unfinished;
}

TEST_F(cuts, outcomes_are_what_the_table_says) {
    enter_dual();
    int asked = 0, settled = 0;
    for (int round = 0; round < 4; ++round) {
        for (const auto call : all_calls) {
            for (const bool with_id : {false, true}) {
                for (const auto place : all_places) {
                    if (!is_met(kind_of(call, with_id), place)) continue;
                    const std::int64_t n = 10 * ++asked;
                    SCOPED_TRACE(to_string(place) + " of call " +
                                 std::to_string(static_cast<int>(call)) +
                                 (with_id ? " with id" : ""));
                    const auto id = with_id ? std::optional(new_operation_id()) : std::nullopt;
                    lose(call, n, id, place);
                    const auto said = id ? outcome(*id) : outcome(*why_);
                    const bool is_there = amount_at_source(n) == "1";
                    const bool may_be_unknown =
                        kind_of(call, with_id) == commit_kind::single && place == cut_place::unsent;
                    if (said == operation_status::unknown && may_be_unknown) continue;
                    EXPECT_EQ(said, is_there ? operation_status::committed
                                             : operation_status::not_committed);
                    if (place != cut_place::racing) {
                        EXPECT_EQ(is_there, place == cut_place::unanswered);
                    }
                    ++settled;
                }
            }
        }
    }
    EXPECT_GE(asked, 76);
    EXPECT_EQ(asked - settled, 4) << "unknown where nothing of a single write reached the server";
}

TEST_F(cuts, a_repeat_with_the_same_id_happens_once) {
    enter_dual();
    std::int64_t n = 0;
    for (const auto call : all_calls) {
        for (const auto place : {cut_place::unsent, cut_place::unanswered, cut_place::racing}) {
            for (int round = 0; round < 3; ++round) {
                n += 10;
                SCOPED_TRACE(to_string(place));
                const auto id = new_operation_id();
                lose(call, n, id, place);
                const auto again = run(call, n, id);
                EXPECT_TRUE(again) << again.error().message();
                EXPECT_EQ(amount_at_source(n), "1");
                EXPECT_EQ(outcome(id), operation_status::committed);
            }
        }
    }
}

TEST_F(cuts, after_the_answer_not_committed_a_repeat_is_refused) {
    for (const auto call : all_calls) {
        const auto id = new_operation_id();
        lose(call, 1, id, cut_place::unsent);
        EXPECT_EQ(outcome(id), operation_status::not_committed);
        EXPECT_EQ(run(call, 1, id).error(), errc::operation_abandoned);
    }
    EXPECT_EQ(amount_at_source(1), "");
}

TEST_F(cuts, a_repeat_after_the_migration_is_over_happens_once) {
    enter_dual();
    const auto done = new_operation_id(), undone = new_operation_id();
    lose(call_kind::modify, 1, done, cut_place::unanswered);
    lose(call_kind::modify, 2, undone, cut_place::unsent);
    must(migration_->forward());
    must(migration_->forward());
    EXPECT_TRUE(run(call_kind::modify, 1, done));
    EXPECT_TRUE(run(call_kind::modify, 2, undone));
    EXPECT_EQ(amount_at_target(1), "1");
    EXPECT_EQ(amount_at_target(2), "1");
    EXPECT_EQ(outcome(done), operation_status::committed);
}

TEST_F(cuts, an_answer_lost_in_old_only_is_known_after_the_switch) {
    const auto id = new_operation_id();
    lose(call_kind::transaction, 1, id, cut_place::unanswered);
    enter_dual();
    must(migration_->forward());
    EXPECT_EQ(outcome(id), operation_status::committed);
    EXPECT_TRUE(run(call_kind::transaction, 1, id));
    EXPECT_EQ(amount_at_target(1), "1");
}

/// A trigger that waits for a lock of the test when the transaction commits.
void delay_commits(session& s) {
    s.run("create function wait_a_while() returns trigger language plpgsql as $body$ begin "
          "perform pg_advisory_xact_lock(42); return null; end $body$");
    s.run("create constraint trigger late after insert or update on items "
          "deferrable initially deferred for each row execute function wait_a_while()");
}

TEST_F(cuts, a_commit_that_lands_late_is_pending_and_then_committed) {
    delay_commits(*source_);
    session observer(from_->conninfo());
    for (const bool with_id : {true, false}) {
        for (const auto call : all_calls) {
            const std::int64_t n = 100 + 10 * static_cast<int>(call) + (with_id ? 5 : 0);
            const auto id = with_id ? std::optional(new_operation_id()) : std::nullopt;
            source_->run("begin; select pg_advisory_xact_lock(42)");
            lose(call, n, id, cut_place::racing);
            wait_for_waiter(observer);
            const auto ask = [&] {
                return must(id ? migration_->outcome(*id) : migration_->outcome(*why_)).status;
            };
            EXPECT_EQ(ask(), operation_status::pending);
            source_->run("commit");
            EXPECT_EQ(id ? outcome(*id) : outcome(*why_), operation_status::committed);
            EXPECT_EQ(amount_at_source(n), "1");
        }
    }
}

TEST_F(cuts, a_late_commit_that_is_given_up_by_the_server_is_not_committed) {
    delay_commits(*source_);
    session observer(from_->conninfo());
    const auto id = new_operation_id();
    source_->run("begin; select pg_advisory_xact_lock(42)");
    lose(call_kind::modify, 1, id, cut_place::racing);
    wait_for_waiter(observer);
    observer.run("select pg_terminate_backend(pid) from pg_locks where not granted");
    EXPECT_EQ(outcome(id), operation_status::not_committed);
    source_->run("commit");
    EXPECT_EQ(amount_at_source(1), "");
    EXPECT_EQ(run(call_kind::modify, 1, id).error(), errc::operation_abandoned);
}

} // namespace
} // namespace tandem_test
