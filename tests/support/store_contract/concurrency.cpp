// SPDX-License-Identifier: BSL-1.0
//
// Several threads, each with its own store object, as several processes have. No sleeps: every test
// is right under any interleaving, and the threads only make many of them happen.
#include "support/store_contract.hpp"

#include <algorithm>
#include <atomic>
#include <thread>

namespace tandem_test {

namespace {

/// Runs f until it does not fail retryably; its last answer.
template <class F>
auto retrying(F f) {
    auto answer = f();
    for (int i = 0;
         i < 1000 && answer.has_error() && answer.error().condition() == errc_condition::retryable;
         ++i) {
        answer = f();
    }
    return answer;
}

row_key item_key(std::int64_t n) { return key_of({cell(n)}); }

write_command put_item(std::int64_t n, std::string name, std::int64_t balance) {
    write_command out{.table = items, .key = item_key(n)};
    out.image = {n, std::move(name), balance};
    return out;
}

/// Adds one to the balance of an item; false where the transaction was refused.
result<bool> increment(opened_store& s, std::int64_t n) {
    const std::vector keys{table_key{items, item_key(n)}};
    TANDEM_TRY(auto begun, s->begin(keys, isolation::read_committed, soon()));
    if (!begun.transaction) return false;
    TANDEM_TRY(auto found, begun.transaction->get(items, keys[0].key));
    const auto balance = found ? std::get<std::int64_t>(found->image[2]) : 0;
    TANDEM_TRY(begun.transaction->write(put_item(n, "counter", balance + 1)));
    TANDEM_TRY(begun.transaction->commit());
    return true;
}

/// Delivers once; each batch in one apply, as a relay does.
result<std::size_t> relay_once(opened_store& from, opened_store& to) {
    TANDEM_TRY(auto owed, from->owed(0, 50, owed_scope::due, soon()));
    std::vector<change> newest;
    std::vector<std::int64_t> ids;
    for (const auto& o : owed) {
        ids.push_back(o.id);
        const auto same = [&](const change& c) { return c.key == o.change.key; };
        // All of one read show one state of a key, so the first stands for the others.
        if (std::none_of(newest.begin(), newest.end(), same)) newest.push_back(o.change);
    }
    TANDEM_TRY(to->apply(newest, soon()));
    TANDEM_TRY(from->settle(ids, soon()));
    return ids.size();
}

} // namespace

TEST_P(contract_concurrency, increments_of_two_threads_are_all_there) {
    constexpr int each = 200;
    std::atomic<int> refused{0};
    const auto run = [&](opened_store& s) {
        for (int i = 0; i < each; ++i) {
            const auto done = retrying([&] { return increment(s, 1); });
            if (done.has_error() || !done.value()) ++refused;
        }
    };
    auto second = open(side::source);
    std::thread other_writer([&] { run(second); });
    run(source_);
    other_writer.join();
    EXPECT_EQ(refused, 0);
    const auto found = read(source_, 1);
    ASSERT_TRUE(found);
    EXPECT_EQ(std::get<std::int64_t>(found->image[2]), 2 * each);
    EXPECT_EQ(found->version.value, first_version({}, {}, 1).value + 2 * each - 1);
}

TEST_P(contract_concurrency, inserts_and_erases_of_one_key_never_lower_its_version) {
    constexpr int each = 60;
    std::atomic<int> errors{0};
    std::atomic<std::int64_t> commits{0};
    const auto run = [&](opened_store& s) {
        for (int i = 0; i < each; ++i) {
            for (const auto kind : {write_kind::insert, write_kind::erase}) {
                auto command = put_item(1, "x", i);
                command.kind = kind;
                if (kind == write_kind::erase) command.image.clear();
                const auto reply = retrying([&] {
                    return s->write(command, {1, phase::old_only}, soon());
                });
                if (reply.has_error())
                    ++errors;
                else if (reply.value().status == write_status::committed)
                    ++commits;
            }
        }
    };
    auto second = open(side::source);
    std::thread other_writer([&] { run(second); });
    run(source_);
    other_writer.join();
    EXPECT_EQ(errors, 0);
    // Every commit raised the version by exactly one, whoever did it.
    const auto last =
        read(source_, 1) ? read(source_, 1)->version : tombstones(source_).at(0).version;
    EXPECT_EQ(last.value, first_version({}, {}, 1).value + commits - 1);
}

TEST_P(contract_concurrency, two_relays_beside_a_writer_leave_both_sides_equal) {
    go_dual();
    std::atomic<bool> writing{true};
    std::atomic<int> errors{0};
    const auto relay = [&] {
        auto from = open(side::source);
        auto to = open(side::target);
        while (true) {
            const bool last_round = !writing;
            const auto n = retrying([&] { return relay_once(from, to); });
            if (n.has_error()) ++errors;
            if (n.has_error() || (last_round && n.value() == 0)) return;
        }
    };
    std::thread first(relay);
    std::thread second(relay);
    for (int i = 0; i < 150; ++i) {
        const std::int64_t n = i % 3;
        auto command = put_item(n, "x", i);
        if (i % 5 == 4) {
            command.kind = write_kind::erase;
            command.image.clear();
        }
        const auto reply = retrying([&] {
            return source_->write(command, {2, phase::dual_old_primary}, soon());
        });
        if (reply.has_error() || reply.value().status == write_status::fenced) ++errors;
    }
    writing = false;
    first.join();
    second.join();
    EXPECT_EQ(errors, 0);
    EXPECT_TRUE(owed(source_).empty());
    expect_same_rows(items);
}

TEST_P(contract_concurrency, changes_applied_in_any_order_end_with_the_newest) {
    go_dual();
    std::atomic<int> errors{0};
    const auto run = [&](int start, int stride) {
        auto to = open(side::target);
        for (int i = 0; i < 60; ++i) {
            const int v = 1 + (start + i * stride) % 60; // each version once, in another order
            const auto name = v % 3 == 0 ? std::nullopt : std::optional("v" + std::to_string(v));
            const auto c = change_to(1, name, v, 2);
            if (retrying([&] { return to->apply({&c, 1}, soon()); }).has_error()) ++errors;
        }
    };
    std::thread backwards([&] { run(59, 59); });
    run(7, 17);
    backwards.join();
    EXPECT_EQ(errors, 0);
    EXPECT_EQ(name_at(target_, 1), "-"); // 60 is a delete
    EXPECT_EQ(tombstones(target_).at(0).version, version{60});
}

TEST_P(contract_concurrency, no_write_commits_behind_a_switch) {
    go_synced();
    std::atomic<bool> switching{true};
    std::atomic<int> errors{0};
    std::int64_t written = 0;
    std::thread writer([&] {
        auto s = open(side::source);
        while (switching) {
            const auto done = retrying([&] { return increment(s, 1); });
            if (done.has_error())
                ++errors;
            else if (done.value())
                ++written;
        }
    });
    auto e = fence_at(source_).epoch;
    for (int i = 0; i < 10; ++i) {
        const auto begun = retrying([&] {
            return source_->step({.kind = step_kind::begin_handover, .expected = e}, soon());
        });
        if (begun.has_error() || !begun.value()) ++errors;
        // Drained: nothing moves any more until the abort.
        const auto before = read(source_, 1);
        deliver(source_, target_);
        EXPECT_TRUE(owed(source_).empty());
        const auto after = read(source_, 1);
        EXPECT_EQ(before ? before->version : version{}, after ? after->version : version{});
        const auto at_target = read(target_, 1);
        EXPECT_EQ(after ? after->version : version{}, at_target ? at_target->version : version{});
        ASSERT_TRUE(step(source_, step_kind::abort, e + 1));
        e += 2;
    }
    switching = false;
    writer.join();
    EXPECT_EQ(errors, 0);
    const auto last = read(source_, 1);
    EXPECT_EQ(last ? std::get<std::int64_t>(last->image[2]) : 0, written);
}

} // namespace tandem_test
