// SPDX-License-Identifier: BSL-1.0
//
// The fixture of the PostgreSQL tests: a table `users` (id, name, balance) in a schema of its own,
// and stores bound to it.
#pragma once

#include "tandem/core/clock_source.hpp"

#include "fixture.hpp"

#include <gmock/gmock.h>

#include <future>

namespace tandem_test {

using namespace tandem;

inline call_context within(milliseconds time) { return {monotonic_now() + time}; }
inline call_context soon() { return within(milliseconds(20'000)); }

/// The value, or the end of the test with the error as its failure.
template <class T>
T must(result<T> r) {
    if (r.has_error()) throw std::runtime_error(r.error().full_message());
    if constexpr (!std::is_void_v<T>) return std::move(r).value();
}

template <class T>
errc error_of(const result<T>& r) {
    return r.has_error() ? r.error().value() : errc{};
}

inline table_schema users_schema(std::string name = "users") {
    table_schema out{.name = std::move(name)};
    out.columns = {{"id", column_type::int64, false, 0},
                   {"name", column_type::text, true, 1},
                   {"balance", column_type::int64, false, 2}};
    out.key = {0};
    out.version_column = "version";
    return out;
}

inline row_key id(std::int64_t n) {
    key parts{n};
    auto encoded = encode_key(parts).value();
    return {std::move(parts), std::move(encoded)};
}

inline write_command put(std::int64_t n, std::string name, std::int64_t balance = 0) {
    write_command out;
    out.key = id(n);
    out.image = {n, std::move(name), balance};
    return out;
}

inline write_command drop(std::int64_t n) {
    write_command out;
    out.kind = write_kind::erase;
    out.key = id(n);
    return out;
}

inline change change_to(std::int64_t n, std::string name, std::int64_t v, epoch e) {
    change out;
    out.key = id(n).encoded;
    out.version = {v};
    out.epoch = e;
    out.image = row{n, std::move(name), std::int64_t{0}};
    return out;
}

inline binding users_binding(side s = side::source, int buckets = 1) {
    binding out{.migration = "m", .id = migration_id("m"), .side = s, .buckets = buckets};
    out.tables = {users_schema()};
    return out;
}

class users_test : public testing::Test {
protected:
    void SetUp() override {
        if (const auto why = server_unavailable(); !why.empty()) GTEST_SKIP() << why;
        place_ = std::make_unique<temporary_schema>();
        admin_ = std::make_unique<session>(place_->conninfo());
        admin_->run(create_table_sql(users_schema()));
    }

    /// Bound and installed.
    std::unique_ptr<postgres::store> open(postgres::pool_options options = {},
                                          side s = side::source) {
        auto out = place_->open(std::move(options));
        must(out->bind(users_binding(s)));
        must(out->install(soon()));
        return out;
    }
    /// What a conninfo with further options of the session says.
    [[nodiscard]] std::string conninfo(const std::string& more = {}) const {
        return server().conninfo() + " options='-csearch_path=" + place_->name() + " " + more + "'";
    }

    static route belief(postgres::store& s) {
        const auto f = must(s.read_fences(soon())).front();
        return {f.epoch, f.phase};
    }
    static write_reply write(postgres::store& s, const write_command& command) {
        return must(s.write(command, belief(s), soon()));
    }
    static std::string name_at(postgres::store& s, std::int64_t n) {
        const auto found = must(s.read(s.bound().side, 0, id(n), soon())).found;
        return found ? std::get<std::string>(found->image[1]) : "-";
    }
    /// A step as a switch does it: phases dual and synced.
    static void go_dual(postgres::store& s) {
        switch_step what{.kind = step_kind::enter_primary, .expected = 1};
        ASSERT_TRUE(must(s.step(what, soon())));
        what = {.kind = step_kind::mark_synced, .expected = 2};
        ASSERT_TRUE(must(s.step(what, soon())));
    }
    static std::string fence_lock() {
        return "select pg_advisory_xact_lock(" + std::to_string(migration_id("m")) + ", 0)";
    }

    std::unique_ptr<temporary_schema> place_;
    std::unique_ptr<session> admin_;
};

} // namespace tandem_test
