// SPDX-License-Identifier: BSL-1.0
#include "tandem/core/clock_source.hpp"

#include "support/store_contract.hpp"

#include <atomic>

namespace tandem_test {

namespace {

using names = std::vector<std::pair<std::string, std::size_t>>; // column name and field

table_schema table_of(std::string name, const std::vector<column_schema>& fields,
                      const std::vector<std::size_t>& key_fields, const names& columns) {
    table_schema out{.name = std::move(name), .version_column = "tandem_version"};
    for (const auto& [column, field] : columns) {
        auto c = fields[field];
        c.name = column;
        c.field = field;
        out.columns.push_back(std::move(c));
    }
    for (const auto field : key_fields) {
        for (std::size_t i = 0; i < columns.size(); ++i) {
            if (columns[i].second == field) out.key.push_back(i);
        }
    }
    return out;
}

void migration_of_test(contract_layout& layout, int buckets) {
    static std::atomic<int> number{0};
    layout.unique = "contract_" + std::to_string(buckets) + "_" + std::to_string(++number);
}

} // namespace

call_context soon() { return {monotonic_now() + std::chrono::seconds(20)}; }
call_context at_once() { return {monotonic_now() + milliseconds(150)}; }

row_key key_of(std::vector<cell> parts) {
    auto encoded = must(encode_key(parts));
    return {std::move(parts), std::move(encoded)};
}

cell numeric(std::string_view text) { return must(decimal::parse(text)); }

std::string contract_name(const ::testing::TestParamInfo<contract_param>& info) {
    return info.param.name;
}

contract_layout standard_layout() {
    const std::vector<column_schema> item{{.type = column_type::int64},
                                          {.type = column_type::text, .nullable = true},
                                          {.type = column_type::int64}};
    const std::vector<column_schema> pair{
        {.type = column_type::text}, {.type = column_type::int64}, {.type = column_type::text}};
    const std::vector<column_schema> log{{.type = column_type::int64}, {.type = column_type::text}};
    contract_layout out;
    out.source = {table_of("items", item, {0}, {{"id", 0}, {"name", 1}, {"balance", 2}}),
                  table_of("pairs", pair, {0, 1}, {{"grp", 0}, {"num", 1}, {"note", 2}}),
                  table_of("logs", log, {0}, {{"id", 0}, {"line", 1}})};
    out.target = {table_of("Things", item, {0}, {{"label", 1}, {"thing_id", 0}, {"amount", 2}}),
                  table_of("couples", pair, {0, 1}, {{"num", 1}, {"note", 2}, {"order", 0}}),
                  table_of("lines", log, {0}, {{"text", 1}, {"id", 0}})};
    out.source[logs].deletes = deletes::never;
    out.target[logs].deletes = deletes::never;
    return out;
}

void store_contract::SetUp() {
    if (const auto why = GetParam().unavailable(); !why.empty()) GTEST_SKIP() << why;
    layout_ = layout();
    migration_of_test(layout_, GetParam().buckets);
    world_ = GetParam().make(layout_);
    source_ = open(side::source);
    must(source_->install(soon()));
    if (layout_.one_database) return;
    target_ = open(side::target);
    must(target_->install(soon()));
}

binding store_contract::binding_of(side s) const {
    binding out{.migration = layout_.unique, .id = migration_id(layout_.unique), .side = s};
    out.buckets = GetParam().buckets;
    out.tables = s == side::source ? layout_.source : layout_.target;
    if (layout_.one_database) out.joint = layout_.target;
    return out;
}

opened_store store_contract::open(side s) {
    auto out = world_->open(s);
    must(out->bind(binding_of(s)));
    return out;
}

tandem::row store_contract::item(std::int64_t n, cell name, std::int64_t balance) {
    return {n, std::move(name), balance};
}

write_command store_contract::put(std::int64_t n, std::string name, std::int64_t balance) {
    write_command out{.kind = write_kind::upsert, .table = items, .key = id(n)};
    out.image = item(n, std::move(name), balance);
    return out;
}

write_command store_contract::put_new(std::int64_t n, std::string name, std::int64_t balance) {
    auto out = put(n, std::move(name), balance);
    out.kind = write_kind::insert;
    return out;
}

write_command store_contract::drop(std::int64_t n) {
    return {.kind = write_kind::erase, .table = items, .key = id(n)};
}

write_reply store_contract::write(opened_store& s, const write_command& command) {
    const auto f = fence_at(s);
    return must(s->write(command, {f.epoch, f.phase}, soon()));
}

write_reply store_contract::committed(opened_store& s, const write_command& command) {
    auto reply = write(s, command);
    EXPECT_EQ(reply.status, write_status::committed);
    return reply;
}

std::optional<stored_row> store_contract::read(opened_store& s, table_id t, const row_key& k) {
    return must(s->read(s.bound().side, t, k, soon())).found;
}

std::string store_contract::name_at(opened_store& s, std::int64_t n) {
    const auto found = read(s, n);
    return found ? std::get<std::string>(found->image[1]) : "-";
}

fence store_contract::fence_at(opened_store& s) {
    const auto all = must(s->read_fences(soon()));
    EXPECT_EQ(static_cast<int>(all.size()), GetParam().buckets);
    for (std::size_t i = 0; i < all.size(); ++i) {
        auto expected = all.front();
        expected.bucket = static_cast<int>(i);
        expected.floor = all[i].floor; // the one thing that differs between buckets here
        EXPECT_EQ(all[i], expected) << "bucket " << i;
    }
    return all.at(0);
}

std::vector<change> store_contract::tombstones(opened_store& s, table_id t) {
    return must(s->tombstones(t, "", 10'000, soon())).tombstones;
}

void store_contract::fail(opened_store& s, std::int64_t intent, milliseconds retry_after) {
    must(s->note_failure({&intent, 1}, {.text = "target is away", .retry_after = retry_after},
                         soon()));
}

void store_contract::kill(opened_store& s, std::int64_t intent) {
    must(s->note_failure({&intent, 1}, {.text = "does not fit", .dead = true}, soon()));
}

bool store_contract::step(opened_store& s, step_kind kind, epoch expected, era_mode mode) {
    switch_step what{.kind = kind, .expected = expected, .mode = mode};
    what.by = "contract";
    what.reason = "test";
    return must(s->step(what, soon()));
}

apply_status store_contract::apply(opened_store& s, const change& c) {
    return must(s->apply({&c, 1}, soon())).at(0);
}

change store_contract::change_to(std::int64_t n, std::optional<std::string> name, std::int64_t v,
                                 epoch e) {
    change out{.table = items, .key = id(n).encoded, .version = {v}};
    out.epoch = e;
    if (name) {
        out.image = item(n, *name);
    } else {
        out.tombstone_epoch = e;
    }
    return out;
}

void store_contract::go_dual(era_mode mode) {
    ASSERT_TRUE(step(target_, step_kind::enter_secondary, 1, mode));
    ASSERT_TRUE(step(source_, step_kind::enter_primary, 1, mode));
}

void store_contract::go_synced() {
    go_dual();
    ASSERT_TRUE(step(source_, step_kind::mark_synced, 2));
}

std::size_t store_contract::deliver(opened_store& from, opened_store& to) {
    std::size_t settled = 0;
    for (const auto& o : owed(from)) {
        if (apply(to, o.change) == apply_status::closed) continue;
        must(from->settle({&o.id, 1}, soon()));
        ++settled;
    }
    deliver_operations(from, to);
    return settled;
}

std::size_t store_contract::deliver_operations(opened_store& from, opened_store& to) {
    const auto records = must(from->owed_operations(1000, soon()));
    if (records.empty()) return 0;
    must(to->add_operations(records, soon()));
    must(from->operations_delivered(records, soon()));
    return records.size();
}

void store_contract::hand_over(opened_store& from, opened_store& to) {
    const auto before = fence_at(from);
    ASSERT_TRUE(step(from, step_kind::begin_handover, before.epoch));
    deliver(from, to);
    ASSERT_TRUE(step(from, step_kind::decide, before.epoch + 1));
    const auto given = fence_at(from);
    switch_step enable{.kind = step_kind::enable, .expected = given.epoch, .phase = given.phase};
    enable.floor = given.floor;
    ASSERT_TRUE(must(to->step(enable, soon())));
}

void store_contract::expect_same_rows(table_id t) {
    const auto a = must(source_->scan(side::source, t, {}, 10'000, soon())).rows;
    const auto b = must(target_->scan(side::target, t, {}, 10'000, soon())).rows;
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
        EXPECT_TRUE(same_row(a[i].image, b[i].image)) << "row " << i;
        EXPECT_EQ(a[i].version, b[i].version) << "row " << i;
    }
}

} // namespace tandem_test
