// SPDX-License-Identifier: BSL-1.0
#include "demo/options.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace {

using demo::store_kind;

demo::outcome<demo::options> parse(const std::vector<const char*>& arguments) {
    return demo::parse_options(arguments);
}

/// The message; every one of these ends the program with status 2.
std::string message(const std::vector<const char*>& arguments) {
    const auto parsed = parse(arguments);
    if (parsed) return "no error";
    EXPECT_EQ(static_cast<int>(parsed.error().status()), 2);
    return parsed.error().message();
}

TEST(options, nothing_given_means_the_catalogue_between_sqlite_files) {
    const auto o = parse({});
    ASSERT_TRUE(o);
    EXPECT_TRUE(o.value().csv.empty());
    EXPECT_EQ(o.value().source, store_kind::sqlite);
    EXPECT_EQ(o.value().writers, 4);
}

TEST(options, postgres_sets_both_sides) {
    const auto o = parse({"--postgres"});
    ASSERT_TRUE(o);
    EXPECT_EQ(o.value().source, store_kind::postgres);
    EXPECT_EQ(o.value().target, store_kind::postgres);
}

TEST(options, values_stand_behind_the_flag_or_an_equals_sign) {
    const auto o = parse({"--writers", "7", "--target=postgres"});
    ASSERT_TRUE(o);
    EXPECT_EQ(o.value().writers, 7);
    EXPECT_EQ(o.value().target, store_kind::postgres);
    EXPECT_EQ(o.value().source, store_kind::sqlite);
}

TEST(options, quick_is_short_and_small_unless_rows_are_given) {
    EXPECT_EQ(parse({"--quick"}).value().rows, 3'000U);
    EXPECT_EQ(parse({"--quick", "--rows", "10"}).value().rows, 10U);
    EXPECT_EQ(parse({"--rows", "10", "--quick"}).value().rows, 10U);
}

TEST(options, unknown_flag_names_the_nearest) {
    EXPECT_EQ(
        message({"--writer", "3"}),
        "error[T-9001]: there is no argument '--writer' (did you mean '--writers'?); argument "
        "1; see --help");
}

TEST(options, stray_word_is_refused) {
    EXPECT_EQ(message({"--quick", "now"}),
              "error[T-9001]: there is no argument 'now'; argument 2; see --help");
}

TEST(options, number_out_of_range_names_the_range) {
    EXPECT_EQ(message({"--writers", "65"}), "error[T-9002]: '65' is no number it takes; flag "
                                            "--writers; give a whole number from 1 to 64");
    EXPECT_EQ(message({"--writers", "0"}), "error[T-9002]: '0' is no number it takes; flag "
                                           "--writers; give a whole number from 1 to 64");
}

TEST(options, number_with_a_unit_is_refused) {
    EXPECT_EQ(
        message({"--seconds", "30s"}),
        "error[T-9002]: '30s' is no number it takes; flag --seconds; give a whole number from "
        "4 to 86400");
}

TEST(options, unknown_store_names_the_nearest) {
    EXPECT_EQ(
        message({"--source", "postgre"}),
        "error[T-9002]: there is no store 'postgre' (did you mean 'postgres'?); flag --source; "
        "give sqlite or postgres");
}

TEST(options, missing_and_empty_values_are_refused) {
    EXPECT_EQ(message({"--rows"}),
              "error[T-9002]: the value is missing; flag --rows; give it behind the flag");
    EXPECT_EQ(message({"--csv="}), "error[T-9002]: the value is empty; flag --csv; give one");
}

TEST(options, value_for_a_flag_without_one_is_refused) {
    EXPECT_EQ(message({"--quick=yes"}),
              "error[T-9002]: it takes no value; flag --quick; leave out '=yes'");
}

TEST(options, flag_given_twice_is_refused) {
    EXPECT_EQ(message({"--rows", "1", "--rows", "2"}),
              "error[T-9003]: given twice; flag --rows; give it once");
}

TEST(options, both_sides_and_one_side_contradict_each_other) {
    EXPECT_EQ(message({"--postgres", "--target", "sqlite"}),
              "error[T-9003]: two flags contradict each other; --postgres and --target; --postgres "
              "sets both sides: give one of them");
}

TEST(options, two_lengths_contradict_each_other) {
    EXPECT_EQ(message({"--quick", "--seconds", "5"}),
              "error[T-9003]: two flags contradict each other; --quick and --seconds; both set the "
              "length: give one of them");
}

TEST(options, csv_needs_a_key_and_a_key_needs_a_csv) {
    EXPECT_EQ(
        message({"--csv", "a.csv"}),
        "error[T-9003]: a CSV file does not say what its key is; flag --csv; add --key COLUMN "
        "with the name of a column whose values are unique");
    EXPECT_EQ(
        message({"--key", "id"}),
        "error[T-9003]: the package catalogue has its own key; flag --key; give it with --csv "
        "FILE, or leave it out");
}

TEST(options, folder_without_a_file_to_keep_is_refused) {
    EXPECT_EQ(
        message({"--postgres", "--dir", "x"}),
        "error[T-9003]: no side is a SQLite file; flag --dir; leave it out: private PostgreSQL "
        "servers keep nothing");
}

TEST(options, help_wins_over_conflicts) {
    const auto o = parse({"--key", "id", "--help"});
    ASSERT_TRUE(o);
    EXPECT_TRUE(o.value().is_help);
}

TEST(options, help_names_every_flag) {
    for (const char* flag :
         {"--csv", "--key", "--rows", "--dir", "--postgres", "--source", "--target", "--writers",
          "--readers", "--seconds", "--quick", "--seed"}) {
        EXPECT_NE(demo::usage().find(flag), std::string_view::npos) << flag;
    }
}

} // namespace
