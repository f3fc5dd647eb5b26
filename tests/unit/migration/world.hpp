// SPDX-License-Identifier: BSL-1.0
//
// A migration of two tables between two memory databases, and short verbs over it. Every service()
// is one more process of the host: its own stores, beliefs and routers on the same databases.
#pragma once

#include "tandem/table/table.hpp"
#include "tandem/memory/fake_clock.hpp"
#include "tandem/memory/store.hpp"
#include "tandem/migration.hpp"

#include <gtest/gtest.h>

#include <map>

namespace tandem_test {

using namespace tandem;
using tandem::testing::fault_injector;
using tandem::testing::operation;

struct account {
    std::int64_t id = 0;
    std::string owner;
    std::int64_t balance = 0;
    std::optional<std::string> note;
    friend bool operator==(const account&, const account&) = default;
};

struct entry {
    std::int64_t account = 0;
    std::string label;
    std::int64_t amount = 0;
    friend bool operator==(const entry&, const entry&) = default;
};

inline constexpr auto accounts_old = tandem::table<account>("accounts")
                                         .key<&account::id>()
                                         .column<&account::owner>()
                                         .column<&account::balance>()
                                         .column<&account::note>();
inline constexpr auto accounts_new = tandem::table<account>("ledger_accounts")
                                         .key<&account::id>("account_id")
                                         .column<&account::note>("remark")
                                         .column<&account::balance>()
                                         .column<&account::owner>("holder");
inline constexpr auto entries_old = tandem::table<entry>("entries")
                                        .key<&entry::account>()
                                        .key<&entry::label>()
                                        .column<&entry::amount>();
inline constexpr auto entries_new = tandem::table<entry>("ledger_entries")
                                        .key<&entry::account>()
                                        .key<&entry::label>()
                                        .column<&entry::amount>();

using accounts_router = router<account, std::int64_t>;
using entries_router = router<entry, std::tuple<std::int64_t, std::string>>;

/// One process of the service.
struct service {
    fault_injector source_faults;
    fault_injector target_faults;
    memory::store source;
    memory::store target;
    tandem::migration migration;
    accounts_router accounts;
    entries_router entries;

    service(memory::database& old_db, memory::database& new_db, migration_options options)
        : source(old_db, {.faults = &source_faults}),
          target(new_db, {.faults = &target_faults}),
          migration(std::move(options), source, target),
          accounts(migration.add(accounts_old, accounts_new)),
          entries(migration.add(entries_old, entries_new)) {}
};

class walk : public ::testing::Test {
protected:
    std::int64_t wall_ahead = 0; ///< of the databases' wall clocks, in ms
    memory::database old_db{{.unix_now = [this] { return unix_now_ms() + wall_ahead; }}};
    memory::database new_db{{.unix_now = [this] { return unix_now_ms() + wall_ahead; }}};
    migration_options options{.name = "ledger", .timeout = milliseconds(2000)};
    std::vector<std::unique_ptr<service>> services;

    service& start_service() {
        services.push_back(std::make_unique<service>(old_db, new_db, options));
        auto& s = *services.back();
        EXPECT_TRUE(s.migration.install());
        const auto started = s.migration.start();
        EXPECT_TRUE(started) << started.error().message();
        return s;
    }

    static void expect_phase(service& s, phase wanted) {
        auto status = s.migration.status();
        ASSERT_TRUE(status);
        EXPECT_EQ(status.value().phase, wanted);
    }
    /// Into dual_old_primary with everything copied.
    static void enter_dual(service& s) {
        ASSERT_TRUE(s.migration.forward());
        ASSERT_TRUE(s.migration.backfill());
    }
    static void deliver_all(service& s) {
        while (s.migration.relay_once().value().settled > 0) {
        }
    }
    /// The accounts of a side in the shape of the source's fields, by id.
    std::map<std::int64_t, account> accounts_at(side s) const {
        std::map<std::int64_t, account> all;
        const bool old = s == side::source;
        for (const auto& r : (old ? old_db : new_db).rows(old ? "accounts" : "ledger_accounts")) {
            account a{.id = std::get<std::int64_t>(r.image[0]),
                      .owner = std::get<std::string>(r.image[1]),
                      .balance = std::get<std::int64_t>(r.image[2])};
            if (!is_null(r.image[3])) a.note = std::get<std::string>(r.image[3]);
            all.emplace(a.id, a);
        }
        return all;
    }
    void expect_equal_sides() const {
        EXPECT_EQ(accounts_at(side::source), accounts_at(side::target));
    }
};

} // namespace tandem_test
