// SPDX-License-Identifier: BSL-1.0
#include "demo/text.hpp"

#include "demo/nearest.hpp"
#include "demo/problem.hpp"
#include "demo/record.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace {

using namespace std::chrono_literals;

TEST(text, numbers_are_grouped) {
    EXPECT_EQ(demo::grouped(0), "0");
    EXPECT_EQ(demo::grouped(999), "999");
    EXPECT_EQ(demo::grouped(1'234'567), "1,234,567");
    EXPECT_EQ(demo::grouped(-1'000), "-1,000");
}

TEST(text, durations_have_a_fitting_unit) {
    EXPECT_EQ(demo::duration_text(400us), "0.4 ms");
    EXPECT_EQ(demo::duration_text(12ms), "12 ms");
    EXPECT_EQ(demo::duration_text(3200ms), "3.2 s");
}

TEST(text, counts_have_a_plural) {
    EXPECT_EQ(demo::counted(1, "row"), "1 row");
    EXPECT_EQ(demo::counted(0, "row"), "0 rows");
}

TEST(nearest, word_far_from_all_has_no_nearest) {
    const std::vector<std::string> words{"--rows", "--readers"};
    EXPECT_EQ(demo::nearest("--row", words), "--rows");
    EXPECT_EQ(demo::nearest("everything", words), "");
}

TEST(fingerprint, every_column_counts_and_the_version_does_not) {
    demo::item one;
    one.id = "a";
    const auto plain = demo::fingerprint(one);
    auto other = one;
    other.row_version.value = 7;
    EXPECT_EQ(demo::fingerprint(other), plain);
    other.homepage = "";
    EXPECT_NE(demo::fingerprint(other), plain) << "NULL is not the empty text";
    other = one;
    other.name = "x";
    EXPECT_NE(demo::fingerprint(other), plain);
    other = one;
    other.stamp = 1;
    EXPECT_NE(demo::fingerprint(other), plain);
}

TEST(problem, status_follows_the_error) {
    const auto status = [](tandem::errc code) {
        return static_cast<int>(demo::problem(code, "testing").status());
    };
    EXPECT_EQ(status(tandem::errc::unavailable), 4);
    EXPECT_EQ(status(tandem::errc::schema_mismatch), 5);
    EXPECT_EQ(status(tandem::errc::changes_owed), 6);
    EXPECT_EQ(status(tandem::errc::cancelled), 7);
    EXPECT_EQ(status(tandem::errc::invariant), 70);
}

} // namespace
