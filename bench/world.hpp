// SPDX-License-Identifier: BSL-1.0
//
// Two private PostgreSQL servers with the same tables, and migrations between them. Each
// measurement works on tables of its own, all with the same rows.
#pragma once

#include "tandem/postgres/store.hpp"
#include "tandem/migration.hpp"

#include "support/postgres_server.hpp"
#include "user.hpp"

#include <memory>
#include <string>

namespace bench {

inline constexpr std::int64_t table_rows = 100'000;

using users_router = tandem::router<user, std::int64_t>;

/// A migration of one table with its routers; the two stores have pools as large as the load.
struct moving {
    std::unique_ptr<tandem::postgres::store> source, target;
    std::unique_ptr<tandem::migration> migration;
    std::optional<users_router> users;

    /// To a phase from old_only, with everything copied.
    void go_to(tandem::phase wanted);
};

struct moving_options {
    std::string table;
    bool deletes = true;
    tandem::secondary_mode mode = tandem::secondary_mode::async;
    int buckets = 1;
    std::size_t pool = 12;
    tandem::breaker_options breaker{};
    tandem::logger* log = nullptr;
};

class world {
public:
    world();

    [[nodiscard]] std::string source() const;
    [[nodiscard]] std::string target() const;

    /// Makes the table at both servers, filled at the source (and at the target, where asked).
    void make_table(const std::string& name, bool fill_target = false);
    [[nodiscard]] moving start(const moving_options& options);
    /// Runs SQL at the source, as between two rounds.
    void at_source(const std::string& sql);
    void at_target(const std::string& sql);
    /// The target's server stops answering, and goes on.
    void pause_target() { target_->pause(); }
    void resume_target() { target_->resume(); }

private:
    std::unique_ptr<tandem_test::postgres_server> source_, target_;
};

/// Ends the program with the error's text where there is one.
template <class T>
decltype(auto) must(tandem::result<T> r) {
    if (!r) {
        std::fprintf(stderr, "bench: %s\n", r.error().full_message().c_str());
        std::exit(1);
    }
    if constexpr (!std::is_void_v<T>) return std::move(r).value();
}

/// Uniform keys, a stream a thread, the same in every run.
class keys {
public:
    explicit keys(int thread) : state_(static_cast<std::uint64_t>(thread) * 7919 + 1) {}
    [[nodiscard]] std::int64_t next() {
        state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
        return static_cast<std::int64_t>((state_ >> 33) % table_rows) + 1;
    }

private:
    std::uint64_t state_;
};

} // namespace bench
