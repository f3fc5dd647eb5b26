// SPDX-License-Identifier: BSL-1.0
//
// A side that is a private PostgreSQL server. It fails the way servers do: all its processes are
// killed, and it recovers from its log when it is started again.
#include "database.hpp"
#include "support/postgres_server.hpp"

namespace demo {

namespace {

using tandem_test::postgres_server;

constexpr std::size_t connections_max = 40;

problem failed(const tandem::error& why, const std::string& name) {
    return {trouble::server_failed, exit_status::connection,
            "the private PostgreSQL server failed; the " + name +
                "; see what it says, or run without --postgres: " + why.full_message()};
}

class postgres_database final : public database {
public:
    postgres_database(std::unique_ptr<postgres_server> server, std::string name)
        : server_(std::move(server)), name_(std::move(name)) {}

    std::string description() const override {
        return "a private PostgreSQL server on port " + std::to_string(server_->port());
    }

    outcome<void> create_table(const tandem::table_schema& table) override {
        const auto done = server_->run(create_statement(table, store_kind::postgres));
        if (!done) return failed(done.error(), name_);
        return tandem::success();
    }

    outcome<void> load(const tandem::table_schema& table,
                       std::span<const tandem::row> rows) override {
        TANDEM_TRY(const auto loader, make_store());
        const auto loaded = bulk_load(*loader, table, rows);
        if (!loaded) return problem(loaded.error(), "loading the rows into " + description());
        return tandem::success();
    }

    outcome<store_pointer> store() override {
        if (!store_) {
            TANDEM_TRY(store_, make_store());
        }
        return store_pointer(store_.get());
    }

    std::string outage() const override { return "kill -9 for the " + name_ + "'s server"; }
    outcome<void> begin_outage() override {
        server_->kill();
        return tandem::success();
    }
    outcome<void> end_outage() override {
        const auto started = server_->restart();
        if (!started) return failed(started.error(), name_);
        return tandem::success();
    }

private:
    using store_owner = std::unique_ptr<tandem::postgres::store>;

    outcome<store_owner> make_store() {
        auto made = tandem::postgres::store::make(
            {.conninfo = server_->conninfo(), .max = connections_max});
        if (!made) return problem(made.error(), "connecting to " + description());
        return std::move(made.value());
    }

    std::unique_ptr<postgres_server> server_;
    std::string name_;
    store_owner store_;
};

} // namespace

outcome<std::unique_ptr<database>> make_postgres(const std::string& name) {
    auto server = postgres_server::start({.fsync = true});
    if (!server) return failed(server.error(), name);
    return std::make_unique<postgres_database>(std::move(server.value()), name);
}

} // namespace demo
