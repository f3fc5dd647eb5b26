// SPDX-License-Identifier: BSL-1.0
//
// One table in one memory database, and verbs over a store bound to it as the source.
#pragma once

#include "tandem/memory/store.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tandem_test {

inline tandem::table_schema counters(std::string name, std::string version_column = "v") {
    tandem::table_schema out{.name = std::move(name), .key = {0}};
    out.columns = {{.name = "id", .type = tandem::column_type::int64, .field = 0},
                   {.name = "n", .type = tandem::column_type::int64, .field = 1}};
    out.version_column = std::move(version_column);
    return out;
}

inline tandem::binding bind_to(tandem::side s) {
    tandem::binding out{.migration = "m", .id = tandem::migration_id("m"), .side = s};
    out.tables = {counters(s == tandem::side::source ? "counters" : "counters_2")};
    return out;
}

inline tandem::row_key at(std::int64_t id) {
    const tandem::key parts{id};
    return {parts, tandem::encode_stored_key(parts)};
}

inline tandem::write_command put(std::int64_t id, std::int64_t n) {
    return {.key = at(id), .image = {id, n}};
}

class memory_test : public ::testing::Test {
protected:
    static constexpr tandem::route old_only{1, tandem::phase::old_only};

    explicit memory_test(tandem::memory::database_options options = {}) : db_(std::move(options)) {}

    void SetUp() override {
        ASSERT_TRUE(store_.bind(bind_to(tandem::side::source)));
        ASSERT_TRUE(store_.install({}));
        ASSERT_TRUE(target_.bind(bind_to(tandem::side::target)));
        ASSERT_TRUE(target_.install({}));
    }
    void go_dual() {
        ASSERT_TRUE(
            target_.step({.kind = tandem::step_kind::enter_secondary, .expected = 1}, {}).value());
        ASSERT_TRUE(
            store_.step({.kind = tandem::step_kind::enter_primary, .expected = 1}, {}).value());
    }
    auto write(std::int64_t id, std::int64_t n) { return store_.write(put(id, n), old_only, {}); }
    /// The committed value, or -1.
    std::int64_t value(std::int64_t id) {
        const auto found = db_.find("counters", tandem::key{id});
        return found ? std::get<std::int64_t>(found->image[1]) : -1;
    }

    tandem::memory::database db_;
    tandem::testing::fault_injector faults_;
    tandem::memory::store store_{db_, {.faults = &faults_}};
    tandem::memory::store target_{db_, {.faults = &faults_}};
};

} // namespace tandem_test
