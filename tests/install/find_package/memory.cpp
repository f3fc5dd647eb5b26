// SPDX-License-Identifier: BSL-1.0
#include <tandem/memory/store.hpp>
#include <tandem/migration.hpp>
#include <tandem/table/table.hpp>

struct user {
    std::int64_t id = 0;
    std::string name;
};
constexpr auto users = tandem::table<user>("users").key<&user::id>().column<&user::name>();

int main() {
    tandem::memory::database old_db, new_db;
    tandem::memory::store source(old_db), target(new_db);
    tandem::migration move({.name = "users"}, source, target);
    auto routed = move.add(users, users);
    if (!move.install() || !move.start() || !routed.upsert({1, "Ada"})) return 1;
    return routed.get(1).value()->name == "Ada" ? 0 : 1;
}
