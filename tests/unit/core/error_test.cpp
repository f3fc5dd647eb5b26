// SPDX-License-Identifier: BSL-1.0
#include "tandem/core/error.hpp"

#include "tandem/core/result.hpp"

#include <gtest/gtest.h>

namespace tandem {
namespace {

TEST(error, message_without_detail_is_the_code) {
    EXPECT_EQ(error(errc::not_found).message(), "error[T-0002]: there is no row with this key");
}

TEST(error, message_pads_the_number_to_four_digits) {
    EXPECT_TRUE(error(errc::out_of_range).message().starts_with("error[T-0010]: "));
}

TEST(error, message_appends_the_detail_and_not_the_server_text) {
    const error e(errc::constraint, "table 'users'", "duplicate key (email)=(a@b)");
    EXPECT_EQ(e.message(),
              "error[T-0003]: a constraint of the store refused the row; table 'users'");
}

TEST(error, full_message_appends_the_server_text) {
    const error e(errc::constraint, "table 'users'", "key (a)=(1)");
    EXPECT_EQ(e.full_message(), e.message() + ": key (a)=(1)");
    EXPECT_EQ(error(errc::busy).full_message(), error(errc::busy).message());
}

TEST(error, a_copy_has_the_same_texts) {
    const error e(errc::busy, "detail", "server");
    const error copy = e;
    EXPECT_EQ(copy.detail(), "detail");
    EXPECT_EQ(copy.server_text(), "server");
    EXPECT_EQ(copy, errc::busy);
    EXPECT_EQ(copy, errc_condition::retryable);
}

result<int> half(int value) {
    if (value % 2 != 0) return errc::out_of_range;
    return value / 2;
}

result<int> quarter(int value) {
    TANDEM_TRY(const int h, half(value));
    return half(h);
}

TEST(result, try_gives_back_the_error) {
    EXPECT_EQ(quarter(12).value(), 3);
    EXPECT_EQ(quarter(6).error(), errc::out_of_range);
}

TEST(result, value_on_an_error_throws_its_code_and_detail_without_server_text) {
    const result<int> failed = error(errc::busy, "the detail", "secret");
    try {
        (void)failed.value();
        FAIL() << "nothing thrown";
    } catch (const std::system_error& e) {
        EXPECT_EQ(e.code(), errc::busy);
        EXPECT_NE(std::string_view(e.what()).find("the detail"), std::string_view::npos);
        EXPECT_EQ(std::string_view(e.what()).find("secret"), std::string_view::npos);
    }
}

} // namespace
} // namespace tandem
