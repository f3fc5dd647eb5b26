// SPDX-License-Identifier: BSL-1.0
//
// What a migration says when it cannot start: the whole text, over a private PostgreSQL server that
// asks for passwords. No text holds a password.
#include "tandem/postgres/store.hpp"

#include "integration/pairs/world.hpp"
#include "integration/postgres/fixture.hpp"
#include "refusals.hpp"

#include <gtest/gtest.h>

namespace tandem_test {

namespace {

constexpr const char* canary = "canary-8f1d";

/// A server whose role `app` has a password.
postgres_server& guarded_server() {
    static const auto started =
        postgres_server::start({.authentication = {"host all app 127.0.0.1/32 scram-sha-256"}});
    if (started.has_error()) throw std::runtime_error(started.error().full_message());
    return *started.value();
}

class refusals_of_postgres : public ::testing::Test {
protected:
    /// Once a program: two databases with the tables, and a role that may do nothing with them.
    static void SetUpTestSuite() {
        auto& s = guarded_server();
        session admin(s.conninfo());
        admin.run("CREATE ROLE app LOGIN PASSWORD 'right'");
        for (const std::string name : {"here", "there"}) {
            admin.run("CREATE DATABASE " + name);
            session plain(s.conninfo(name));
            for (const auto& text : table_texts())
                plain.run(text);
        }
    }
    static std::string as_admin(const std::string& name) { return guarded_server().conninfo(name); }
    static std::string as_app(const std::string& name, const std::string& password) {
        return guarded_server().tcp_conninfo(name, "app") + " password=" + password;
    }
    /// What install() says; server text included where asked for.
    static result<void> install(const std::string& from, const std::string& to) {
        hooked_store a(open_postgres(from)), b(open_postgres(to));
        migration m({.name = "pair"}, a, b);
        (void)m.add(items_old, items_new);
        return m.install();
    }
    static std::string refusal(const std::string& from, const std::string& to) {
        const auto refused = install(from, to);
        if (refused) return {};
        EXPECT_EQ(refused.error().full_message().find(canary), std::string::npos);
        return text_of(refused, {{std::to_string(guarded_server().port()), "PORT"},
                                 {guarded_server().socket_directory().string(), "SOCKETS"}});
    }
};

TEST_F(refusals_of_postgres, a_wrong_password_is_said_and_not_shown) {
    EXPECT_EQ(refusal(as_app("here", canary), as_admin("there")),
              "error[T-0022]: the store refused the credentials; at the source: the server refuses "
              "the user or the password (SQLSTATE 28P01): check both, and its pg_hba.conf");
}

TEST_F(refusals_of_postgres, missing_privileges_are_listed_with_their_grant) {
    EXPECT_EQ(refusal(as_app("here", "right"), as_admin("there")),
              "error[T-0015]: the live schema differs from the mapping; at the source (postgres):\n"
              "public: role app cannot make the control tables; GRANT USAGE, CREATE ON SCHEMA "
              "\"public\" TO \"app\"\n"
              "items: role app lacks privileges; GRANT SELECT, INSERT, UPDATE, DELETE ON "
              "public.items TO \"app\"");
}

TEST_F(refusals_of_postgres, control_tables_need_the_privilege_to_create_them) {
    session(as_admin("here")).run("GRANT SELECT, INSERT, UPDATE, DELETE ON items TO app");
    EXPECT_EQ(refusal(as_app("here", "right"), as_admin("there")),
              "error[T-0015]: the live schema differs from the mapping; at the source (postgres):\n"
              "public: role app cannot make the control tables; GRANT USAGE, CREATE ON SCHEMA "
              "\"public\" TO \"app\"");
    session(as_admin("here")).run("REVOKE ALL ON items FROM app");
}

TEST_F(refusals_of_postgres, a_server_that_is_down_is_named) {
    EXPECT_EQ(refusal("host=127.0.0.1 port=1 dbname=here user=app password=" + std::string(canary),
                      as_admin("there")),
              "error[T-0021]: the store cannot be reached; at the source: nothing listens at the "
              "server's address: check host and port, and that it runs");
}

TEST_F(refusals_of_postgres, a_database_that_does_not_exist_is_named) {
    EXPECT_EQ(refusal(as_admin("nowhere"), as_admin("there")),
              "error[T-0021]: the store cannot be reached; at the source: the server has no such "
              "database: check dbname");
}

TEST_F(refusals_of_postgres, both_sides_must_be_different_tables) {
    hooked_store a(open_postgres(as_admin("here"))), b(open_postgres(as_admin("here")));
    migration m({.name = "pair"}, a, b);
    (void)m.add(items_old, items_old);
    EXPECT_EQ(text_of(m.install()), "error[T-0017]: source and target are the same table; table "
                                    "items of the target is also a table of the source");
}

TEST_F(refusals_of_postgres, a_schema_that_differs_is_listed_with_statements_that_mend_it) {
    session s(as_admin("there"));
    s.run("ALTER TABLE things DROP COLUMN tandem_version, ADD COLUMN legacy int NOT NULL, "
          "ALTER COLUMN amount TYPE int, ALTER COLUMN label DROP NOT NULL");
    EXPECT_EQ(
        refusal(as_admin("here"), as_admin("there")),
        "error[T-0015]: the live schema differs from the mapping; at the target (postgres):\n"
        "things.amount: the column of type integer is narrower than the mapping's int64; map it "
        "with a type that fits, or widen the column\n"
        "things.label: the column may be NULL and the record has no std::optional for it; map it "
        "as std::optional, or ALTER TABLE public.things ALTER COLUMN \"label\" SET NOT NULL\n"
        "things.legacy: the column is neither mapped nor ignored; map it, or ignore it by name\n"
        "things.legacy: the unmapped column is NOT NULL without a default, so no row can be "
        "inserted; map it, or give it a default with ALTER TABLE public.things ALTER COLUMN "
        "\"legacy\" SET DEFAULT\n"
        "things.tandem_version: the version column is missing; ALTER TABLE public.things ADD "
        "COLUMN \"tandem_version\" bigint NOT NULL DEFAULT 0");
    s.run("DROP TABLE things");
    EXPECT_EQ(refusal(as_admin("here"), as_admin("there")),
              "error[T-0015]: the live schema differs from the mapping; at the target (postgres):\n"
              "things: the table does not exist; create it, or check the name, the search_path and "
              "the database");
    s.run(table_texts().at(1));
}

TEST_F(refusals_of_postgres, a_migration_is_installed_before_it_starts) {
    hooked_store a(open_postgres(as_admin("here"))), b(open_postgres(as_admin("there")));
    migration m({.name = "pair"}, a, b);
    (void)m.add(items_old, items_new);
    EXPECT_EQ(
        text_of(m.start()),
        "error[T-0032]: the control tables are not installed; at the source: migration \"pair\" is "
        "not installed in this database (control schema public); call install() once");
}

} // namespace

} // namespace tandem_test
