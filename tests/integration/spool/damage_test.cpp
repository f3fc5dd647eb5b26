// SPDX-License-Identifier: BSL-1.0
//
// Damaged files: good records are kept, the damaged files are set aside, and nothing that was
// acknowledged goes missing without a word.
#include "fixture.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace tandem_test {
namespace {

using testing::HasSubstr;

using contents = std::map<std::string, std::string>;

/// A spool that was closed: no log beside it.
contents closed_spool(const spool_directory& where, std::multiset<std::string>& keys) {
    {
        auto s = where.open();
        keys = fill(s, 6);
        const std::int64_t settled[] = {2};
        value_of(s.settle(settled, in_time()));
        keys.erase("key-1");
    }
    return where.read_files();
}

/// A spool whose process died: everything stands in the log.
contents crashed_spool(const spool_directory& where, std::multiset<std::string>& keys) {
    auto s = where.open();
    keys = fill(s, 6);
    return where.read_files();
}

/// Whatever was done to the files: what is there is right, and what is missing is said. Gives back
/// whether damage was found.
bool expect_honest(const spool_directory& where, const std::multiset<std::string>& keys,
                   const std::string& what) {
    auto opened = spool::spool::open(where.options());
    if (!opened) {
        ADD_FAILURE() << what << ": " << opened.error().full_message();
        return false;
    }
    auto& s = opened.value();
    const auto found = keys_of(s);
    const bool complete = std::includes(found.begin(), found.end(), keys.begin(), keys.end());
    EXPECT_TRUE(complete || s.damage()) << what << ": lost without a word";
    for (const auto& k : found)
        EXPECT_TRUE(k.starts_with("key-")) << what << ": a record that nobody wrote";
    if (s.damage()) {
        EXPECT_TRUE(std::filesystem::exists(where.file("damaged-1/spool.db"))) << what;
        // A flipped bit spoils one record at most.
        EXPECT_GE(found.size() + 1, keys.size()) << what;
    } else {
        EXPECT_EQ(found, keys) << what;
    }
    EXPECT_TRUE(s.add(intent("key-later"), in_time())) << what;
    return s.damage().has_value();
}

/// Near something that is not zero. Long empty stretches are tried here and there alone.
bool is_worth_a_try(const std::string& bytes, std::size_t at) {
    constexpr std::size_t near = 8;
    const auto from = at < near ? 0 : at - near;
    return at % 251 == 0 || std::any_of(bytes.begin() + static_cast<std::ptrdiff_t>(from),
                                        bytes.begin() + static_cast<std::ptrdiff_t>(
                                                            std::min(at + near, bytes.size())),
                                        [](char c) { return c != 0; });
}

/// Flips one bit in every byte of one file, in turn, and each bit of the first hundred bytes; how
/// often damage was found.
int flip_every_byte(const spool_directory& where, const contents& good, const std::string& name,
                    const std::multiset<std::string>& keys) {
    int found = 0;
    const auto& bytes = good.at(name);
    for (std::size_t at = 0; at < bytes.size() && !testing::Test::HasFailure(); ++at) {
        if (!is_worth_a_try(bytes, at)) continue;
        for (std::size_t bit = 0; bit < 8; ++bit) {
            if (at >= 100 && bit != at % 8) continue;
            auto bad = good;
            bad[name][at] = static_cast<char>(bytes[at] ^ (1 << bit));
            where.replace_files(bad);
            const auto what =
                name + ", byte " + std::to_string(at) + ", bit " + std::to_string(bit);
            found += expect_honest(where, keys, what) ? 1 : 0;
        }
    }
    return found;
}

TEST(spool_damage, a_flipped_bit_in_the_database_costs_at_most_one_record) {
    const spool_directory where(disk::in_memory);
    std::multiset<std::string> keys;
    const auto good = closed_spool(where, keys);
    ASSERT_FALSE(good.contains("spool.db-wal"));
    // The six frames alone have more than 200 bytes.
    EXPECT_GT(flip_every_byte(where, good, "spool.db", keys), 200);
}

TEST(spool_damage, a_flipped_bit_in_the_log_loses_nothing_without_a_word) {
    const spool_directory where(disk::in_memory);
    std::multiset<std::string> keys;
    const auto good = crashed_spool(where, keys);
    EXPECT_GT(flip_every_byte(where, good, "spool.db-wal", keys), 1'000);
}

TEST(spool_damage, a_flipped_bit_in_the_mark_loses_nothing) {
    const spool_directory where(disk::in_memory);
    std::multiset<std::string> keys;
    const auto good = closed_spool(where, keys);
    EXPECT_EQ(flip_every_byte(where, good, "spool.mark", keys),
              static_cast<int>(good.at("spool.mark").size() * 8));
}

TEST(spool_damage, a_log_cut_at_any_length_loses_nothing_without_a_word) {
    const spool_directory where(disk::in_memory);
    std::multiset<std::string> keys;
    const auto good = crashed_spool(where, keys);
    const auto size = good.at("spool.db-wal").size();
    for (std::size_t length = 0; length < size && !HasFailure(); ++length) {
        if (!is_worth_a_try(good.at("spool.db-wal"), length)) continue;
        auto bad = good;
        bad["spool.db-wal"].resize(length);
        where.replace_files(bad);
        auto s = where.open();
        const auto found = keys_of(s);
        ASSERT_TRUE(s.damage()) << "length " << length;
        EXPECT_TRUE(std::includes(keys.begin(), keys.end(), found.begin(), found.end()));
    }
}

TEST(spool_damage, a_database_cut_at_any_length_loses_nothing_without_a_word) {
    const spool_directory where(disk::in_memory);
    std::multiset<std::string> keys;
    const auto good = closed_spool(where, keys);
    const auto size = good.at("spool.db").size();
    for (std::size_t length = 0; length < size && !HasFailure(); ++length) {
        if (!is_worth_a_try(good.at("spool.db"), length)) continue;
        auto bad = good;
        bad["spool.db"].resize(length);
        where.replace_files(bad);
        auto s = where.open();
        const auto found = keys_of(s);
        EXPECT_TRUE(s.damage()) << "length " << length;
        EXPECT_TRUE(std::includes(keys.begin(), keys.end(), found.begin(), found.end()));
    }
}

TEST(spool_damage, a_tail_that_was_never_acknowledged_is_no_damage) {
    const spool_directory where;
    std::multiset<std::string> keys;
    auto files = crashed_spool(where, keys);
    files["spool.db-wal"] += std::string(3'000, '\x5a');
    where.replace_files(files);
    EXPECT_FALSE(expect_honest(where, keys, "torn tail"));
}

TEST(spool_damage, rubbish_in_place_of_the_database_is_set_aside_with_a_report) {
    const spool_directory where;
    std::multiset<std::string> keys;
    auto files = closed_spool(where, keys);
    const std::string rubbish(5'000, 'x');
    files["spool.db"] = rubbish;
    where.replace_files(files);
    auto s = where.open();
    ASSERT_TRUE(s.damage());
    EXPECT_THAT(*s.damage(), HasSubstr("0 good records were kept"));
    EXPECT_THAT(*s.damage(), HasSubstr(where.file("damaged-1")));
    EXPECT_EQ(read_file(where.file("damaged-1/spool.db")), rubbish);
    EXPECT_TRUE(keys_of(s).empty());
}

TEST(spool_damage, a_database_that_is_gone_is_noticed_by_its_mark) {
    const spool_directory where;
    std::multiset<std::string> keys;
    auto files = closed_spool(where, keys);
    files.erase("spool.db");
    where.replace_files(files);
    auto s = where.open();
    ASSERT_TRUE(s.damage());
    EXPECT_THAT(*s.damage(), HasSubstr("missing or empty"));
    EXPECT_GT(value_of(s.add(intent("a"), in_time())), 6); // no id is used again
}

TEST(spool_damage, the_report_stays_until_it_was_noted) {
    const spool_directory where;
    std::multiset<std::string> keys;
    auto files = closed_spool(where, keys);
    files["spool.mark"][0] = 'x';
    where.replace_files(files);
    std::string said;
    {
        const auto s = where.open();
        ASSERT_TRUE(s.damage());
        said = *s.damage();
    }
    {
        auto s = where.open();
        ASSERT_EQ(s.damage(), said);
        value_of(s.damage_noted(in_time()));
        EXPECT_FALSE(s.damage());
        EXPECT_EQ(keys_of(s), keys);
    }
    EXPECT_FALSE(where.open().damage());
}

TEST(spool_damage, the_identity_survives_where_it_can_be_read) {
    const spool_directory where;
    std::multiset<std::string> keys;
    auto files = closed_spool(where, keys);
    const auto identity = where.open().identity();
    files["spool.db"].resize(files["spool.db"].size() - 100);
    where.replace_files(files);
    const auto s = where.open();
    ASSERT_TRUE(s.damage());
    EXPECT_EQ(s.identity(), identity);
}

TEST(spool_damage, a_salvage_cut_after_its_new_file_is_complete_goes_on) {
    const spool_directory where;
    std::multiset<std::string> keys;
    auto files = crashed_spool(where, keys);
    const spool_directory other;
    std::multiset<std::string> same;
    files["spool.new"] = closed_spool(other, same).at("spool.db");
    where.replace_files(files);
    auto s = where.open();
    EXPECT_EQ(keys_of(s), same);
    EXPECT_FALSE(std::filesystem::exists(where.file("spool.new")));
}

TEST(spool_damage, a_salvage_cut_while_it_builds_begins_again) {
    const spool_directory where;
    std::multiset<std::string> keys;
    auto files = closed_spool(where, keys);
    files["spool.building"] = "half of something";
    files["spool.mark"][0] = 'x';
    where.replace_files(files);
    EXPECT_TRUE(expect_honest(where, keys, "cut"));
}

} // namespace
} // namespace tandem_test
