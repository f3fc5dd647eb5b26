// SPDX-License-Identifier: BSL-1.0
//
// docs/guarantees.md says what the types say, and the tests that it names exist.
#include "tandem/memory/keyed_store.hpp"
#include "tandem/memory/store.hpp"
#include "tandem/postgres/store.hpp"
#include "tandem/sqlite/store.hpp"

#include "rows.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>

namespace tandem::test {
namespace {

namespace fs = std::filesystem;

std::string read_file(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

std::string cell(extent reached, std::string_view limit) {
    switch (reached) {
    case extent::none: return limit.empty() ? "no" : "no: " + std::string(limit);
    case extent::limited: return std::string(limit);
    case extent::full: return "yes";
    }
    return "";
}

/// The cells of one guarantee, in the order of `arrangements`. The stores over PostgreSQL stand for
/// all that fence; the table of pairs says which those are.
std::array<extent, arrangements.size()> reached(guarantee which) {
    using pg = postgres::store;
    using keyed = testing::keyed_store;
    return {holds<pg, pg>(which, arrangement::async), holds<pg, pg>(which, arrangement::sync),
            holds<pg, pg>(which, arrangement::same_transaction),
            holds<keyed, pg>(which, arrangement::keyed)};
}

std::string table_of_guarantees() {
    std::string text = "| | | `async` | `sync` | `same_transaction` | keyed source |\n"
                       "|---|---|---|---|---|---|\n";
    int number = 0;
    for (const guarantee_row& row : guarantee_rows()) {
        text += "| " + std::to_string(++number) + " | " + std::string(row.sentence);
        const auto cells = reached(row.which);
        for (std::size_t i = 0; i < cells.size(); ++i)
            text += " | " + cell(cells[i], row.limits[i]);
        text += " |\n";
    }
    return text;
}

std::string table_of_tests() {
    std::string text = "| | shown by |\n|---|---|\n";
    int number = 0;
    for (const guarantee_row& row : guarantee_rows()) {
        text += "| " + std::to_string(++number) + " | ";
        for (const auto name : row.shown_by) {
            text += (name == row.shown_by.front() ? "`" : ", `") + std::string(name) + "`";
        }
        text += " |\n";
    }
    return text;
}

template <class Source, class Target>
std::string line_of_pair(std::string_view source, std::string_view target) {
    std::string line = "| " + std::string(source) + " | " + std::string(target);
    for (const arrangement how : arrangements) {
        line += is_offered<Source, Target>(how) ? " | yes" : " | no";
    }
    return line + " |\n";
}

template <class Source>
std::string lines_from(std::string_view source) {
    return line_of_pair<Source, memory::store>(source, "memory") +
           line_of_pair<Source, sqlite::store>(source, "sqlite") +
           line_of_pair<Source, postgres::store>(source, "postgres");
}

std::string table_of_pairs() {
    return "| source | target | `async` | `sync` | `same_transaction` | keyed source |\n"
           "|---|---|---|---|---|---|\n" +
           lines_from<memory::store>("memory") + lines_from<sqlite::store>("sqlite") +
           lines_from<postgres::store>("postgres") +
           lines_from<testing::keyed_store>("any that models `keyed`");
}

/// All `suite.name` below tests/.
std::set<std::string> names_of_tests(const fs::path& tests) {
    static const std::regex macro(R"(TEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\))");
    std::set<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(tests)) {
        if (entry.path().extension() != ".cpp") continue;
        const std::string text = read_file(entry.path());
        for (std::sregex_iterator at(text.begin(), text.end(), macro), end; at != end; ++at) {
            names.insert((*at)[1].str() + "." + (*at)[2].str());
        }
    }
    return names;
}

class guarantees_page : public ::testing::Test {
protected:
    const fs::path root{TANDEM_TEST_PROJECT};
    const std::string page = read_file(root / "docs/guarantees.md");
};

TEST_F(guarantees_page, says_what_the_types_say) {
    for (const std::string& table : {table_of_guarantees(), table_of_tests(), table_of_pairs()}) {
        EXPECT_TRUE(page.find(table) != std::string::npos)
            << "docs/guarantees.md lacks this table; put it there:\n\n"
            << table;
    }
}

TEST_F(guarantees_page, names_tests_that_exist) {
    const auto known = names_of_tests(root / "tests");
    static const std::regex quoted(R"(`([a-z_0-9]+\.[a-z_0-9]+)`)");
    std::size_t named = 0;
    for (std::sregex_iterator at(page.begin(), page.end(), quoted), end; at != end; ++at, ++named) {
        EXPECT_TRUE(known.contains((*at)[1].str())) << "there is no test " << (*at)[1].str();
    }
    EXPECT_GE(named, guarantee_rows().size());
}

TEST(guarantee_rows, say_what_limits_those_that_are_limited) {
    for (const guarantee_row& row : guarantee_rows()) {
        const auto cells = reached(row.which);
        for (std::size_t i = 0; i < cells.size(); ++i) {
            if (cells[i] == extent::none) continue; // there it may say why
            EXPECT_EQ(cells[i] == extent::limited, !row.limits[i].empty()) << row.sentence << i;
        }
        EXPECT_FALSE(row.shown_by.empty()) << row.sentence;
    }
}

} // namespace
} // namespace tandem::test
