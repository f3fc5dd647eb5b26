// SPDX-License-Identifier: BSL-1.0
//
// A disk that fails while a transaction commits. The failures come from a file layer between SQLite
// and the file system: it fails what is written to the write-ahead log.
#include "fixture.hpp"

#include <sqlite3.h>

#include <atomic>

namespace tandem_test {

namespace {

std::atomic<int> sync_code{SQLITE_OK};
std::atomic<int> write_code{SQLITE_OK};
sqlite3_vfs* base_vfs = nullptr;
const sqlite3_io_methods* real_methods = nullptr;
sqlite3_io_methods failing_methods;

int failing_sync(sqlite3_file* file, int flags) {
    const int code = sync_code;
    return code != SQLITE_OK ? code : real_methods->xSync(file, flags);
}

int failing_write(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
    const int code = write_code;
    return code != SQLITE_OK ? code : real_methods->xWrite(file, data, size, offset);
}

int failing_open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out) {
    const int code = base_vfs->xOpen(base_vfs, name, file, flags, out);
    if (code == SQLITE_OK && (flags & SQLITE_OPEN_WAL) != 0) {
        real_methods = file->pMethods;
        failing_methods = *real_methods;
        failing_methods.xSync = failing_sync;
        failing_methods.xWrite = failing_write;
        file->pMethods = &failing_methods;
    }
    return code;
}

class sqlite_commit : public sqlite_store {
protected:
    void SetUp() override {
        base_vfs = sqlite3_vfs_find(nullptr);
        failing_vfs_ = *base_vfs;
        failing_vfs_.zName = "failing";
        failing_vfs_.xOpen = failing_open;
        sqlite3_vfs_register(&failing_vfs_, 1);
        sqlite_store::SetUp();
        write(*store_, put_user(1, "before"));
    }
    void TearDown() override {
        sync_code = SQLITE_OK;
        write_code = SQLITE_OK;
        store_.reset();
        plain_.reset();
        sqlite3_vfs_unregister(&failing_vfs_);
    }
    error refusal() { return store_->write(put_user(1, "after"), {}, in_time()).error(); }
    std::string name() { return std::get<std::string>(read(*store_, 1)->image[1]); }

    sqlite3_vfs failing_vfs_{};
};

} // namespace

TEST_F(sqlite_commit, a_failed_sync_leaves_the_outcome_unknown) {
    sync_code = SQLITE_IOERR_FSYNC;
    EXPECT_EQ(refusal(), errc::outcome_unknown);
}

TEST_F(sqlite_commit, after_an_unknown_outcome_the_store_goes_on) {
    sync_code = SQLITE_IOERR_FSYNC;
    EXPECT_EQ(refusal(), errc::outcome_unknown);
    sync_code = SQLITE_OK;
    EXPECT_EQ(write(*store_, put_user(1, "later")).status, write_status::committed);
    EXPECT_EQ(name(), "later");
}

TEST_F(sqlite_commit, a_full_disk_writes_nothing_and_is_retryable) {
    write_code = SQLITE_FULL;
    const auto e = refusal();
    EXPECT_EQ(e, errc::resources);
    EXPECT_EQ(e, errc_condition::retryable);
    write_code = SQLITE_OK;
    EXPECT_EQ(name(), "before");
    EXPECT_EQ(write(*store_, put_user(1, "later")).status, write_status::committed);
}

TEST_F(sqlite_commit, a_transaction_has_the_same_outcomes) {
    const table_key wanted{0, id_of(1)};
    auto begun = value_of(store_->begin({&wanted, 1}, isolation::serializable, in_time()));
    value_of(begun.transaction->write(put_user(1, "after")));
    sync_code = SQLITE_IOERR_FSYNC;
    EXPECT_EQ(begun.transaction->commit().error(), errc::outcome_unknown);
}

TEST_F(sqlite_commit, a_deferred_foreign_key_is_a_conflict_and_writes_nothing) {
    plain_->execute("CREATE TABLE parent(id INTEGER PRIMARY KEY);"
                    "CREATE TABLE child(id INTEGER PRIMARY KEY, name TEXT, amount INTEGER NOT NULL "
                    "REFERENCES parent(id) DEFERRABLE INITIALLY DEFERRED, version INTEGER NOT NULL "
                    "DEFAULT 0)");
    const auto s = open_store({.path = path_, .foreign_keys = true},
                              users_binding(side::source, users_table("child")));
    EXPECT_EQ(s->write(put_user(1, "a", 7), {}, in_time()).error(), errc::constraint);
    EXPECT_EQ(plain_->text("SELECT count(*) FROM child"), "0");
    plain_->execute("INSERT INTO parent VALUES(7)");
    EXPECT_EQ(write(*s, put_user(1, "a", 7)).status, write_status::committed);
}

} // namespace tandem_test
