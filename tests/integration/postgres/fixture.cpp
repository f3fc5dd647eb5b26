// SPDX-License-Identifier: BSL-1.0
#include "fixture.hpp"

#include <libpq-fe.h>

#include <cstdlib>
#include <iostream>
#include <stdexcept>

namespace tandem_test {

using namespace tandem;

namespace {

result<std::unique_ptr<postgres_server>>& started() {
    static auto server = postgres_server::start();
    return server;
}

result<std::unique_ptr<pgbouncer>>& started_bouncer() {
    static auto bouncer = pgbouncer::start(server());
    return bouncer;
}

const char* type_sql(column_type type) {
    switch (type) {
    case column_type::boolean: return "boolean";
    case column_type::int16: return "smallint";
    case column_type::int32: return "integer";
    case column_type::int64: return "bigint";
    case column_type::float32: return "real";
    case column_type::float64: return "double precision";
    case column_type::numeric: return "numeric";
    case column_type::text: return "text";
    case column_type::bytes: return "bytea";
    case column_type::uuid: return "uuid";
    case column_type::date: return "date";
    case column_type::timestamp: return "timestamp";
    case column_type::timestamptz: return "timestamptz";
    case column_type::json: return "json";
    }
    return "";
}

} // namespace

postgres_server& server() {
    auto& found = started();
    if (found.has_error()) {
        std::cerr << found.error().full_message() << '\n';
        std::abort();
    }
    return *found.value();
}

std::string server_unavailable() {
    const auto& found = started();
    return found.has_error() ? found.error().full_message() : std::string();
}

pgbouncer& bouncer() { return *started_bouncer().value(); }

std::string bouncer_unavailable() {
    if (auto why = server_unavailable(); !why.empty()) return why;
    const auto& found = started_bouncer();
    return found.has_error() ? found.error().full_message() : std::string();
}

session::session(const std::string& conninfo) : conn_(PQconnectdb(conninfo.c_str())) {
    if (PQstatus(conn_) != CONNECTION_OK) throw std::runtime_error(PQerrorMessage(conn_));
    PQsetNoticeProcessor(
        conn_, [](void*, const char*) {}, nullptr);
}

session::~session() {
    if (conn_ != nullptr) PQfinish(conn_);
}

std::string session::run(const std::string& sql) {
    const std::unique_ptr<PGresult, decltype(&PQclear)> answer(PQexec(conn_, sql.c_str()),
                                                               &PQclear);
    if (PQresultStatus(answer.get()) != PGRES_TUPLES_OK &&
        PQresultStatus(answer.get()) != PGRES_COMMAND_OK) {
        throw std::runtime_error(sql + ": " + PQerrorMessage(conn_));
    }
    return PQntuples(answer.get()) > 0 ? PQgetvalue(answer.get(), 0, 0) : "";
}

void session::send(const std::string& sql) {
    if (PQsendQuery(conn_, sql.c_str()) == 0) throw std::runtime_error(PQerrorMessage(conn_));
}

void session::finish() {
    while (PGresult* answer = PQgetResult(conn_)) {
        const std::string text = PQresultErrorMessage(answer);
        PQclear(answer);
        if (!text.empty()) throw std::runtime_error(text);
    }
}

int session::backend() const { return PQbackendPID(conn_); }

pg_conn* session::release() { return std::exchange(conn_, nullptr); }

temporary_database::temporary_database() {
    static int number = 0;
    name_ = "t" + std::to_string(++number);
    session(server().conninfo()).run("create database " + name_);
}

temporary_database::~temporary_database() {
    try {
        session(server().conninfo()).run("drop database if exists " + name_ + " with (force)");
    } catch (const std::exception& e) {
        std::cerr << "dropping " << name_ << ": " << e.what() << '\n';
    }
}

std::string temporary_database::conninfo() const { return server().conninfo(name_); }

std::string pooled_conninfo(pgbouncer& pooler, const std::string& schema,
                            const std::string& database, const std::string& more) {
    pooler.add(schema, database, "set search_path to " + schema + more);
    session(pooler.conninfo("pgbouncer")).run("RELOAD");
    return pooler.conninfo(schema);
}

temporary_schema::temporary_schema(const std::string& database) : database_(database) {
    static int number = 0;
    name_ = "s" + std::to_string(++number);
    session(server().conninfo(database_)).run("create schema " + name_);
}

temporary_schema::~temporary_schema() {
    try {
        session(server().conninfo(database_)).run("drop schema " + name_ + " cascade");
    } catch (const std::exception& e) {
        std::cerr << "dropping " << name_ << ": " << e.what() << '\n';
    }
}

std::string temporary_schema::conninfo() const {
    return server().conninfo(database_) + " options=-csearch_path=" + name_;
}

postgres::pool_options temporary_schema::pooled() const {
    if (pooled_.empty()) pooled_ = pooled_conninfo(bouncer(), name_, database_);
    return {.conninfo = pooled_, .control = conninfo(), .transaction_pooling = true};
}

std::unique_ptr<postgres::store> temporary_schema::open(postgres::pool_options options) const {
    if (options.conninfo.empty() && !options.borrow) options.conninfo = conninfo();
    auto made = postgres::store::make(std::move(options), {.control_schema = name_});
    return std::move(made).value();
}

std::string create_table_sql(const table_schema& table) {
    const auto quote = [](const std::string& name) { return '"' + name + '"'; };
    std::string text = "create table " + quote(table.name) + "(";
    for (const auto& column : table.columns) {
        text += quote(column.name) + " " + type_sql(column.type) +
                (column.nullable ? ", " : " not null, ");
    }
    if (!table.version_column.empty()) {
        text += quote(table.version_column) + " bigint not null default 0, ";
    }
    text += "primary key(";
    for (std::size_t i = 0; i < table.key.size(); ++i) {
        text += (i == 0 ? "" : ", ") + quote(table.columns[table.key[i]].name);
    }
    return text + "))";
}

void wait_for_waiter(session& observer, const std::string& locktype, int count) {
    const std::string sql = "select count(*) >= " + std::to_string(count) +
                            " from pg_locks where not granted and locktype = '" + locktype + "'";
    while (observer.run(sql) != "t")
        observer.run("select pg_sleep(0.001)");
}

} // namespace tandem_test
