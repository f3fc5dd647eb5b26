// SPDX-License-Identifier: BSL-1.0
#include "tandem/core/errc.hpp"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <vector>

namespace tandem {
namespace {

std::vector<errc> codes(errc first, errc last) {
    std::vector<errc> all;
    for (int i = static_cast<int>(first); i <= static_cast<int>(last); ++i) {
        all.push_back(static_cast<errc>(i));
    }
    return all;
}

std::vector<errc> all_codes() { return codes(errc::already_exists, errc::invariant); }

constexpr std::array all_conditions{errc_condition::retryable, errc_condition::conflict,
                                    errc_condition::permanent, errc_condition::outcome_unknown,
                                    errc_condition::refused};

TEST(errc, every_code_has_a_message_of_its_own) {
    std::set<std::string> messages;
    for (const errc code : all_codes())
        messages.insert(make_error_code(code).message());
    EXPECT_EQ(messages.size(), all_codes().size());
    EXPECT_FALSE(messages.contains("unknown error"));
}

TEST(errc, a_number_that_is_no_code_has_the_message_unknown) {
    EXPECT_EQ(tandem_category().message(static_cast<int>(errc::invariant) + 1), "unknown error");
    EXPECT_EQ(tandem_category().message(0), "unknown error");
}

TEST(errc, a_number_that_is_no_code_is_never_taken_for_not_happened) {
    EXPECT_EQ(condition_of(static_cast<errc>(9999)), errc_condition::outcome_unknown);
}

TEST(errc, every_code_equals_exactly_one_condition) {
    for (const errc code : all_codes()) {
        int equal = 0;
        for (const auto condition : all_conditions)
            equal += make_error_code(code) == condition;
        EXPECT_EQ(equal, 1) << make_error_code(code).message();
    }
}

// The groups of the header, by their first and last enumerator.
TEST(errc, the_groups_of_the_header_have_their_conditions) {
    const auto expect = [](errc first, errc last, errc_condition condition) {
        for (const errc code : codes(first, last)) {
            EXPECT_EQ(condition_of(code), condition) << make_error_code(code).message();
        }
    };
    expect(errc::already_exists, errc::duplicate_key, errc_condition::conflict);
    expect(errc::empty_key, errc::store_error, errc_condition::permanent);
    expect(errc::unavailable, errc::connection_lost, errc_condition::retryable);
    expect(errc::outcome_unknown, errc::outcome_unknown, errc_condition::outcome_unknown);
    expect(errc::not_installed, errc::invariant, errc_condition::refused);
}

TEST(errc, every_condition_has_a_message_of_its_own) {
    std::set<std::string> messages;
    for (const auto condition : all_conditions) {
        messages.insert(make_error_condition(condition).message());
    }
    EXPECT_EQ(messages.size(), all_conditions.size());
    EXPECT_EQ(condition_category().message(99), "unknown condition");
}

TEST(errc, a_code_converts_to_std_error_code) {
    const std::error_code code = errc::busy;
    EXPECT_EQ(code.category(), tandem_category());
    EXPECT_EQ(code, errc::busy);
    EXPECT_NE(code, errc::timeout);
    EXPECT_STREQ(code.category().name(), "tandem");
    EXPECT_STREQ(condition_category().name(), "tandem.condition");
}

} // namespace
} // namespace tandem
