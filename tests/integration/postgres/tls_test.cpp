// SPDX-License-Identifier: BSL-1.0
//
// Encrypted connections to a server whose certificate the test makes: the right one is accepted,
// the others are refused with a sentence that says why.
#include "support/child_process.hpp"
#include "users.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace tandem_test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

constexpr const char* server_name = "db.tandem.test";

/// Authorities and certificates of a server, made by openssl in a directory of their own.
class certificates {
public:
    certificates() {
        std::string name = (fs::temp_directory_path() / "tandem-tls-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no directory for keys");
        place_ = name;
        fs::permissions(place_, fs::perms::all);
        openssl("req -x509 -nodes -days 2 -newkey rsa:2048 -subj /CN=right -keyout right.key "
                "-out right.crt");
        openssl("req -x509 -nodes -days 2 -newkey rsa:2048 -subj /CN=wrong -keyout wrong.key "
                "-out wrong.crt");
        openssl("req -nodes -newkey rsa:2048 -subj /CN=server -keyout server.key "
                "-out server.csr");
        std::ofstream(place_ / "names") << "subjectAltName=DNS:" << server_name << '\n';
        sign("right", 2);
        const auto owner = server_account();
        if (owner.is_other &&
            ::chown((place_ / "server.key").c_str(), owner.user, owner.group) != 0) {
            throw std::runtime_error("the key cannot be given to the server");
        }
    }
    certificates(const certificates&) = delete;
    certificates& operator=(const certificates&) = delete;
    ~certificates() {
        std::error_code ignored;
        fs::remove_all(place_, ignored);
    }

    /// The server's certificate: by whom it is signed and for how many days, fewer than 0: expired.
    void sign(const std::string& authority, int days) const {
        openssl("x509 -req -in server.csr -CA " + authority + ".crt -CAkey " + authority +
                ".key -CAcreateserial -extfile names -out server.crt -days " +
                std::to_string(days));
    }
    [[nodiscard]] std::string path(const char* file) const { return (place_ / file).string(); }

private:
    void openssl(const std::string& arguments) const {
        const auto done =
            run_program({"sh", "-c", "cd '" + place_.string() + "' && openssl " + arguments}, {});
        if (done.status != 0) throw std::runtime_error("openssl: " + done.output);
    }
    fs::path place_;
};

class tls : public testing::Test {
protected:
    struct place {
        certificates keys;
        std::unique_ptr<postgres_server> server;
        place() {
            auto started = postgres_server::start(
                {.settings = {"ssl=on", "ssl_cert_file=" + keys.path("server.crt"),
                              "ssl_key_file=" + keys.path("server.key")}});
            if (started.has_error()) throw std::runtime_error(started.error().full_message());
            server = std::move(started).value();
        }
    };
    static place& with_tls() {
        static place only;
        return only;
    }
    void SetUp() override {
        if (const auto why = server_unavailable(); !why.empty()) GTEST_SKIP() << why;
    }
    static std::string conninfo(const postgres_server& to, const std::string& name,
                                const char* authority = "right.crt") {
        return "host=" + name + " hostaddr=127.0.0.1 port=" + std::to_string(to.port()) +
               " user=postgres dbname=postgres sslmode=verify-full sslrootcert=" +
               with_tls().keys.path(authority);
    }
    /// What a read says: not_installed where the connection came about.
    static error answer(const std::string& conninfo) {
        auto store = must(postgres::store::make({.conninfo = conninfo}));
        must(store->bind(users_binding()));
        return store->read_fences(soon()).error();
    }
    static void expect_refused(const error& found, const char* because) {
        EXPECT_EQ(found, errc::authentication) << found.full_message();
        EXPECT_THAT(std::string(found.detail()), HasSubstr(because));
        EXPECT_THAT(found.full_message(), Not(HasSubstr(server_name)));
    }
};

TEST_F(tls, to_a_server_that_proves_its_name_connects) {
    const auto pool = must(
        postgres::pool::make({.conninfo = conninfo(*with_tls().server, server_name), .min = 1}));
    must(pool->warm_up(soon()));
    EXPECT_EQ(must(with_tls().server->run("select bool_and(s.ssl) from pg_stat_ssl s join "
                                          "pg_stat_activity a using (pid) where "
                                          "application_name='tandem'")),
              "t\n");
}

TEST_F(tls, to_a_server_of_another_name_is_refused) {
    expect_refused(answer(conninfo(*with_tls().server, "other.tandem.test")), "another name");
}

TEST_F(tls, to_a_server_of_another_authority_is_refused) {
    expect_refused(answer(conninfo(*with_tls().server, server_name, "wrong.crt")), "sslrootcert");
}

TEST_F(tls, to_a_server_whose_certificate_expired_is_refused) {
    with_tls().keys.sign("right", -1);
    must(with_tls().server->restart());
    expect_refused(answer(conninfo(*with_tls().server, server_name)), "expired");
    with_tls().keys.sign("right", 2);
    must(with_tls().server->restart());
    EXPECT_EQ(answer(conninfo(*with_tls().server, server_name)), errc::not_installed);
}

TEST_F(tls, without_a_root_certificate_is_refused) {
    expect_refused(answer(conninfo(*with_tls().server, server_name, "missing.crt")),
                   "root certificate");
}

TEST_F(tls, to_a_server_without_it_is_unavailable) {
    const error found = answer(conninfo(server(), server_name));
    EXPECT_EQ(found, errc::unavailable);
    EXPECT_THAT(std::string(found.detail()), HasSubstr("does not offer"));
}

} // namespace
} // namespace tandem_test
