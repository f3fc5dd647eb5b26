// SPDX-License-Identifier: BSL-1.0
//
// What is particular to this store: constraints, foreign keys, sequences, and what the control
// tables hold. The rules that all stores share are tested by the store contract.
#include "tandem/core/key.hpp"

#include "fixture.hpp"

namespace tandem_test {

namespace {

const char* const unique_sql = "CREATE UNIQUE INDEX name_once ON users(name)";

/// A table with AUTOINCREMENT beside that of the fixture.
class sqlite_sequences : public sqlite_store {
protected:
    std::unique_ptr<sqlite::store> make_counted(const std::string& name, side s) {
        const auto path = directory_.file(name);
        plain_connection(path).execute(
            "CREATE TABLE users(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, amount INTEGER "
            "NOT NULL, version INTEGER NOT NULL DEFAULT 0)");
        auto out = open_store(path, s);
        value_of(out->install(in_time()));
        return out;
    }
};

} // namespace

TEST_F(sqlite_store, a_unique_constraint_is_a_conflict_and_writes_nothing) {
    plain_->execute(unique_sql);
    write(*store_, put_user(1, "a"));
    const auto refused = store_->write(put_user(2, "a"), {}, in_time());
    EXPECT_EQ(refused.error(), errc::constraint);
    EXPECT_EQ(refused.error().detail(),
              "writing 'users' in '" + path_ + "': a unique constraint of the table said no");
    EXPECT_FALSE(read(*store_, 2));
}

TEST_F(sqlite_store, a_transaction_is_over_after_an_error) {
    plain_->execute(unique_sql);
    write(*store_, put_user(1, "a"));
    const std::vector<table_key> keys{{0, id_of(2)}, {0, id_of(3)}};
    const auto t =
        std::move(value_of(store_->begin(keys, isolation::serializable, in_time())).transaction);
    value_of(t->write(put_user(3, "c")));
    EXPECT_EQ(t->write(put_user(2, "a")).error(), errc::constraint);
    EXPECT_EQ(t->get(0, id_of(3)).error(), errc::constraint);
    EXPECT_EQ(t->commit().error(), errc::constraint);
    EXPECT_FALSE(read(*store_, 3));
}

TEST_F(sqlite_store, one_refused_change_takes_the_whole_batch_back) {
    plain_->execute(unique_sql);
    const std::vector<change> batch{user_change(1, "a", 5, 1), user_change(2, "a", 6, 1)};
    EXPECT_EQ(store_->apply(batch, in_time()).error(), errc::constraint);
    EXPECT_FALSE(read(*store_, 1));
}

TEST_F(sqlite_store, foreign_keys_hold_for_writes_where_asked_and_never_for_applies) {
    plain_->execute("CREATE TABLE parent(id INTEGER PRIMARY KEY);"
                    "CREATE TABLE child(id INTEGER PRIMARY KEY, name TEXT, amount INTEGER NOT NULL "
                    "REFERENCES parent(id), version INTEGER NOT NULL DEFAULT 0)");
    const auto strict = open_store({.path = path_, .foreign_keys = true},
                                   users_binding(side::source, users_table("child")));
    const auto lax = open_store(path_, side::source, users_table("child"));
    EXPECT_EQ(strict->write(put_user(1, "a", 7), {}, in_time()).error(), errc::constraint);
    EXPECT_EQ(write(*lax, put_user(1, "a", 7)).status, write_status::committed);
    const auto late = user_change(2, "b", 5, 1);
    EXPECT_EQ(value_of(strict->apply({&late, 1}, in_time()))[0], apply_status::applied);
    EXPECT_EQ(strict->write(put_user(3, "c", 7), {}, in_time()).error(), errc::constraint);
}

TEST_F(sqlite_store, a_key_that_comes_back_takes_its_tombstone_away) {
    write(*store_, put_user(1, "a"));
    const auto erased = write(*store_, drop_user(1));
    EXPECT_EQ(plain_->text("SELECT version FROM tandem_tombstone"),
              std::to_string(erased.version.value));
    EXPECT_GT(write(*store_, put_user(1, "b")).version, erased.version);
    EXPECT_EQ(plain_->text("SELECT count(*) FROM tandem_tombstone"), "0");
}

TEST_F(sqlite_store, columns_that_are_not_mapped_keep_their_value_in_an_update) {
    plain_->execute("ALTER TABLE users ADD COLUMN email TEXT DEFAULT 'none'");
    auto t = users_table();
    t.ignored = {"email"};
    const auto s = open_store(path_, side::source, t);
    write(*s, put_user(1, "a"));
    plain_->execute("UPDATE users SET email = 'a@b'");
    write(*s, put_user(1, "b"));
    EXPECT_EQ(plain_->text("SELECT email || name FROM users"), "a@bb");
}

TEST_F(sqlite_store, a_step_says_who_changed_the_fence_and_why) {
    switch_step wanted{.kind = step_kind::roll_primary, .expected = 1};
    wanted.by = "operator";
    wanted.reason = "long phase";
    EXPECT_TRUE(value_of(store_->step(wanted, in_time())));
    EXPECT_EQ(plain_->text("SELECT changed_by || ': ' || reason FROM tandem_fence"),
              "operator: long phase");
    EXPECT_EQ(plain_->text("SELECT changed_at > 1600000000000 FROM tandem_fence"), "1");
}

TEST_F(sqlite_store, a_role_that_tandem_never_writes_stops_everything) {
    plain_->execute("UPDATE tandem_fence SET role = 'X'");
    EXPECT_EQ(store_->write(put_user(1, "a"), {}, in_time()).error(), errc::corrupt_data);
    EXPECT_EQ(store_->read(side::source, 0, id_of(1), in_time()).error(), errc::corrupt_data);
}

TEST_F(sqlite_store, the_text_of_a_failure_is_cut_between_characters) {
    const auto target = make_target();
    go_dual(*store_, *target);
    write(*store_, put_user(1, "a"));
    const auto id = value_of(store_->owed(0, 1, owed_scope::due, in_time()))[0].id;
    std::string text = "x";
    for (int i = 0; i < 1'000; ++i)
        text += "\xc3\xa4";
    value_of(store_->note_failure({&id, 1}, {.text = text}, in_time()));
    EXPECT_EQ(plain_->text("SELECT length(CAST(last_error AS BLOB)) FROM tandem_outbox_failure"),
              "999");
}

TEST_F(sqlite_store, leaving_an_era_drops_intents_and_what_was_noted_of_them) {
    const auto target = make_target();
    go_dual(*store_, *target);
    write(*store_, put_user(1, "a"));
    const std::int64_t unknown = 1;
    value_of(store_->note_failure({&unknown, 1}, {.text = "no", .dead = true}, in_time()));
    ASSERT_TRUE(step(*store_, step_kind::leave, 2));
    EXPECT_EQ(plain_->text("SELECT count(*) FROM tandem_outbox"), "0");
    EXPECT_EQ(plain_->text("SELECT count(*) FROM tandem_outbox_failure"), "0");
}

TEST_F(sqlite_store, ids_of_intents_never_come_back) {
    const auto target = make_target();
    go_dual(*store_, *target);
    write(*store_, put_user(1, "a"));
    const auto first = value_of(store_->owed(0, 1, owed_scope::due, in_time()))[0].id;
    value_of(store_->settle({&first, 1}, in_time()));
    write(*store_, put_user(1, "b"));
    EXPECT_GT(value_of(store_->owed(0, 1, owed_scope::due, in_time()))[0].id, first);
}

TEST_F(sqlite_store, fences_that_differ_stop_a_step) {
    plain_->execute("CREATE TABLE people AS SELECT * FROM users");
    auto b = users_binding(side::source);
    b.migration = "buckets";
    b.id = migration_id("buckets");
    b.buckets = 1024;
    const auto s = open_store({.path = path_}, b);
    value_of(s->install(in_time()));
    plain_->execute("UPDATE tandem_fence SET epoch = 9 WHERE bucket = 77");
    const auto moved = s->step({.kind = step_kind::roll_primary, .expected = 1}, in_time());
    EXPECT_EQ(moved.error(), errc::invariant);
    EXPECT_EQ(plain_->text("SELECT count(*) FROM tandem_fence WHERE epoch = 2"), "0");
}

TEST_F(sqlite_sequences, the_new_primary_gives_out_values_above_the_other_side) {
    const auto from = make_counted("from.db", side::source);
    const auto to = make_counted("to.db", side::target);
    write(*from, put_user(500, "a"));
    switch_step enable{.kind = step_kind::enable, .expected = 7};
    enable.phase = phase::dual_new_primary;
    enable.sequences = value_of(from->sequences(in_time()));
    enable.sequence_margin = 100;
    ASSERT_TRUE(value_of(to->step(enable, in_time())));
    plain_connection other_program(directory_.file("to.db"));
    other_program.execute("INSERT INTO users(name, amount) VALUES('b', 1)");
    EXPECT_EQ(other_program.text("SELECT id FROM users"), "601");
}

TEST_F(sqlite_sequences, its_own_values_count_as_well) {
    const auto to = make_counted("to.db", side::target);
    value_of(to->bulk_load(0, std::vector<row>{user(900, "a")}, in_time()));
    switch_step enable{.kind = step_kind::enable, .expected = 7};
    enable.phase = phase::dual_new_primary;
    enable.sequences = {{.table = 0, .field = 0, .last = 500}};
    enable.sequence_margin = 100;
    ASSERT_TRUE(value_of(to->step(enable, in_time())));
    EXPECT_EQ(value_of(to->sequences(in_time())).at(0).last, 1'000);
}

} // namespace tandem_test
