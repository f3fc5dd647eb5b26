// SPDX-License-Identifier: BSL-1.0
//
// Passwords: where they may come from, and that nobody gets to see them. The canary is a password;
// after many operations, good and bad, no text holds it.
#include "tandem/core/log.hpp"
#include "tandem/table/table.hpp"
#include "tandem/migration.hpp"
#include "tandem/worker.hpp"

#include "users.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

namespace tandem_test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

constexpr const char* canary = "c4n4ry-pa55word";

/// A server that asks role `locked` for its password, over TCP.
postgres_server& guarded() {
    static auto started =
        postgres_server::start({.settings = {"log_statement=all", "log_min_duration_statement=0"},
                                .authentication = {"host all locked 127.0.0.1/32 scram-sha-256"}});
    return *started.value();
}

class secrets : public testing::Test {
protected:
    void SetUp() override {
        if (const auto why = server_unavailable(); !why.empty()) GTEST_SKIP() << why;
        static const bool made =
            guarded()
                .run("create role locked superuser login; " + create_table_sql(users_schema()))
                .has_value();
        ASSERT_TRUE(made);
        set_password(canary);
    }
    void TearDown() override { ::unlink(file().c_str()); }

    static void set_password(const std::string& to) {
        must(guarded().run("set log_statement=none; set log_min_duration_statement=-1; "
                           "alter role locked password '" +
                           to + "'"));
    }
    /// Returns when they are gone.
    static void end_sessions() {
        while (must(guarded().run("select count(pg_terminate_backend(pid)) from pg_stat_activity "
                                  "where usename='locked'")) != "0\n") {
        }
    }
    static postgres::pool_options options(const std::string& more = {}) {
        return {.conninfo = guarded().tcp_conninfo("postgres", "locked") +
                            " passfile=/nonexistent " + more};
    }
    static fs::path file() {
        return fs::temp_directory_path() / ("tandem-password-" + std::to_string(::getpid()));
    }
    static std::string written(const std::string& content, mode_t mode = 0600) {
        std::ofstream(file()) << content;
        ::chmod(file().c_str(), mode);
        return file().string();
    }
    static std::unique_ptr<postgres::store> open(postgres::pool_options with) {
        auto store = must(postgres::store::make(std::move(with)));
        must(store->bind(users_binding()));
        return store;
    }
    /// not_installed, or nothing where it is: the connection came about.
    static errc answer(postgres::pool_options with) {
        const auto fences = open(std::move(with))->read_fences(soon());
        return fences ? errc::not_installed : fences.error().value();
    }
    static error refusal(postgres::pool_options with) {
        const auto made = postgres::pool::make(std::move(with));
        return made ? error(errc::invariant, "accepted") : made.error();
    }
};

TEST_F(secrets, come_from_a_file_that_only_its_owner_reads) {
    auto with = options();
    with.password_file = written(std::string(canary) + "\n");
    EXPECT_EQ(answer(with), errc::not_installed);
    with.password_file = written(canary, 0400);
    EXPECT_EQ(answer(with), errc::not_installed);
}

TEST_F(secrets, in_a_file_that_others_may_read_are_refused) {
    auto with = options();
    for (const mode_t mode : {0644u, 0640u, 0604u, 0660u}) {
        with.password_file = written(canary, mode);
        const error found = refusal(with);
        EXPECT_EQ(found, errc::invalid_options);
        EXPECT_THAT(std::string(found.detail()), HasSubstr("chmod 600"));
        EXPECT_THAT(found.full_message(), Not(HasSubstr(canary)));
    }
}

TEST_F(secrets, in_a_file_of_another_user_are_refused) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
    auto with = options();
    with.password_file = written(canary);
    ASSERT_EQ(::chown(file().c_str(), 12345, 12345), 0);
    EXPECT_THAT(std::string(refusal(with).detail()), HasSubstr("another user"));
}

TEST_F(secrets, in_a_file_that_is_none_are_refused) {
    auto with = options();
    for (const std::string& path : {std::string("/nonexistent"), fs::temp_directory_path().string(),
                                    written(""), written("\n"), written("two\nlines")}) {
        with.password_file = path;
        EXPECT_EQ(refusal(with), errc::invalid_options) << path;
        EXPECT_THAT(refusal(with).message(), Not(HasSubstr(path)));
    }
    ::unlink(file().c_str());
    ASSERT_EQ(::mkfifo(file().c_str(), 0600), 0);
    with.password_file = file().string();
    EXPECT_THAT(std::string(refusal(with).detail()), HasSubstr("regular file"));
}

TEST_F(secrets, given_twice_are_refused) {
    auto with = options("password=one");
    with.password_file = written(canary);
    EXPECT_EQ(refusal(with), errc::invalid_options);
    with = options();
    with.password_file = written(canary);
    with.password = [](std::string_view) -> result<std::string> { return std::string("x"); };
    EXPECT_EQ(refusal(with), errc::invalid_options);
}

TEST_F(secrets, from_a_callback_are_asked_for_at_every_connection_so_they_may_change) {
    auto with = options();
    std::string current = canary;
    std::vector<std::string> users;
    with.idle_timeout = milliseconds(1);
    with.password = [&](std::string_view user) -> result<std::string> {
        users.emplace_back(user);
        return current;
    };
    const auto store = open(with);
    must(store->install(soon()));
    current = "another-" + std::string(canary);
    set_password(current);
    end_sessions();
    must(store->read_fences(soon()));
    EXPECT_EQ(users, (std::vector<std::string>{"locked", "locked"}));
}

TEST_F(secrets, that_a_callback_does_not_give_are_its_own_error) {
    auto with = options();
    with.password = [](std::string_view) -> result<std::string> {
        return error(errc::unavailable, "the vault is sealed");
    };
    const auto store = open(with);
    EXPECT_EQ(store->read_fences(soon()).error().detail(), "the vault is sealed");
    with.password = [](std::string_view) -> result<std::string> { return std::string(); };
    EXPECT_EQ(answer(with), errc::authentication);
}

TEST_F(secrets, of_a_callback_that_throws_leave_no_place_of_the_pool_taken) {
    auto with = options();
    with.max = 1;
    bool throws = true;
    with.password = [&](std::string_view) -> result<std::string> {
        if (throws) throw std::runtime_error("of the host");
        return std::string(canary);
    };
    const auto store = open(with);
    EXPECT_THROW(static_cast<void>(store->read_fences(soon())), std::runtime_error);
    throws = false;
    must(store->install(soon()));
    EXPECT_EQ(store->connections()->stats().open, 1u);
}

/// Everything tandem says to its logger.
class listener final : public logger {
public:
    void log(log_level, std::string_view message,
             std::span<const log_field> fields) noexcept override {
        const std::lock_guard lock(mutex_);
        text_ += message;
        for (const log_field& f : fields)
            text_ += ' ' + std::string(f.name) + '=' + f.value;
        text_ += '\n';
    }
    std::string text() {
        const std::lock_guard lock(mutex_);
        return text_;
    }

private:
    std::mutex mutex_;
    std::string text_;
};

class canary_password : public secrets {
protected:
    /// Every text that an error shows.
    template <class T>
    void hear(const result<T>& r) {
        ++(r ? passed_ : failed_);
        if (r) return;
        const error& e = r.error();
        said_ += e.message() + '\n' + e.full_message() + '\n' + std::string(e.detail()) + '\n' +
                 std::string(e.server_text()) + '\n';
    }
    void use(postgres::pool_options with) {
        auto made = postgres::store::make(std::move(with));
        hear(made);
        if (!made) return;
        auto& s = *made.value();
        hear(s.bind(users_binding()));
        hear(s.install(soon()));
        hear(s.read_fences(soon()));
        hear(s.compare_schema(soon()));
        hear(s.identity(side::source, 0, soon()));
        const route wrong{77, phase::old_only};
        hear(s.write(put(1, "x"), {1, phase::old_only}, soon()));
        hear(s.write(put(1, std::string("a\0b", 3)), {1, phase::old_only}, soon()));
        hear(s.write(put(2, "x"), wrong, within(milliseconds(0))));
        hear(s.read(side::source, 0, id(1), soon()));
        hear(s.step({.kind = step_kind::mark_synced, .expected = 7}, soon()));
        seen_ += must(guarded().run("select string_agg(a::text, ' ') from pg_stat_activity a"));
        seen_ += must(guarded().run("select string_agg(f::text, ' ') from tandem_fence f"));
    }
    void expect_silence() {
        EXPECT_GT(passed_, 0);
        EXPECT_GT(failed_, 0);
        EXPECT_THAT(said_, Not(HasSubstr(canary)));
        EXPECT_THAT(seen_, Not(HasSubstr(canary)));
    }

    std::string said_; ///< by errors
    std::string seen_; ///< at the server
    int passed_ = 0, failed_ = 0;
};

TEST_F(canary_password, appears_nowhere_whatever_it_comes_from) {
    const std::string given = "password=" + std::string(canary);
    use(options(given));
    auto with = options();
    with.password_file = written(canary);
    use(with);
    with.password_file.clear();
    with.password = [](std::string_view) -> result<std::string> { return std::string(canary); };
    use(with);
    ::setenv("PGPASSWORD", canary, 1);
    use(options());
    set_password("changed"); // from here on it is a wrong one
    use(options());
    ::unsetenv("PGPASSWORD");
    use(with);
    use(options(given));
    for (const std::string& bad :
         {given + " dbname=missing", given + " port=1", given + " host=" + canary,
          given + " sslmode=" + canary, given + " options=-c\\ nothing=" + canary,
          given + " service=" + canary, given + " " + canary, given + " user=other"}) {
        use(options(bad));
    }
    use({.conninfo = "postgresql://locked:x@" + std::string(canary) + "@127.0.0.1/postgres"});
    expect_silence();
}

struct account_row {
    std::int64_t id = 0;
    std::string name;
};

TEST_F(canary_password, is_not_in_the_log_of_a_migration_whose_target_refuses_it) {
    listener heard;
    postgres::store source(must(postgres::pool::make(options("password=" + std::string(canary)))));
    auto with = options();
    with.password = [](std::string_view) -> result<std::string> { return std::string(canary); };
    postgres::store target(must(postgres::pool::make(with)), {.control_schema = "second"});
    must(guarded().run("create schema second; "
                       "create table old_accounts(id bigint primary key, name text not null, "
                       "tandem_version bigint not null default 0); "
                       "create table new_accounts(like old_accounts including all)"));
    const auto old_accounts =
        table<account_row>("old_accounts").key<&account_row::id>().column<&account_row::name>();
    const auto new_accounts =
        table<account_row>("new_accounts").key<&account_row::id>().column<&account_row::name>();
    migration m({.name = "canary", .log = &heard}, source, target);
    const auto router = m.add(old_accounts, new_accounts);
    hear(m.install());
    hear(m.start());
    hear(m.forward());
    hear(router.upsert({1, "x"}));
    set_password("changed");
    end_sessions();
    worker relay(m, {.idle_pause = milliseconds(1)});
    std::jthread thread([&] { relay.run(); });
    while (heard.text().empty())
        std::this_thread::yield();
    hear(router.upsert({2, "x"}));
    hear(m.forward());
    relay.stop();
    thread.join();
    EXPECT_THAT(heard.text(), Not(HasSubstr(canary)));
    expect_silence();
}

} // namespace
} // namespace tandem_test
