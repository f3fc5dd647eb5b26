// SPDX-License-Identifier: BSL-1.0
//
// Reads by key, in groups, by range, and the pages of tombstones.
#include "support/store_contract.hpp"

#include <algorithm>

namespace tandem_test {

namespace {

write_command pair_of(std::string grp, std::int64_t num) {
    write_command out{.table = pairs, .key = key_of({grp, num})};
    out.image = {grp, num, "n"};
    return out;
}

/// "a1 a2 b1": what a scan of `pairs` found.
std::string found(const scan_reply& reply) {
    std::string out;
    for (const auto& r : reply.rows) {
        if (!out.empty()) out += ' ';
        out +=
            std::get<std::string>(r.image[0]) + std::to_string(std::get<std::int64_t>(r.image[1]));
    }
    return out;
}

std::string ids(const scan_reply& reply) {
    std::string out;
    for (const auto& r : reply.rows) {
        if (!out.empty()) out += ' ';
        out += std::to_string(std::get<std::int64_t>(r.image[0]));
    }
    return out;
}

key_range range(std::optional<std::int64_t> from, std::optional<std::int64_t> to,
                std::optional<std::int64_t> after = {}) {
    key_range out;
    if (from) out.from = key{*from};
    if (to) out.to = key{*to};
    if (after) out.after = key{*after};
    return out;
}

} // namespace

TEST_P(contract_read, of_a_key_carries_the_fence_of_its_bucket) {
    committed(source_, put(7, "a"));
    const auto reply = must(source_->read(side::source, items, id(7), soon()));
    EXPECT_TRUE(reply.found);
    EXPECT_EQ(reply.fence.bucket, bucket_of(id(7).encoded, GetParam().buckets));
    EXPECT_EQ(reply.fence.role, role::primary);
    EXPECT_EQ(reply.fence.epoch, 1);
}

TEST_P(contract_read, of_an_absent_key_carries_the_fence_alone) {
    const auto reply = must(target_->read(side::target, items, id(7), soon()));
    EXPECT_FALSE(reply.found);
    EXPECT_EQ(reply.fence.role, role::secondary);
}

TEST_P(contract_read, of_many_keys_answers_each_in_its_place) {
    for (const int n : {1, 3, 4})
        committed(source_, put(n, "n" + std::to_string(n)));
    const std::vector keys{id(4), id(2), id(1), id(3), id(9)};
    const auto reply = must(source_->read_many(side::source, items, keys, soon()));
    EXPECT_EQ(static_cast<int>(reply.fences.size()), GetParam().buckets);
    ASSERT_EQ(reply.rows.size(), 5u);
    for (std::size_t i = 0; i < keys.size(); ++i) {
        const auto n = std::get<std::int64_t>(keys[i].parts[0]);
        EXPECT_EQ(reply.rows[i].has_value(), n != 2 && n != 9) << n;
        if (reply.rows[i]) {
            EXPECT_EQ(reply.rows[i]->image[0], cell(n));
        }
    }
}

TEST_P(contract_read, of_many_composite_keys_finds_each) {
    for (const auto& p : {pair_of("a", 1), pair_of("a", 2), pair_of("b", 1)})
        committed(source_, p);
    const std::vector keys{key_of({"b", std::int64_t{1}}), key_of({"b", std::int64_t{2}}),
                           key_of({"a", std::int64_t{2}})};
    const auto rows = must(source_->read_many(side::source, pairs, keys, soon())).rows;
    ASSERT_EQ(rows.size(), 3u);
    EXPECT_TRUE(rows[0] && rows[0]->image[0] == cell("b"));
    EXPECT_FALSE(rows[1]);
    EXPECT_TRUE(rows[2] && rows[2]->image[1] == cell(std::int64_t{2}));
}

TEST_P(contract_read, of_no_keys_answers_nothing) {
    EXPECT_TRUE(must(source_->read_many(side::source, items, {}, soon())).rows.empty());
}

TEST_P(contract_read, scan_of_an_empty_table_finds_nothing) {
    const auto reply = must(source_->scan(side::source, items, {}, 10, soon()));
    EXPECT_TRUE(reply.rows.empty());
    EXPECT_EQ(static_cast<int>(reply.fences.size()), GetParam().buckets);
}

TEST_P(contract_read, scan_orders_numbers_as_numbers) {
    for (const int n : {10, -5, 9, 100, 0, -50})
        committed(source_, put(n, "x"));
    const auto reply = must(source_->scan(side::source, items, {}, 100, soon()));
    EXPECT_EQ(ids(reply), "-50 -5 0 9 10 100");
    EXPECT_GT(reply.rows[0].version, version{});
}

TEST_P(contract_read, scan_bounds_are_from_inclusive_to_exclusive) {
    for (int n = 1; n <= 6; ++n)
        committed(source_, put(n, "x"));
    const auto scan = [&](const key_range& r, std::size_t limit = 100) {
        return ids(must(source_->scan(side::source, items, r, limit, soon())));
    };
    EXPECT_EQ(scan(range(2, 5)), "2 3 4");
    EXPECT_EQ(scan(range({}, 3)), "1 2");
    EXPECT_EQ(scan(range(5, {})), "5 6");
    EXPECT_EQ(scan(range(5, 5)), "");
    EXPECT_EQ(scan(range(2, 6), 2), "2 3");
}

TEST_P(contract_read, scan_resumes_behind_the_last_key) {
    for (int n = 1; n <= 6; ++n)
        committed(source_, put(n, "x"));
    const auto scan = [&](const key_range& r, std::size_t limit = 100) {
        return ids(must(source_->scan(side::source, items, r, limit, soon())));
    };
    EXPECT_EQ(scan(range({}, {}, 4)), "5 6");
    EXPECT_EQ(scan(range(1, 6, 3)), "4 5");
    EXPECT_EQ(scan(range(5, {}, 2)), "3 4 5 6"); // `after` wins over `from`
    EXPECT_EQ(scan(range({}, {}, 2), 2), "3 4");
    EXPECT_EQ(scan(range({}, {}, 6)), "");
}

TEST_P(contract_read, scan_pages_of_a_composite_key_cover_every_row_once) {
    for (const char* grp : {"b", "a", "c"}) {
        for (const int n : {3, 1, 20})
            committed(source_, pair_of(grp, n));
    }
    std::string all;
    key_range r;
    while (true) {
        const auto page = must(source_->scan(side::source, pairs, r, 2, soon()));
        if (page.rows.empty()) break;
        all += found(page) + "|";
        r.after = source_.bound().tables[pairs].key_of(page.rows.back().image);
    }
    EXPECT_EQ(all, "a1 a3|a20 b1|b3 b20|c1 c3|c20|");
}

TEST_P(contract_read, scan_bounds_of_a_composite_key_compare_column_by_column) {
    for (const char* grp : {"a", "b", "c"}) {
        for (const int n : {1, 2})
            committed(source_, pair_of(grp, n));
    }
    key_range r;
    r.from = key{"a", std::int64_t{2}};
    r.to = key{"c", std::int64_t{2}};
    EXPECT_EQ(found(must(source_->scan(side::source, pairs, r, 100, soon()))), "a2 b1 b2 c1");
}

TEST_P(contract_read, scan_leaves_erased_rows_out) {
    for (int n = 1; n <= 3; ++n)
        committed(source_, put(n, "x"));
    committed(source_, drop(2));
    EXPECT_EQ(ids(must(source_->scan(side::source, items, {}, 100, soon()))), "1 3");
}

TEST_P(contract_read, scan_finds_rows_from_before_tandem) {
    must(source_.bulk_load(items, std::vector<tandem::row>{item(2, "b"), item(1, null{})}, soon()));
    const auto reply = must(source_->scan(side::source, items, {}, 100, soon()));
    EXPECT_EQ(ids(reply), "1 2");
    EXPECT_EQ(reply.rows[0].version, version{0});
    EXPECT_TRUE(is_null(reply.rows[0].image[1]));
}

TEST_P(contract_read, tombstones_come_in_pages_in_the_byte_order_of_their_keys) {
    std::vector<std::string> keys;
    for (int n = 1; n <= 12; ++n) {
        committed(source_, put(n, "x"));
        committed(source_, drop(n));
        keys.push_back(id(n).encoded);
    }
    std::sort(keys.begin(), keys.end());
    std::vector<std::string> seen;
    std::string after;
    while (true) {
        const auto page = must(source_->tombstones(items, after, 5, soon()));
        EXPECT_EQ(static_cast<int>(page.fences.size()), GetParam().buckets);
        for (const auto& t : page.tombstones) {
            EXPECT_EQ(t.epoch, 0);
            seen.push_back(t.key);
        }
        if (page.tombstones.size() < 5) break;
        after = seen.back();
    }
    EXPECT_EQ(seen, keys);
}

TEST_P(contract_read, tombstones_are_those_of_one_table) {
    committed(source_, pair_of("g", 1));
    auto erase = pair_of("g", 1);
    erase.kind = write_kind::erase;
    committed(source_, erase);
    EXPECT_TRUE(tombstones(source_, items).empty());
    ASSERT_EQ(tombstones(source_, pairs).size(), 1u);
    EXPECT_EQ(tombstones(source_, pairs)[0].table, pairs);
}

TEST_P(contract_read, after_its_deadline_is_a_timeout) {
    const auto answer = source_->read(side::source, items, id(1), {monotonic_time::min()});
    ASSERT_TRUE(answer.has_error());
    EXPECT_EQ(answer.error().value(), errc::timeout);
}

} // namespace tandem_test
