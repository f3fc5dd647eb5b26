// SPDX-License-Identifier: BSL-1.0
#include "world.hpp"

#include <gtest/gtest.h>

#include <ostream>

namespace tandem_test {

namespace {

item item_of(const tandem::row& r) {
    return {.id = std::get<std::int64_t>(r.at(0)),
            .name = std::get<std::string>(r.at(1)),
            .amount = std::get<std::int64_t>(r.at(2))};
}

note note_of(const tandem::row& r) {
    note out{.item = std::get<std::int64_t>(r.at(0)), .title = std::get<std::string>(r.at(1))};
    if (!is_null(r.at(2))) out.content = std::get<std::string>(r.at(2));
    return out;
}

} // namespace

void PrintTo(const item& i, std::ostream* out) {
    *out << "item " << i.id << " '" << i.name << "' " << i.amount;
}
void PrintTo(const note& n, std::ostream* out) {
    *out << "note " << n.item << " '" << n.title << "' " << n.content.value_or("NULL");
}

call_context soon() { return {monotonic_now() + std::chrono::seconds(20)}; }
call_context at_once() { return {monotonic_now() + milliseconds(100)}; }

row_key id_of(std::int64_t n) {
    key parts{cell(n)};
    auto encoded = must(encode_key(parts));
    return {std::move(parts), std::move(encoded)};
}

tandem::row image_of(const item& i) { return {i.id, i.name, i.amount}; }

write_command put(const item& i) {
    write_command out{.kind = write_kind::upsert, .table = items_id, .key = id_of(i.id)};
    out.image = image_of(i);
    return out;
}

write_command drop(std::int64_t n) {
    return {.kind = write_kind::erase, .table = items_id, .key = id_of(n)};
}

world::world(kind source, kind target, bool apart)
    : source_(make_database(source)), target_(make_database(target, apart)) {}

process& world::create(secondary_mode mode) {
    auto with_mode = options;
    with_mode.mode = mode;
    processes_.push_back(
        std::make_unique<process>(source_->open(), target_->open(), std::move(with_mode)));
    return *processes_.back();
}

process& world::start(secondary_mode mode) {
    auto& p = create(mode);
    must(p.migration.install());
    must(p.migration.start());
    return p;
}

process& world::observer() {
    if (observer_ == nullptr) observer_ = &start();
    return *observer_;
}

std::optional<item> world::item_at(side s, std::int64_t n) {
    const auto found = must(observer().at(s).read(s, items_id, id_of(n), soon())).found;
    if (!found) return std::nullopt;
    return item_of(found->image);
}

version world::version_at(side s, std::int64_t n) {
    const auto found = must(observer().at(s).read(s, items_id, id_of(n), soon())).found;
    return found ? found->version : version{};
}

std::map<std::int64_t, item> world::items_at(side s) {
    std::map<std::int64_t, item> out;
    for (const auto& r : must(observer().at(s).scan(s, items_id, {}, 100'000, soon())).rows)
        out.emplace(std::get<std::int64_t>(r.image.at(0)), item_of(r.image));
    return out;
}

std::vector<std::int64_t> world::versions_at(side s) {
    std::vector<std::int64_t> out;
    for (const auto& r : must(observer().at(s).scan(s, items_id, {}, 100'000, soon())).rows)
        out.push_back(r.version.value);
    return out;
}

std::vector<note> world::notes_at(side s) {
    std::vector<note> out;
    for (const auto& r : must(observer().at(s).scan(s, notes_id, {}, 100'000, soon())).rows)
        out.push_back(note_of(r.image));
    return out;
}

std::vector<change> world::tombstones_at(side s) {
    return must(observer().at(s).tombstones(items_id, "", 1000, soon())).tombstones;
}

tandem::fence world::fence_at(side s) { return must(observer().at(s).read_fences(soon())).front(); }

std::int64_t world::owed_at(side s) { return must(observer().at(s).stats(soon())).owed; }

phase world::phase_now() { return must(observer().migration.status()).phase; }

int world::authorities() {
    int count = 0;
    for (const side s : {side::source, side::target})
        count += is_authority(fence_at(s).role) ? 1 : 0;
    return count;
}

void world::expect_equal_sides() {
    EXPECT_EQ(items_at(side::source), items_at(side::target));
    EXPECT_EQ(notes_at(side::source), notes_at(side::target));
    EXPECT_EQ(versions_at(side::source), versions_at(side::target));
}

void deliver_all(process& p) {
    for (int pass = 0; pass < 1000; ++pass) {
        const auto report = must(p.migration.relay_once());
        if (report.trouble) throw std::runtime_error(report.trouble->full_message());
        if (report.loaded == 0) return;
    }
    throw std::runtime_error("the relay does not come to an end");
}

bool step(hooked_store& at, step_kind what, epoch expected, era_mode mode) {
    return must(at.step({.kind = what, .expected = expected, .mode = mode}, soon()));
}

bool enable(hooked_store& from, hooked_store& to) {
    const auto given = must(from.read_fences(soon())).front();
    return must(to.step({.kind = step_kind::enable,
                         .expected = given.epoch,
                         .phase = given.phase,
                         .floor = given.floor},
                        soon()));
}

apply_status apply(hooked_store& at, const change& c) {
    return must(at.apply({&c, 1}, soon())).at(0);
}

result<version> increment(process& p, std::int64_t n) {
    return p.items.update(n, [](item& i) { ++i.amount; });
}

std::string name_of(const kinds_of_pair& k) {
    return to_string(k.source) + "_to_" + to_string(k.target);
}

std::vector<kinds_of_pair> counterexample_pairs() {
    std::vector<kinds_of_pair> out;
    for (const kind k : kinds())
        out.push_back({k, k});
    if (kinds().size() == 3) out.push_back({kind::sqlite, kind::postgres});
    return out;
}

std::vector<kinds_of_pair> same_kind_pairs() {
    std::vector<kinds_of_pair> out;
    for (const auto& pair : real_pairs()) {
        if (pair.source == pair.target) out.push_back(pair);
    }
    return out;
}

std::vector<kinds_of_pair> pooled_pairs() {
    if (!has_pooled()) return {};
    return {{kind::pooled, kind::postgres}};
}

std::vector<kinds_of_pair> real_pairs() {
    std::vector<kinds_of_pair> out;
    for (const kind from : kinds()) {
        for (const kind to : kinds()) {
            if (from != kind::memory && to != kind::memory) out.push_back({from, to});
        }
    }
    return out;
}

} // namespace tandem_test
