// SPDX-License-Identifier: BSL-1.0
//
// Work in proportion to the batch, whatever the planner believes: how many rows of the control
// tables are touched by an operation, counted by the server. The sessions have prepared and used
// their statements while the tables were empty; then the tables grow, and nobody analyzes them.
#include "users.hpp"

namespace tandem_test {
namespace {

enum class statistics { none, of_empty_tables };

constexpr std::int64_t tombstones = 50'000, intents = 20'000, batch = 200;
// Generously: probes of several indexes, and rows that are read and then deleted.
constexpr std::int64_t in_proportion = 10 * batch;

class plans : public users_test, public testing::WithParamInterface<statistics> {
protected:
    void SetUp() override {
        users_test::SetUp();
        if (IsSkipped()) return;
        // Older servers count in a process of its own, some time later.
        if (std::stoi(admin_->run("show server_version_num")) < 150'000) {
            GTEST_SKIP() << "counting needs PostgreSQL 15";
        }
    }
    /// One session, as a plan belongs to a session.
    std::unique_ptr<postgres::store> open_small(side s = side::source) {
        auto out = open({.max = 1}, s);
        for (const char* table : {"tandem_tombstone", "tandem_outbox", "tandem_outbox_failure"}) {
            admin_->run(std::string("alter table ") + table + " set (autovacuum_enabled=off)");
            if (GetParam() == statistics::of_empty_tables) {
                admin_->run(std::string("analyze ") + table);
            }
        }
        return out;
    }
    /// A plan for any parameters is made at the sixth use.
    template <class F>
    static void use(F work) {
        for (int i = 0; i < 7; ++i)
            work();
    }
    void grow(char side_name = 'O') {
        const std::string head = "select " + std::to_string(migration_id("m")) + ", '" + side_name;
        admin_->run("insert into tandem_tombstone (mig, side, tbl, version, epoch, bucket, key) " +
                    head + "', 0, n, 1, 0, tandem_key_part(n::text) from generate_series(1, " +
                    std::to_string(tombstones) + ") n");
        admin_->run("insert into tandem_outbox (mig, side, tbl, version, epoch, bucket, deleted, "
                    "key) " +
                    head +
                    "', 0, n, 1, 0, true, tandem_key_part((n * 2)::text) "
                    "from generate_series(1, " +
                    std::to_string(intents) + ") n");
        admin_->run(
            "insert into tandem_outbox_failure (id, mig, side, tbl, key, version, attempts, "
            "dead, at, retry_at) select id, mig, side, tbl, key, version, 1, false, now(), "
            "now() from tandem_outbox where id % 3 = 0");
    }
    std::int64_t rows_read(const std::string& table) {
        return std::stoll(admin_->run("select seq_tup_read + idx_tup_fetch from "
                                      "pg_stat_user_tables where relid='" +
                                      table + "'::regclass"));
    }
    /// Rows that `work` reads; it takes the store along, as a session reports when it ends.
    template <class F>
    void expect_in_proportion(std::unique_ptr<postgres::store> on, F work) {
        static const char* const tables[] = {"tandem_tombstone", "tandem_outbox",
                                             "tandem_outbox_failure"};
        admin_ = std::make_unique<session>(place_->conninfo()); // what was read by now is counted
        std::vector<std::int64_t> before;
        wait_for_others(1);
        for (const char* table : tables)
            before.push_back(rows_read(table));
        work(*on);
        on.reset();
        wait_for_others(0);
        for (std::size_t i = 0; i < std::size(tables); ++i) {
            EXPECT_LE(rows_read(tables[i]) - before[i], in_proportion) << tables[i];
        }
    }

private:
    void wait_for_others(int count) {
        const std::string sql = "select count(*) <= " + std::to_string(count) +
                                " from pg_stat_activity where datname=current_database() and "
                                "backend_type='client backend' and pid<>pg_backend_pid()";
        while (admin_->run(sql) != "t")
            admin_->run("select pg_sleep(0.001)");
    }
};

std::vector<change> changes_from(std::int64_t first, std::int64_t count, epoch e) {
    std::vector<change> out;
    for (std::int64_t n = first; n < first + count; ++n)
        out.push_back(change_to(n, "x", std::int64_t{2} << epoch_shift, e));
    return out;
}

TEST_P(plans, a_relay_reads_the_state_of_its_batch) {
    auto store = open_small();
    use([&] { must(store->owed(0, batch, owed_scope::all, soon())); });
    const std::vector<std::int64_t> none{-1, -2};
    use([&] { must(store->settle(none, soon())); });
    use([&] { must(store->note_failure(none, {"x", false, {}}, soon())); });
    grow();
    expect_in_proportion(std::move(store), [](postgres::store& s) {
        const auto owed = must(s.owed(0, batch, owed_scope::all, soon()));
        ASSERT_EQ(owed.size(), static_cast<std::size_t>(batch));
        EXPECT_FALSE(owed[0].change.image);
        EXPECT_EQ(owed[0].change.version.value, 2); // of the tombstone, not of the intent
        std::vector<std::int64_t> ids;
        for (const auto& one : owed)
            ids.push_back(one.id);
        must(s.note_failure(ids, {"x", false, {}}, soon()));
        must(s.settle(ids, soon()));
    });
}

TEST_P(plans, an_applied_batch_looks_at_its_own_tombstones) {
    auto store = open_small(side::target);
    std::int64_t n = 1'000'000;
    use([&] { must(store->apply(changes_from(n += 2, 2, 1), soon())); });
    grow('N');
    expect_in_proportion(std::move(store), [](postgres::store& s) {
        const auto done = must(s.apply(changes_from(1, batch, 1), soon()));
        EXPECT_THAT(done, testing::Each(apply_status::applied));
        auto again = changes_from(batch, batch / 2, 1);
        for (change& c : again) {
            c.image.reset();
            c.version.value += 1;
        }
        EXPECT_THAT(must(s.apply(again, soon())), testing::Each(apply_status::applied));
    });
}

TEST_P(plans, a_write_looks_at_one_tombstone) {
    auto store = open_small();
    go_dual(*store);
    std::int64_t n = 1'000'000;
    use([&] { write(*store, put(++n, "x")); });
    grow();
    expect_in_proportion(std::move(store), [](postgres::store& s) {
        for (std::int64_t key = 1; key <= 20; ++key)
            write(s, put(key, "y"));
    });
}

TEST_P(plans, a_purge_looks_at_the_oldest_and_at_what_is_owed) {
    auto store = open_small();
    go_dual(*store);
    use([&] { must(store->purge(batch, soon())); });
    grow();
    admin_->run("delete from tandem_outbox where id > (select min(id) + 50 from tandem_outbox)");
    expect_in_proportion(std::move(store), [](postgres::store& s) {
        EXPECT_EQ(must(s.purge(batch, soon())), batch);
    });
    // The intents' keys are 2, 4, .. 102.
    EXPECT_EQ(admin_->run("select count(*) from tandem_tombstone where version <= 251"), "51");
}

INSTANTIATE_TEST_SUITE_P(, plans, testing::Values(statistics::none, statistics::of_empty_tables),
                         [](const auto& at) {
                             return at.param == statistics::none ? "without_statistics"
                                                                 : "analyzed_while_empty";
                         });

} // namespace
} // namespace tandem_test
