// SPDX-License-Identifier: BSL-1.0
//
// A migration of people and their pets between two PostgreSQL databases whose tables a test shapes
// with SQL of its own before the migration begins. Every service is one more process.
#pragma once

#include "tandem/table/table.hpp"
#include "tandem/postgres/store.hpp"
#include "tandem/migration.hpp"

#include "integration/pairs/world.hpp"
#include "integration/postgres/fixture.hpp"

#include <memory>
#include <string>
#include <vector>

namespace tandem_test {

struct person {
    std::int64_t id = 0;
    std::string email;
    std::optional<std::string> nick;
    friend bool operator==(const person&, const person&) = default;
};
struct pet {
    std::int64_t id = 0;
    std::int64_t owner = 0;
    friend bool operator==(const pet&, const pet&) = default;
};

inline constexpr auto people_old = tandem::table<person>("people")
                                       .key<&person::id>()
                                       .column<&person::email>()
                                       .column<&person::nick>();
inline constexpr auto people_new = tandem::table<person>("people")
                                       .key<&person::id>()
                                       .column<&person::nick>()
                                       .column<&person::email>("mail")
                                       .ignore("own");
inline constexpr auto pets_both = tandem::table<pet>("pets").key<&pet::id>().column<&pet::owner>();

struct service {
    std::unique_ptr<postgres::store> source, target;
    tandem::migration migration;
    router<person, std::int64_t> people;
    router<pet, std::int64_t> pets;

    service(std::unique_ptr<postgres::store> from, std::unique_ptr<postgres::store> to,
            migration_options options)
        : source(std::move(from)),
          target(std::move(to)),
          migration(std::move(options), *source, *target),
          people(migration.add(people_old, people_new)),
          pets(migration.add(pets_both, pets_both)) {}
};

class people_world : public ::testing::Test {
protected:
    people_world() : source_place_(database_of('s')), target_place_(database_of('t')) {
        const std::string pets =
            "; CREATE TABLE pets(id bigint PRIMARY KEY, owner bigint NOT NULL, "
            "tandem_version bigint NOT NULL DEFAULT 0)";
        at_source.run("CREATE TABLE people(id bigint PRIMARY KEY, email text NOT NULL, nick text, "
                      "tandem_version bigint NOT NULL DEFAULT 0)" +
                      pets);
        at_target.run("CREATE TABLE people(own text DEFAULT 'none', mail text NOT NULL, nick text, "
                      "id bigint PRIMARY KEY, tandem_version bigint NOT NULL DEFAULT 0)" +
                      pets);
    }

    service& create() {
        postgres::store_options from{.control_schema = source_place_.name()};
        postgres::store_options to{.control_schema = target_place_.name()};
        services_.push_back(std::make_unique<service>(
            must(postgres::store::make({.conninfo = source_conninfo}, from)),
            must(postgres::store::make({.conninfo = target_conninfo}, to)), options));
        return *services_.back();
    }
    service& start() {
        service& s = create();
        must(s.migration.install());
        must(s.migration.start());
        return s;
    }
    /// Installed, in dual_old_primary and filled.
    service& start_dual() {
        service& s = start();
        must(s.migration.forward());
        must(s.migration.backfill());
        return s;
    }

    static void put(service& s, std::int64_t id, std::string email) {
        must(s.people.upsert({id, std::move(email), std::nullopt}));
    }
    static void drop(service& s, std::int64_t id) { must(s.people.erase(id)); }
    /// Until nothing is owed; what goes wrong on the way ends the test.
    static void deliver(service& s) {
        for (int pass = 0; pass < 1000; ++pass) {
            const auto report = must(s.migration.relay_once());
            if (report.trouble) throw std::runtime_error(report.trouble->full_message());
            if (report.failed > 0) throw std::runtime_error("a delivery failed");
            if (report.loaded == 0) return;
        }
        throw std::runtime_error("still owed after 1000 passes");
    }
    static void expect_clean(service& s) {
        const auto report = must(s.migration.verify());
        EXPECT_TRUE(report.is_clean()) << report.missing << " missing, " << report.extra
                                       << " extra, " << report.mismatched << " mismatched";
    }
    /// "1:a 2:b", by id.
    std::string target_emails() {
        return at_target.run("SELECT coalesce(string_agg(id || ':' || mail, ' ' ORDER BY id), '') "
                             "FROM people");
    }

private:
    static std::string database_of(char side) {
        const std::string name = std::string("people_") + side;
        session admin(server().conninfo());
        if (admin.run("SELECT count(*) FROM pg_database WHERE datname='" + name + "'") == "0")
            admin.run("CREATE DATABASE " + name);
        return name;
    }
    temporary_schema source_place_, target_place_;

protected:
    migration_options options{.name = "people", .timeout = milliseconds(10'000)};
    std::string source_conninfo = source_place_.conninfo();
    std::string target_conninfo = target_place_.conninfo();
    session at_source{source_conninfo}, at_target{target_conninfo};

private:
    std::vector<std::unique_ptr<service>> services_;
};

} // namespace tandem_test
