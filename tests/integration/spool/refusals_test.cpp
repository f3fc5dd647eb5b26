// SPDX-License-Identifier: BSL-1.0
//
// What a spool refuses to open, and what it says then.
#include "fixture.hpp"
#include "spool/format.hpp"

#include <gmock/gmock.h>
#include <sqlite3.h>

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace tandem_test {
namespace {

using testing::HasSubstr;

error refusal(const spool::options& wanted) {
    auto opened = spool::spool::open(wanted);
    if (opened) throw std::runtime_error("it was opened");
    return opened.error();
}

TEST(spool_refuses, options_out_of_their_range) {
    const spool_directory where;
    auto wanted = where.options();
    wanted.records_max = 0;
    EXPECT_EQ(refusal(wanted), errc::invalid_options);
    wanted = where.options();
    wanted.bytes_max = wanted.record_bytes_max - 1;
    EXPECT_EQ(refusal(wanted), errc::invalid_options);
    EXPECT_EQ(refusal({}), errc::invalid_options);
}

TEST(spool_refuses, a_directory_that_does_not_exist) {
    const spool_directory where;
    const auto why = refusal({.directory = where.file("none")});
    EXPECT_EQ(why, errc::invalid_options);
    EXPECT_THAT(why.message(), HasSubstr("/none' does not exist; make it with mode 0700"));
}

TEST(spool_refuses, a_file_and_a_symbolic_link_in_place_of_the_directory) {
    const spool_directory where;
    write_file(where.file("file"), "x");
    EXPECT_THAT(refusal({.directory = where.file("file")}).message(), HasSubstr("is no directory"));
    std::filesystem::create_directory_symlink(where.path(), where.file("link"));
    EXPECT_THAT(refusal({.directory = where.file("link")}).message(), HasSubstr("symbolic link"));
}

TEST(spool_refuses, a_directory_that_others_can_reach) {
    const spool_directory where;
    for (const mode_t mode : {0750u, 0704u, 0777u}) {
        ::chmod(where.path().c_str(), mode);
        const auto why = refusal(where.options());
        EXPECT_EQ(why, errc::permission_denied);
        EXPECT_THAT(why.message(), HasSubstr("chmod 0700"));
    }
}

TEST(spool_refuses, a_directory_that_it_cannot_write) {
    if (::geteuid() == 0) GTEST_SKIP() << "nothing is unwritable for root";
    const spool_directory where;
    ::chmod(where.path().c_str(), 0500);
    EXPECT_EQ(refusal(where.options()), errc::permission_denied);
    ::chmod(where.path().c_str(), 0700);
}

TEST(spool_refuses, a_directory_of_another_user) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can give a directory away";
    const spool_directory where;
    ASSERT_EQ(::chown(where.path().c_str(), 65534, 65534), 0);
    EXPECT_THAT(refusal(where.options()).message(), HasSubstr("belongs to another user"));
}

TEST(spool_refuses, files_that_others_can_reach) {
    const spool_directory where;
    { const auto s = where.open(); }
    for (const char* name : {"spool.db", "spool.mark", "spool.lock"}) {
        ::chmod(where.file(name).c_str(), 0640);
        const auto why = refusal(where.options());
        EXPECT_EQ(why, errc::permission_denied) << name;
        EXPECT_THAT(why.message(), HasSubstr("chmod 0600"));
        ::chmod(where.file(name).c_str(), 0600);
    }
}

TEST(spool_refuses, symbolic_links_in_place_of_its_files) {
    for (const char* name : {"spool.db", "spool.mark", "spool.lock"}) {
        const spool_directory where;
        const spool_directory other;
        write_file(other.file("target"), "");
        std::filesystem::create_symlink(other.file("target"), where.file(name));
        EXPECT_FALSE(spool::spool::open(where.options())) << name;
        EXPECT_EQ(read_file(other.file("target")), "") << name;
    }
}

TEST(spool_refuses, a_second_opening_in_this_process) {
    const spool_directory where;
    auto s = where.open();
    const auto why = refusal(where.options());
    EXPECT_EQ(why, errc::busy);
    EXPECT_THAT(why.message(), HasSubstr("a directory of its own"));
    EXPECT_TRUE(s.add(intent("still works"), in_time()));
}

TEST(spool_refuses, a_second_process) {
    const spool_directory where;
    const auto s = where.open();
    const pid_t child = ::fork();
    if (child == 0) {
        const auto opened = spool::spool::open(where.options());
        ::_exit(!opened && opened.error() == errc::busy ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

TEST(spool_refuses, a_newer_format_and_touches_nothing) {
    const spool_directory where;
    {
        auto s = where.open();
        (void)fill(s, 2);
    }
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(where.file("spool.db").c_str(), &db), SQLITE_OK);
    const auto data = spool::detail::encode(spool::detail::head{2, "0123456789abcdef"});
    sqlite3_stmt* update = nullptr;
    ASSERT_EQ(sqlite3_prepare_v2(db, "UPDATE head SET data = ?1", -1, &update, nullptr), SQLITE_OK);
    sqlite3_bind_blob(update, 1, data.data(), static_cast<int>(data.size()), SQLITE_STATIC);
    ASSERT_EQ(sqlite3_step(update), SQLITE_DONE);
    sqlite3_finalize(update);
    ASSERT_EQ(sqlite3_close(db), SQLITE_OK);
    const auto before = read_file(where.file("spool.db"));

    const auto why = refusal(where.options());
    EXPECT_EQ(why, errc::unsupported);
    EXPECT_THAT(why.message(), HasSubstr("has format 2, this version of tandem reads 1"));
    EXPECT_EQ(read_file(where.file("spool.db")), before);

    // A damaged file of a newer format is not ours to mend either.
    write_file(where.file("spool.db"), before.substr(0, before.size() - 10));
    EXPECT_EQ(refusal(where.options()), errc::unsupported);
    EXPECT_FALSE(std::filesystem::exists(where.file("damaged-1")));
}

/// Runs `f` in a process whose files cannot grow beyond `bytes`; its exit status.
template <class F>
int with_small_files(rlim_t bytes, F&& f) {
    const pid_t child = ::fork();
    if (child == 0) {
        std::signal(SIGXFSZ, SIG_IGN);
        const rlimit limit{bytes, bytes};
        ::setrlimit(RLIMIT_FSIZE, &limit);
        ::_exit(f());
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(spool, a_full_disk_refuses_the_intent_and_keeps_the_others) {
    const spool_directory where;
    { const auto made = where.open(); }
    const int acknowledged = with_small_files(200'000, [&] {
        auto s = where.open();
        int count = 0;
        for (;; ++count) {
            const auto id =
                s.add(intent(std::string(1000, 'a') + std::to_string(count)), in_time());
            if (id) continue;
            if (id.error() != errc::resources) return 250;
            break;
        }
        return static_cast<int>(keys_of(s).size()) == count && count < 200 ? count : 251;
    });
    ASSERT_GT(acknowledged, 5);
    ASSERT_LT(acknowledged, 250);
    auto s = where.open();
    EXPECT_FALSE(s.damage());
    EXPECT_GE(keys_of(s).size(), static_cast<std::size_t>(acknowledged));
    EXPECT_TRUE(s.add(intent("with room again"), in_time()));
}

TEST(spool, a_full_disk_is_said_when_the_spool_is_made) {
    const spool_directory where;
    EXPECT_EQ(with_small_files(1'000,
                               [&] {
                                   const auto s = spool::spool::open(where.options());
                                   return !s && s.error() == errc::resources ? 0 : 1;
                               }),
              0);
    EXPECT_FALSE(where.open().damage());
}

} // namespace
} // namespace tandem_test
