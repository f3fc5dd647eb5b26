// SPDX-License-Identifier: BSL-1.0
#include "postgres/sqlstate.hpp"

#include <gmock/gmock.h>

namespace tandem::postgres::detail {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(sqlstate, maps_to_one_code) {
    const std::pair<const char*, errc> wanted[] = {
        {"23505", errc::constraint},
        {"23503", errc::constraint},
        {"40001", errc::serialization},
        {"40P01", errc::serialization},
        {"55P03", errc::busy},
        {"57014", errc::timeout},
        {"28P01", errc::authentication},
        {"28000", errc::authentication},
        {"53300", errc::resources},
        {"53100", errc::resources},
        {"25006", errc::read_only},
        {"42501", errc::permission_denied},
        {"40003", errc::outcome_unknown},
        {"08007", errc::outcome_unknown},
        {"08006", errc::connection_lost},
        {"57P01", errc::connection_lost},
        {"22003", errc::out_of_range},
        {"42703", errc::schema_mismatch},
        {"57P03", errc::unavailable},
        {"58030", errc::unavailable},
        {"XX000", errc::store_error},
        {"XX001", errc::corrupt_data},
    };
    for (const auto& [state, code] : wanted)
        EXPECT_EQ(errc_of(state, false), code) << state;
}

TEST(sqlstate, of_an_ended_session_is_unknown_while_committing) {
    EXPECT_EQ(errc_of("57P01", true), errc::outcome_unknown);
    EXPECT_EQ(errc_of("57P02", true), errc::outcome_unknown);
    EXPECT_EQ(errc_of("40001", true), errc::serialization);
}

TEST(error_of, keeps_the_servers_words_apart) {
    server_report report{"23505", "Key (email)=(a@b.c) already exists.", "users_email_key", "users",
                         "app"};
    const error found = error_of(report, false);
    EXPECT_THAT(std::string(found.detail()), HasSubstr("users_email_key"));
    EXPECT_THAT(std::string(found.detail()), Not(HasSubstr("a@b.c")));
    EXPECT_THAT(std::string(found.server_text()), HasSubstr("a@b.c"));
}

TEST(error_of, prints_the_grant_that_is_missing) {
    server_report report{"42501", "permission denied for table users", "", "", "app"};
    EXPECT_THAT(std::string(error_of(report, false).detail()),
                HasSubstr("GRANT SELECT, INSERT, UPDATE, DELETE ON users TO app"));
    report.message = "permission denied for schema things";
    EXPECT_THAT(std::string(error_of(report, false).detail()),
                HasSubstr("GRANT USAGE, CREATE ON SCHEMA things TO app"));
}

TEST(is_stale, knows_statements_outdated_by_the_schema) {
    EXPECT_TRUE(is_stale("0A000", "cached plan must not change result type"));
    EXPECT_TRUE(is_stale("26000", "prepared statement does not exist"));
    EXPECT_TRUE(is_stale("42703", "column does not exist"));
    EXPECT_FALSE(is_stale("23505", "duplicate key"));
    EXPECT_FALSE(is_stale("40001", "could not serialize"));
}

TEST(sqlstate_in, finds_the_state_of_a_refused_connection) {
    EXPECT_EQ(sqlstate_in("connection to server at \"127.0.0.1\", port 5432 failed: FATAL:  28P01: "
                          "password authentication failed for user \"x\"\n"),
              "28P01");
    EXPECT_EQ(sqlstate_in("connection refused"), "");
    EXPECT_EQ(sqlstate_in("FATAL:  no state here"), "");
}

} // namespace
} // namespace tandem::postgres::detail
