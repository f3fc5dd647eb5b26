// SPDX-License-Identifier: BSL-1.0
//
// Which connections have to be encrypted, from every place that settings come from.
#include "postgres/tls.hpp"

#include "tandem/postgres/pool.hpp"

#include <gmock/gmock.h>

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace tandem::postgres::detail {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(is_local, knows_sockets_and_the_loopback) {
    for (const auto& [host, address] : std::initializer_list<std::pair<const char*, const char*>>{
             {"", ""},
             {"/run/postgresql", ""},
             {"@abstract", ""},
             {"localhost", ""},
             {"LocalHost", ""},
             {"127.0.0.1", ""},
             {"127.255.1.2", ""},
             {"::1", ""},
             {"0:0:0:0:0:0:0:1", ""},
             {"::ffff:127.0.0.1", ""},
             {"", "127.0.0.1"},
             {"", "::1"},
             {"db.example.com", "127.0.0.1"}, // the address is what is connected to
             {"localhost,/tmp,127.0.0.1", ""},
             {"a,b", "127.0.0.1,::1"},
             {"a,localhost", "127.0.0.1,"},
             {",", ""},
         }) {
        EXPECT_TRUE(is_local(host, address)) << host << " " << address;
    }
}

TEST(is_local, takes_everything_else_for_another_host) {
    for (const auto& [host, address] : std::initializer_list<std::pair<const char*, const char*>>{
             {"db.example.com", ""},
             {"10.0.0.1", ""},
             {"128.0.0.1", ""},
             {"::2", ""},
             {"fe80::1", ""},
             {"0.0.0.0", ""},
             {"127.1", ""}, // resolvers take it for 127.0.0.1, some for a name
             {"0x7f000001", ""},
             {"2130706433", ""},
             {"127.0.0.1.example.com", ""},
             {"localhost.example.com", ""},
             {"localhost.", ""},
             {"localhost ", ""},
             {"::1%lo", ""},
             {"::ffff:10.0.0.1", ""},
             {"localhost", "10.0.0.1"},
             {"/tmp", "10.0.0.1"},
             {"localhost,db.example.com", ""},
             {"db.example.com,localhost", ""},
             {"a,b", "127.0.0.1,"},
             {"localhost,localhost", "127.0.0.1,10.0.0.1"},
             {"", "127.0.0.1,10.0.0.1"},
         }) {
        EXPECT_FALSE(is_local(host, address)) << host << " " << address;
    }
}

/// Environment variables of libpq, gone with the test.
class pool_encryption : public testing::Test {
protected:
    void SetUp() override { clear(); }
    void TearDown() override {
        clear();
        std::error_code ignored;
        std::filesystem::remove(service_file(), ignored);
    }
    static void clear() {
        for (const char* name : {"PGHOST", "PGHOSTADDR", "PGSSLMODE", "PGSERVICE", "PGSERVICEFILE",
                                 "PGREQUIRESSL", "PGGSSENCMODE", "PGOPTIONS"}) {
            ::unsetenv(name);
        }
    }
    static std::string service_file() {
        return (std::filesystem::temp_directory_path() /
                ("tandem-service-" + std::to_string(::getpid())))
            .string();
    }
    static void write_service(const std::string& lines) {
        std::ofstream(service_file()) << "[here]\n" << lines << '\n';
        ::setenv("PGSERVICEFILE", service_file().c_str(), 1);
    }
    static connect_settings secured(const std::string& conninfo) {
        auto out = parse_conninfo(conninfo).value();
        secure(out, resolve(out).value()).value();
        return out;
    }
    static std::string mode(const std::string& conninfo) {
        return std::string(secured(conninfo).find("sslmode"));
    }
    /// The detail of the refusal; empty where it was none.
    static std::string refusal(const std::string& conninfo, bool insecure = false) {
        const auto made = pool::make({.conninfo = conninfo, .insecure_tls = insecure});
        if (made) return {};
        EXPECT_EQ(made.error(), errc::invalid_options);
        return std::string(made.error().detail());
    }
};

TEST_F(pool_encryption, is_verify_full_for_other_hosts_where_nobody_chose) {
    for (const char* conninfo :
         {"host=db.example.com", "hostaddr=10.0.0.1", "host=localhost,db.example.com",
          "postgresql://app@db.example.com:5433/data", "host=/tmp hostaddr=10.0.0.1"}) {
        EXPECT_EQ(mode(conninfo), "verify-full") << conninfo;
        EXPECT_EQ(secured(conninfo).find("gssencmode"), "disable") << conninfo;
    }
}

TEST_F(pool_encryption, is_left_to_libpq_on_this_machine) {
    for (const char* conninfo : {"", "host=/tmp", "host=localhost", "hostaddr=127.0.0.1",
                                 "host=db.example.com hostaddr=::1"}) {
        EXPECT_EQ(mode(conninfo), "") << conninfo;
    }
    EXPECT_EQ(mode("host=localhost sslmode=disable"), "disable");
    EXPECT_EQ(mode("host=localhost sslmode=verify-full"), "verify-full");
}

TEST_F(pool_encryption, that_is_weaker_is_refused_for_other_hosts) {
    for (const std::string weaker : {"disable", "allow", "prefer", "require", "verify-ca"}) {
        const auto found = refusal("host=db.example.com password=canary sslmode=" + weaker);
        EXPECT_THAT(found, HasSubstr("sslmode=" + weaker + " is weaker"));
        EXPECT_THAT(found, HasSubstr("pool_options::conninfo: "));
        EXPECT_THAT(found, HasSubstr("insecure_tls"));
        EXPECT_THAT(found, Not(HasSubstr("canary")));
        EXPECT_EQ(refusal("host=db.example.com sslmode=" + weaker, true), "");
    }
    EXPECT_EQ(refusal("host=db.example.com sslmode=verify-full"), "");
    EXPECT_THAT(refusal("host=db.example.com sslmode=canary"), Not(HasSubstr("canary")));
    EXPECT_THAT(refusal("host=db.example.com gssencmode=require"), HasSubstr("gssencmode"));
}

TEST_F(pool_encryption, looks_at_the_environment) {
    ::setenv("PGHOST", "db.example.com", 1);
    EXPECT_EQ(mode("dbname=data"), "verify-full");
    EXPECT_EQ(mode("host=localhost"), "");
    ::setenv("PGSSLMODE", "prefer", 1);
    EXPECT_THAT(refusal("dbname=data"), HasSubstr("PGSSLMODE"));
    EXPECT_EQ(refusal("dbname=data sslmode=verify-full"), "");
    ::setenv("PGSSLMODE", "verify-full", 1);
    EXPECT_EQ(mode("dbname=data"), "verify-full");
    ::unsetenv("PGSSLMODE");
    ::unsetenv("PGHOST");
    ::setenv("PGHOSTADDR", "10.0.0.1", 1);
    EXPECT_EQ(mode("host=localhost"), "verify-full");
}

TEST_F(pool_encryption, looks_at_the_service_file) {
    write_service("host=db.example.com");
    EXPECT_EQ(mode("service=here"), "verify-full");
    EXPECT_EQ(secured("service=here").find("host"),
              "db.example.com"); // whatever stands there later
    ::setenv("PGSERVICE", "here", 1);
    EXPECT_EQ(mode("dbname=data"), "verify-full");
    write_service("host=db.example.com\nsslmode=require");
    EXPECT_THAT(refusal("dbname=data"), HasSubstr("service file"));
    EXPECT_THAT(refusal("service=missing"), HasSubstr("service"));
}

TEST_F(pool_encryption, of_the_control_conninfo_is_checked_too) {
    const auto made =
        pool::make({.conninfo = "host=/tmp", .control = "host=db.example.com sslmode=require"});
    ASSERT_TRUE(made.has_error());
    EXPECT_THAT(std::string(made.error().detail()), HasSubstr("pool_options::control: "));
}

TEST_F(pool_encryption, of_lent_connections_is_the_hosts_affair) {
    ::setenv("PGHOST", "db.example.com", 1);
    ::setenv("PGSSLMODE", "disable", 1);
    pool_options options;
    options.borrow = [](const call_context&) -> result<pg_conn*> { return nullptr; };
    options.give_back = [](pg_conn*, bool) {};
    EXPECT_TRUE(pool::make(options).has_value());
}

TEST_F(pool_encryption, options_of_the_session_do_not_go_through_a_pooler) {
    const auto pooled = [](const char* conninfo) {
        return pool::make({.conninfo = conninfo, .transaction_pooling = true});
    };
    EXPECT_TRUE(pooled("host=/tmp").has_value());
    EXPECT_EQ(pooled("host=/tmp options=-cgeqo=off").error(), errc::invalid_options);
    ::setenv("PGOPTIONS", "-c geqo=off", 1);
    EXPECT_THAT(std::string(pooled("host=/tmp").error().detail()), HasSubstr("ALTER ROLE"));
}

TEST_F(pool_encryption, keeps_the_options_of_the_environment) {
    ::setenv("PGOPTIONS", "-c geqo=off", 1);
    const auto settings = parse_conninfo("host=/tmp").value();
    EXPECT_EQ(resolve(settings).value().options, "-c geqo=off");
}

} // namespace
} // namespace tandem::postgres::detail
