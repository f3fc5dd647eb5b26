// SPDX-License-Identifier: BSL-1.0
//
// The program of the README: a table moves from one SQLite file to another, under its service.

#include "tandem/table/table.hpp"
#include "tandem/sqlite/store.hpp"
#include "tandem/migration.hpp"

#include <iostream>

//! [readme]
struct user {
    std::int64_t id = 0;
    std::string name;
    std::int64_t visits = 0;
};
constexpr auto old_users =
    tandem::table<user>("users").key<&user::id>().column<&user::name>().column<&user::visits>();
constexpr auto new_users = tandem::table<user>("people")
                               .key<&user::id>("person_id")
                               .column<&user::name>("full_name")
                               .column<&user::visits>();

tandem::result<void> move_users(const std::string& from, const std::string& to) {
    tandem::sqlite::store source({.path = from}), target({.path = to});
    tandem::migration move({.name = "users"}, source, target);
    auto users = move.add(old_users, new_users);
    TANDEM_TRY(move.install()); // once: the control tables
    TANDEM_TRY(move.start());

    TANDEM_TRY(users.upsert({.id = 1, .name = "Ada"})); // the service reads and writes all the time
    TANDEM_TRY(move.forward());  // dual_old_primary: both, the old one decides
    TANDEM_TRY(move.backfill()); // copy what is there already
    TANDEM_TRY(users.update(1, [](user& u) { ++u.visits; }));
    TANDEM_TRY(move.forward()); // dual_new_primary: both, the new one decides
    TANDEM_TRY(users.update(1, [](user& u) { ++u.visits; }));
    TANDEM_TRY(move.forward()); // new_only
    TANDEM_TRY(auto ada, users.get(1));
    std::cout << ada->name << ": " << ada->visits << " visits\n"; // Ada: 2 visits
    return tandem::success();
}
//! [readme]

int main(int argc, char** argv) {
    if (argc != 3) {
        std::cerr << "usage: quickstart OLD.db NEW.db (with the tables users and people)\n";
        return 2;
    }
    const auto done = move_users(argv[1], argv[2]);
    if (!done) std::cerr << done.error().full_message() << '\n';
    return done ? 0 : 1;
}
