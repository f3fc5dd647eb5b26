// SPDX-License-Identifier: BSL-1.0
//
// A migration of two tables between two databases of any kinds, and short verbs over it. Every
// process is one more process of the service: its own store objects, beliefs and routers on the
// same databases. What is set up here fails the test by an exception.
#pragma once

#include "tandem/core/clock_source.hpp"
#include "tandem/table/table.hpp"
#include "tandem/migration.hpp"

#include "database.hpp"

#include <map>
#include <optional>
#include <stdexcept>
#include <vector>

namespace tandem_test {

struct item {
    std::int64_t id = 0;
    std::string name;
    std::int64_t amount = 0;
    friend bool operator==(const item&, const item&) = default;
};
struct note {
    std::int64_t item = 0;
    std::string title;
    std::optional<std::string> content;
    friend bool operator==(const note&, const note&) = default;
};
void PrintTo(const item& i, std::ostream* out);
void PrintTo(const note& n, std::ostream* out);

inline constexpr auto items_old =
    tandem::table<item>("items").key<&item::id>().column<&item::name>().column<&item::amount>();
inline constexpr auto items_new = tandem::table<item>("things")
                                      .key<&item::id>("thing_id")
                                      .column<&item::amount>()
                                      .column<&item::name>("label");
inline constexpr auto notes_old =
    tandem::table<note>("notes").key<&note::item>().key<&note::title>().column<&note::content>();
inline constexpr auto notes_new =
    tandem::table<note>("remarks").key<&note::item>().key<&note::title>().column<&note::content>(
        "remark");

using items_router = router<item, std::int64_t>;
using notes_router = router<note, std::tuple<std::int64_t, std::string>>;
inline constexpr table_id items_id = 0;
inline constexpr table_id notes_id = 1;

/// The value, or the end of the test with the error as its failure.
template <class T>
T must(result<T> r) {
    if (r.has_error()) throw std::runtime_error(r.error().full_message());
    if constexpr (!std::is_void_v<T>) return std::move(r).value();
}

/// A deadline far enough for every store, and one near enough that a test can wait for it.
call_context soon();
call_context at_once();

row_key id_of(std::int64_t n);
tandem::row image_of(const item& i);
write_command put(const item& i);
write_command drop(std::int64_t n);

struct process {
    hooked_store source, target;
    tandem::migration migration;
    items_router items;
    notes_router notes;

    process(opened from, opened to, migration_options options)
        : source(std::move(from)),
          target(std::move(to)),
          migration(std::move(options), source, target),
          items(migration.add(items_old, items_new)),
          notes(migration.add(notes_old, notes_new)) {}
    hooked_store& at(side s) { return s == side::source ? source : target; }
};

class world {
public:
    /// `apart`: no server serves both sides.
    world(kind source, kind target, bool apart = false);

    database& at(side s) { return s == side::source ? *source_ : *target_; }
    /// A process that is installed and started.
    process& start(secondary_mode mode = secondary_mode::async);
    /// The same, but the caller installs and starts it.
    process& create(secondary_mode mode = secondary_mode::async);

    migration_options options{.name = "pair", .timeout = milliseconds(10'000)};

    // --- what is committed at a side
    // ---------------------------------------------------------------
    std::optional<item> item_at(side s, std::int64_t n);
    version version_at(side s, std::int64_t n);
    std::map<std::int64_t, item> items_at(side s);
    /// Of the items, ascending by id.
    std::vector<std::int64_t> versions_at(side s);
    std::vector<note> notes_at(side s);
    std::vector<change> tombstones_at(side s);
    tandem::fence fence_at(side s);
    std::int64_t owed_at(side s);
    phase phase_now();
    /// Sides with role P or D.
    int authorities();
    /// Rows of all tables, versions of items included, are the same at both sides.
    void expect_equal_sides();

private:
    process& observer();
    std::unique_ptr<database> source_, target_;
    std::vector<std::unique_ptr<process>> processes_;
    process* observer_ = nullptr;
};

/// Relays until nothing is owed any more at either side.
void deliver_all(process& p);
/// One step at a side; whether it changed the fences.
bool step(hooked_store& at, step_kind what, epoch expected, era_mode mode = era_mode::keep);
/// The enable step that follows what `from` decided.
bool enable(hooked_store& from, hooked_store& to);
/// Applies one change.
apply_status apply(hooked_store& at, const change& c);
/// The router's increment of an item: read-modify-write at the primary.
result<version> increment(process& p, std::int64_t n);

/// A pair of kinds as a test parameter.
struct kinds_of_pair {
    kind source = kind::memory;
    kind target = kind::memory;
};
std::string name_of(const kinds_of_pair& k);
/// The same for INSTANTIATE_TEST_SUITE_P.
template <class Info>
std::string pair_name(const Info& of_test) {
    return name_of(of_test.param);
}
/// Every kind with itself, and a few mixed ones.
std::vector<kinds_of_pair> counterexample_pairs();
/// Each kind that has files or servers, with itself.
std::vector<kinds_of_pair> same_kind_pairs();
/// Every pair of the kinds that have files or servers.
std::vector<kinds_of_pair> real_pairs();
/// A source behind pgbouncer, and a target without; empty where it is not installed.
std::vector<kinds_of_pair> pooled_pairs();

} // namespace tandem_test
