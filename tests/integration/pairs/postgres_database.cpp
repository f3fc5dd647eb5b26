// SPDX-License-Identifier: BSL-1.0
#include "tandem/postgres/store.hpp"

#include "database.hpp"
#include "integration/postgres/fixture.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <stdexcept>

namespace tandem_test {

namespace {

/// Of the second side where both sides must be able to fail alone.
postgres_server& second_server() {
    static const auto started = postgres_server::start();
    if (started.has_error()) throw std::runtime_error(started.error().full_message());
    return *started.value();
}

/// Source and target are databases of their own also where one server has both, because advisory
/// locks are a database's.
std::string database_of(bool apart) {
    static int sides = 0;
    static std::map<std::string, std::string> made;
    auto& s = apart ? second_server() : server();
    const std::string name = apart ? "apart" : ++sides % 2 == 0 ? "even" : "odd";
    auto& at = made[name];
    if (at.empty()) {
        session(s.conninfo()).run("CREATE DATABASE " + name);
        at = s.conninfo(name);
    }
    return at;
}

opened open_with(postgres::pool_options options, const std::string& schema) {
    auto made = postgres::store::make(std::move(options), {.control_schema = schema});
    if (made.has_error()) throw std::runtime_error(made.error().full_message());
    return opened_of(std::move(made).value());
}

class uncommitted_row final : public held {
public:
    uncommitted_row(const std::string& conninfo, std::int64_t id) : session_(conninfo) {
        session_.run("BEGIN");
        session_.run("INSERT INTO things(thing_id, label, amount) VALUES(" + std::to_string(id) +
                     ", 'held', 0)");
    }
    ~uncommitted_row() override { session_.run("ROLLBACK"); }

private:
    session session_;
};

class paused_server final : public held {
public:
    explicit paused_server(postgres_server& s) : server_(s) { server_.pause(); }
    ~paused_server() override { server_.resume(); }

private:
    postgres_server& server_;
};

class crashed_server final : public held {
public:
    explicit crashed_server(postgres_server& s) : server_(s) { server_.kill(); }
    ~crashed_server() override {
        if (const auto again = server_.restart(); !again) ADD_FAILURE() << again.error().message();
    }

private:
    postgres_server& server_;
};

/// A schema in the one database of a server: databases take long to make.
class postgres_database final : public database {
public:
    /// `pooled` is never apart: the program's pgbouncer stands before its first server.
    postgres_database(bool apart, bool pooled)
        : server_(apart && !pooled ? second_server() : server()),
          where_(database_of(apart && !pooled)) {
        static std::atomic<int> number{0};
        name_ = "pair_" + std::to_string(++number);
        session(where_).run("CREATE SCHEMA " + name_);
        plain_ = std::make_unique<session>(conninfo());
        for (const auto& text : table_texts())
            plain_->run(text);
        if (!pooled) return;
        pooled_ = pooled_conninfo(bouncer(), name_, where_.substr(where_.rfind('=') + 1));
    }
    ~postgres_database() override {
        try {
            plain_.reset();
            session(where_).run("DROP SCHEMA " + name_ + " CASCADE");
        } catch (const std::exception&) { // the server goes with the program
        }
    }
    opened open() override {
        if (pooled_.empty()) return open_postgres(conninfo(), name_);
        return open_with(
            {.conninfo = pooled_, .control = conninfo(), .transaction_pooling = true, .max = 8},
            name_);
    }
    std::string address() const override { return name_ + " " + conninfo(); }
    void put_foreign(const std::string& table, std::vector<std::string> values) override {
        plain_->run("INSERT INTO " + table + "(id, name, amount) VALUES(" + values.at(0) + ", '" +
                    values.at(1) + "', " + values.at(2) + ")");
    }
    bool execute(const std::string& sql) override {
        plain_->run(sql);
        return true;
    }
    bool refuse_intents() override {
        return execute("ALTER TABLE tandem_outbox ADD CONSTRAINT no_intents CHECK (false) "
                       "NOT VALID");
    }
    int waiters() override {
        return std::stoi(plain_->run(
            "SELECT count(DISTINCT l.pid) FROM pg_locks l JOIN pg_stat_activity a ON a.pid=l.pid "
            "WHERE NOT l.granted AND a.datname=current_database()"));
    }
    std::unique_ptr<held> hold_thing(std::int64_t id) override {
        return std::make_unique<uncommitted_row>(conninfo(), id);
    }
    std::unique_ptr<held> freeze() override { return std::make_unique<paused_server>(server_); }
    std::unique_ptr<held> crash() override { return std::make_unique<crashed_server>(server_); }

private:
    std::string conninfo() const { return where_ + " options=-csearch_path=" + name_; }
    postgres_server& server_;
    std::string where_;  ///< the database
    std::string name_;   ///< the schema
    std::string pooled_; ///< the conninfo through pgbouncer, if that is wanted
    std::unique_ptr<session> plain_;
};

} // namespace

std::unique_ptr<database> make_postgres_database(bool apart, bool pooled) {
    return std::make_unique<postgres_database>(apart, pooled);
}

bool can_pool_postgres() { return pgbouncer::is_installed(); }

opened open_postgres(const std::string& conninfo, const std::string& schema) {
    return open_with({.conninfo = conninfo, .max = 8}, schema);
}

} // namespace tandem_test
