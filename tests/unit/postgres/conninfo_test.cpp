// SPDX-License-Identifier: BSL-1.0
#include "postgres/conninfo.hpp"

#include <gmock/gmock.h>

namespace tandem::postgres::detail {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* canary = "s3cr3t-canary";

TEST(conninfo, is_read_as_pairs_and_as_uri) {
    const auto pairs = parse_conninfo("host=db user=app password='" + std::string(canary) + "'");
    ASSERT_TRUE(pairs.has_value());
    EXPECT_EQ(pairs.value().find("host"), "db");
    EXPECT_EQ(pairs.value().find("password"), canary);
    const auto uri = parse_conninfo("postgresql://app:x%40y@h1,h2:5433/data");
    ASSERT_TRUE(uri.has_value());
    EXPECT_EQ(uri.value().find("password"), "x@y");
    EXPECT_EQ(uri.value().find("host"), "h1,h2");
}

TEST(conninfo, that_does_not_parse_is_never_shown) {
    for (const std::string& text : {"host=db password=two " + std::string(canary),
                                    std::string(canary) + "=1", "password='" + std::string(canary),
                                    "postgresql://app:" + std::string(canary) + "%zz@h/d"}) {
        const auto parsed = parse_conninfo(text);
        ASSERT_TRUE(parsed.has_error()) << text;
        EXPECT_EQ(parsed.error(), errc::invalid_options);
        EXPECT_THAT(parsed.error().full_message(), Not(HasSubstr(canary)));
    }
}

TEST(session_settings, fix_the_isolation_level_and_the_timeouts) {
    auto settings = parse_conninfo("options='-c geqo=off' application_name=mine").value();
    session_timeouts timeouts;
    timeouts.statement = std::chrono::milliseconds(30'000);
    add_session_settings(settings, "tandem", timeouts);
    const std::string options(settings.find("options"));
    EXPECT_THAT(options, HasSubstr("-c geqo=off"));
    EXPECT_THAT(options, HasSubstr("-c default_transaction_isolation=read\\ committed"));
    EXPECT_THAT(options, HasSubstr("-c statement_timeout=30000"));
    EXPECT_THAT(options, Not(HasSubstr("lock_timeout")));
    EXPECT_EQ(settings.find("application_name"), "mine");
    EXPECT_EQ(settings.find("client_encoding"), "UTF8");
}

TEST(masked, hides_every_occurrence) {
    EXPECT_EQ(masked("a secret, a secret", "secret"), "a ***, a ***");
    EXPECT_EQ(masked("nothing", ""), "nothing");
}

} // namespace
} // namespace tandem::postgres::detail
