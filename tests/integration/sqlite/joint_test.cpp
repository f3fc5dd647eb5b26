// SPDX-License-Identifier: BSL-1.0
//
// Both tables in one file, written in one transaction.
#include "fixture.hpp"

namespace tandem_test {

namespace {

class sqlite_joint : public testing::Test {
protected:
    void SetUp() override {
        plain_ = std::make_unique<plain_connection>(path_);
        plain_->execute("CREATE TABLE users(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, "
                        "amount INTEGER NOT NULL);"
                        "CREATE TABLE people(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT "
                        "UNIQUE, amount INTEGER NOT NULL)");
        auto b = users_binding(side::source);
        b.joint = {users_table("people")};
        b.tables[0].version_column.clear();
        b.joint[0].version_column.clear();
        store_ = open_store({.path = path_}, b);
        value_of(store_->install(in_time()));
    }
    bool step(step_kind kind, epoch expected) {
        return value_of(store_->step({.kind = kind, .expected = expected}, in_time()));
    }
    void go_dual() { ASSERT_TRUE(step(step_kind::enter_primary, 1)); }
    result<write_reply> write(const write_command& command) {
        return store_->write(command, {}, in_time());
    }
    std::string names(const std::string& table) {
        return plain_->text("SELECT coalesce(group_concat(name), '') FROM (SELECT name FROM " +
                            table + " ORDER BY id)");
    }

    temporary_directory directory_;
    std::string path_ = directory_.file("joint.db");
    std::unique_ptr<plain_connection> plain_;
    std::unique_ptr<sqlite::store> store_;
};

} // namespace

TEST_F(sqlite_joint, tables_without_version_column_fit) {
    EXPECT_TRUE(value_of(store_->compare_schema(in_time())).empty());
}

TEST_F(sqlite_joint, there_is_one_fence_and_nothing_is_owed) {
    go_dual();
    const auto reply = value_of(write(put_user(1, "a")));
    EXPECT_EQ(reply.status, write_status::committed);
    EXPECT_FALSE(reply.dual);
    EXPECT_EQ(names("users"), "a");
    EXPECT_EQ(names("people"), "a");
    EXPECT_EQ(plain_->text("SELECT count(*) FROM tandem_fence"), "1");
    EXPECT_EQ(plain_->text("SELECT count(*) FROM tandem_outbox"), "0");
}

TEST_F(sqlite_joint, a_refusal_by_the_other_table_takes_the_write_back) {
    go_dual();
    value_of(write(put_user(1, "a")));
    EXPECT_EQ(write(put_user(2, "a")).error(), errc::constraint);
    EXPECT_EQ(names("users"), "a");
    EXPECT_EQ(names("people"), "a");
}

TEST_F(sqlite_joint, a_write_and_an_erase_reach_both_tables_although_one_lacks_the_row) {
    value_of(write(put_user(1, "a")));
    value_of(write(put_user(2, "b")));
    go_dual();
    value_of(write(put_user(1, "changed")));
    value_of(write(drop_user(2)));
    EXPECT_EQ(names("users"), "changed");
    EXPECT_EQ(names("people"), "changed");
}

TEST_F(sqlite_joint, copying_in_chunks_fills_the_other_table) {
    for (int i = 1; i <= 5; ++i)
        value_of(write(put_user(i, std::to_string(i))));
    go_dual();
    std::optional<key> last;
    int chunks = 0;
    for (;; ++chunks) {
        auto next = value_of(store_->copy_chunk(0, last, 2, 2, in_time()));
        if (!next) break;
        last = std::move(next);
    }
    EXPECT_EQ(chunks, 3);
    EXPECT_EQ(names("people"), "1,2,3,4,5");
}

TEST_F(sqlite_joint, a_chunk_of_another_era_copies_nothing) {
    value_of(write(put_user(1, "a")));
    EXPECT_EQ(store_->copy_chunk(0, {}, 1, 10, in_time()).error(), errc::fenced);
    go_dual();
    EXPECT_EQ(store_->copy_chunk(0, {}, 1, 10, in_time()).error(), errc::fenced);
    EXPECT_EQ(names("people"), "");
}

TEST_F(sqlite_joint, the_switch_is_one_step_and_moves_the_sequence) {
    value_of(write(put_user(500, "a")));
    go_dual();
    ASSERT_FALSE(step(step_kind::begin_handover, 2)); // not synced
    while (value_of(store_->copy_chunk(0, {}, 2, 10, in_time())) != std::nullopt &&
           !step(step_kind::mark_synced, 2)) {
    }
    ASSERT_TRUE(step(step_kind::begin_handover, 2));
    const auto f = value_of(store_->read_fences(in_time())).at(0);
    EXPECT_EQ(f.role, role::primary);
    EXPECT_EQ(f.phase, phase::dual_new_primary);
    EXPECT_TRUE(f.synced);
    EXPECT_EQ(plain_->text("SELECT seq FROM sqlite_sequence WHERE name = 'people'"), "1500");
}

TEST_F(sqlite_joint, steps_of_two_authorities_do_not_exist) {
    for (const auto kind : {step_kind::decide, step_kind::enable, step_kind::abort,
                            step_kind::enter_secondary, step_kind::roll_secondary}) {
        EXPECT_FALSE(step(kind, 1));
    }
    EXPECT_EQ(store_->apply({}, in_time()).error(), errc::unsupported);
}

} // namespace tandem_test
