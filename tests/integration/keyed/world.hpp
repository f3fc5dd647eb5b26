// SPDX-License-Identifier: BSL-1.0
//
// A keyed source in memory, a target of any kind, and processes with a spool each.
#pragma once

#include "tandem/memory/keyed_store.hpp"
#include "tandem/spool/spool.hpp"
#include "tandem/keyed_migration.hpp"

#include "../pairs/world.hpp"
#include "support/hand_clock.hpp"

#include <gtest/gtest.h>

#include <filesystem>

namespace tandem_test {

using tandem::testing::keyed_store;
using tandem::testing::write_fault;

inline constexpr milliseconds late_limit{60'000};

class spool_place {
public:
    spool_place() {
        path_ = (std::filesystem::temp_directory_path() / "tandem_keyed_XXXXXX").string();
        if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("no temporary directory");
    }
    spool_place(const spool_place&) = delete;
    spool_place& operator=(const spool_place&) = delete;
    ~spool_place() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    [[nodiscard]] const std::string& path() const { return path_; }

private:
    std::string path_;
};

/// One process of the service.
struct keyed_process {
    keyed_process(keyed_store& from, opened to, const std::string& directory,
                  std::shared_ptr<any_clock> clock, bool write_without_lease)
        : source(from),
          intents(must(spool::spool::open({.directory = directory}))),
          target(std::move(to)),
          migration({.name = "m",
                     .timeout = milliseconds(20'000),
                     .late_limit = late_limit,
                     .write_without_lease = write_without_lease,
                     .clock = std::move(clock)},
                    source, intents, target),
          items(migration.add(items_old, items_new)) {
        must(migration.install());
        must(migration.start());
    }
    void relay() {
        const auto report = must(migration.relay_once());
        if (report.trouble) throw std::runtime_error(report.trouble->full_message());
    }
    [[nodiscard]] std::int64_t owed() { return must(migration.status()).owed; }

    keyed_store& source;
    spool::spool intents;
    hooked_store target;
    keyed_migration migration;
    keyed_router<item, std::int64_t> items;
};

class keyed_world {
public:
    explicit keyed_world(kind of) : target_(make_database(of)) {}

    [[nodiscard]] std::unique_ptr<keyed_process> start(const spool_place& where) {
        return std::make_unique<keyed_process>(source, target_->open(), where.path(), clock,
                                               write_without_lease);
    }
    /// All rows of both sides, by key.
    [[nodiscard]] std::map<std::int64_t, item> at_source(keyed_process& p) {
        return by_key(must(p.items.scan({}, {}, 1'000'000)));
    }
    [[nodiscard]] std::map<std::int64_t, item> at_target(keyed_process& p) {
        const auto codec = codec_for(items_old);
        std::vector<item> all;
        for (auto& r : must(p.target.scan(side::target, 0, {}, 1'000'000, soon())).rows)
            all.push_back(must(codec.from_row(r)));
        return by_key(all);
    }
    [[nodiscard]] database& target() { return *target_; }

    bool write_without_lease = true;
    keyed_store source;
    std::shared_ptr<hand_clock> clock = std::make_shared<hand_clock>();

private:
    static std::map<std::int64_t, item> by_key(const std::vector<item>& all) {
        std::map<std::int64_t, item> out;
        for (const item& i : all)
            out[i.id] = i;
        return out;
    }
    std::unique_ptr<database> target_;
};

/// A source with one row, and a process that has started.
class keyed_fixture : public ::testing::TestWithParam<kind> {
protected:
    keyed_fixture() { must(p->items.put({0, "first", 0})); }

    void go_dual() {
        must(p->migration.forward());
        must(p->migration.backfill());
    }
    void expect_same() {
        EXPECT_EQ(world.at_source(*p), world.at_target(*p));
        const auto now = must(p->migration.status());
        EXPECT_TRUE(now.synced);
        EXPECT_EQ(now.owed, 0);
    }
    void restart() {
        p.reset();
        p = world.start(place);
    }
    /// A second process, whose writes this one knows nothing of.
    keyed_process& other() {
        if (!second) second = world.start(elsewhere);
        return *second;
    }

    keyed_world world{GetParam()};
    spool_place place, elsewhere;
    std::unique_ptr<keyed_process> p = world.start(place);
    std::unique_ptr<keyed_process> second;
};

} // namespace tandem_test
