// SPDX-License-Identifier: BSL-1.0
#include "demo/dataset.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <limits>

namespace {

constexpr std::size_t all = std::numeric_limits<std::size_t>::max();

demo::outcome<demo::dataset> parse(std::string_view text, const std::string& key = "id") {
    return demo::parse_csv(text, "in.csv", key, all);
}

std::string message(std::string_view text, const std::string& key = "id") {
    const auto data = parse(text, key);
    return data ? "no error" : data.error().message();
}

std::string fields(std::string_view text, std::size_t row = 0) {
    const auto data = parse(text);
    return data && row < data.value().items.size() ? data.value().items[row].fields.text : "";
}

TEST(csv, rows_become_items_with_all_fields_as_json) {
    const auto data = parse("id,name\n1,Ada\n2,Grace\n");
    ASSERT_TRUE(data);
    ASSERT_EQ(data.value().items.size(), 2U);
    EXPECT_EQ(data.value().items[1].id, "2");
    EXPECT_EQ(data.value().items[1].fields.text, R"({"id":"2","name":"Grace"})");
}

TEST(csv, key_may_be_any_column) {
    const auto data = parse("name,code\nAda,x\n", "code");
    ASSERT_TRUE(data);
    EXPECT_EQ(data.value().items[0].id, "x");
}

TEST(csv, quoted_field_keeps_commas_quotes_and_line_ends) {
    EXPECT_EQ(fields("id,t\n1,\"a,\"\"b\"\"\nc\"\n"), R"({"id":"1","t":"a,\"b\"\nc"})");
}

TEST(csv, carriage_returns_and_byte_order_mark_are_no_content) {
    EXPECT_EQ(fields("\xEF\xBB\xBFid,t\r\n1,x\r\n"), R"({"id":"1","t":"x"})");
}

TEST(csv, last_line_needs_no_end) { EXPECT_EQ(fields("id,t\n1,x"), R"({"id":"1","t":"x"})"); }

TEST(csv, empty_fields_are_kept) { EXPECT_EQ(fields("id,t\n1,\n"), R"({"id":"1","t":""})"); }

TEST(csv, empty_lines_are_no_rows) {
    const auto data = parse("\nid,t\n\n1,x\n\n");
    ASSERT_TRUE(data);
    EXPECT_EQ(data.value().items.size(), 1U);
}

TEST(csv, quoted_text_that_is_empty_is_a_row) { EXPECT_EQ(fields("id\n\"0\"\n"), R"({"id":"0"})"); }

TEST(csv, rows_end_at_the_limit) {
    const auto data = demo::parse_csv("id\n1\n2\n3\n", "in.csv", "id", 2);
    ASSERT_TRUE(data);
    EXPECT_EQ(data.value().items.size(), 2U);
}

TEST(csv, control_characters_are_escaped) {
    EXPECT_EQ(fields("id,t\n1,a\tb\n"), R"({"id":"1","t":"a\u0009b"})");
}

TEST(csv, row_with_too_few_fields_is_refused_with_its_place) {
    EXPECT_EQ(message("id,t\n1,x\n2\n"),
              "error[T-9005]: a row of 1 fields where the header has 2; in.csv:3:1; give every row "
              "as many fields; a comma inside a field needs quotes");
}

TEST(csv, duplicate_key_is_refused_with_both_lines) {
    EXPECT_EQ(
        message("id,t\n1,x\n2,y\n1,z\n"),
        "error[T-9006]: the key '1' stands in line 2 and in line 4; in.csv:4:1; remove one of "
        "the rows, or choose another column as --key");
}

TEST(csv, line_of_a_key_counts_lines_inside_of_fields) {
    EXPECT_EQ(
        message("id,t\n1,\"a\nb\"\n1,z\n"),
        "error[T-9006]: the key '1' stands in line 2 and in line 4; in.csv:4:1; remove one of "
        "the rows, or choose another column as --key");
}

TEST(csv, columns_are_counted_in_characters) {
    EXPECT_NE(message("id,t\n\xC3\xA4\xC3\xB6,x\"\n").find("in.csv:2:5;"), std::string::npos);
}

TEST(csv, quote_inside_a_plain_field_is_refused) {
    EXPECT_EQ(message("id,t\n1,a\"b\n"),
              "error[T-9005]: a quote inside a field that does not begin with one; in.csv:2:4; put "
              "the field into quotes and write the quote twice");
}

TEST(csv, text_behind_a_closing_quote_is_refused) {
    EXPECT_NE(message("id,t\n1,\"a\"b\n").find("in.csv:2:6;"), std::string::npos);
}

TEST(csv, quote_that_does_not_end_is_refused_where_it_began) {
    EXPECT_NE(message("id,t\n1,\"a\nb\n").find("does not end; in.csv:2:3;"), std::string::npos);
}

TEST(csv, lone_carriage_return_is_refused) {
    EXPECT_NE(message("id,t\n1,a\rb\n").find("in.csv:2:4;"), std::string::npos);
}

TEST(csv, text_that_is_not_utf8_is_refused) {
    EXPECT_NE(message("id,t\n1,\xFF\xFE\n").find("not UTF-8 text; in.csv:2:3;"), std::string::npos);
}

TEST(csv, nul_byte_is_refused) {
    EXPECT_NE(message(std::string_view("id,t\n1,a\0b\n", 11)).find("not UTF-8 text"),
              std::string::npos);
}

TEST(csv, empty_key_is_refused) {
    EXPECT_NE(message("id,t\n,x\n").find("an empty key; in.csv:2:1;"), std::string::npos);
}

TEST(csv, overlong_key_is_refused) {
    EXPECT_NE(message("id\n" + std::string(1001, 'k') + "\n").find("a key longer than 1000 bytes"),
              std::string::npos);
}

TEST(csv, overlong_row_is_refused) {
    EXPECT_NE(message("id,t\n1," + std::string(1'000'000, 'x') + "\n").find("a row longer than"),
              std::string::npos);
}

TEST(csv, unknown_key_column_is_refused_with_the_nearest) {
    EXPECT_EQ(message("id,name\n1,x\n", "nam"),
              "error[T-9005]: there is no column 'nam' (did you mean 'name'?); in.csv:1:1; give "
              "--key one of the names in the first line");
}

TEST(csv, other_separators_are_named) {
    EXPECT_NE(message("id;name\n1;x\n").find("fields must be separated by commas"),
              std::string::npos);
}

TEST(csv, two_columns_of_one_name_are_refused) {
    EXPECT_NE(message("id,a,a\n1,x,y\n").find("two columns are named 'a'; in.csv:1:6;"),
              std::string::npos);
}

TEST(csv, column_without_a_name_is_refused) {
    EXPECT_NE(message("id,\n1,x\n").find("a column without a name; in.csv:1:4;"),
              std::string::npos);
}

TEST(csv, empty_file_and_file_without_rows_are_refused) {
    EXPECT_EQ(message(""), "error[T-9007]: the file is empty; in.csv; its first line must name the "
                           "columns");
    EXPECT_EQ(message("id,t\n"), "error[T-9007]: the file has a header and no rows; in.csv; add "
                                 "some");
}

TEST(csv, missing_file_and_folder_are_refused_with_status_3) {
    const auto missing = demo::load_csv("no-such-file.csv", "id", all);
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().status(), demo::exit_status::configuration);
    EXPECT_NE(missing.error().message().find("No such file"), std::string::npos);
    const auto folder = demo::load_csv(std::filesystem::temp_directory_path().string(), "id", all);
    ASSERT_FALSE(folder);
    EXPECT_NE(folder.error().message().find("this is a folder"), std::string::npos);
}

} // namespace
