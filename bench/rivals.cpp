// SPDX-License-Identifier: BSL-1.0

#include "rivals.hpp"

#include <libpq-fe.h>

#include <cstdio>
#include <cstdlib>

namespace bench {
namespace {

[[noreturn]] void give_up(const char* what, const char* why) {
    std::fprintf(stderr, "bench: %s: %s\n", what, why);
    std::exit(4);
}

} // namespace

void connection::closer::operator()(pg_conn* c) const { PQfinish(c); }

connection::connection(const std::string& conninfo) : conn_(PQconnectdb(conninfo.c_str())) {
    if (PQstatus(conn_.get()) != CONNECTION_OK) give_up("connect", PQerrorMessage(conn_.get()));
}

void connection::execute(const std::string& sql) {
    PGresult* r = PQexec(conn_.get(), sql.c_str());
    const auto status = PQresultStatus(r);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
        give_up(sql.c_str(), PQerrorMessage(conn_.get()));
    }
    PQclear(r);
}

void connection::prepare(const char* name, const std::string& sql) {
    PGresult* r = PQprepare(conn_.get(), name, sql.c_str(), 0, nullptr);
    if (PQresultStatus(r) != PGRES_COMMAND_OK) give_up(name, PQerrorMessage(conn_.get()));
    PQclear(r);
}

int connection::run(const char* name, const std::vector<std::string>& values,
                    std::vector<std::string>* first) {
    std::vector<const char*> texts;
    texts.reserve(values.size());
    for (const auto& v : values)
        texts.push_back(v.c_str());
    PGresult* r = PQexecPrepared(conn_.get(), name, static_cast<int>(texts.size()), texts.data(),
                                 nullptr, nullptr, 0);
    const auto status = PQresultStatus(r);
    int rows = -1;
    if (status == PGRES_COMMAND_OK) rows = std::atoi(PQcmdTuples(r));
    if (status == PGRES_TUPLES_OK) {
        rows = PQntuples(r);
        if (rows > 0 && first != nullptr) {
            for (int i = 0; i < PQnfields(r); ++i)
                first->emplace_back(PQgetvalue(r, 0, i));
        }
    }
    PQclear(r);
    return rows;
}

plain_dao::plain_dao(const std::string& conninfo, const std::string& table, int threads,
                     bool guarded) {
    for (int t = 0; t < threads; ++t) {
        auto c = std::make_unique<connection>(conninfo);
        c->prepare("upsert", "insert into " + table +
                                 " as t (id, email, name, balance, payload, utime) values ($1, $2, "
                                 "$3, $4, $5, $6) on conflict (id) do update set "
                                 "email=excluded.email, name=excluded.name, "
                                 "balance=excluded.balance, payload=excluded.payload, "
                                 "utime=excluded.utime" +
                                 (guarded ? " where t.utime < excluded.utime" : ""));
        c->prepare("find", "select id, email, name, balance, payload, utime from " + table +
                               " where id=$1");
        connections_.push_back(std::move(c));
    }
}

bool plain_dao::upsert(int thread, const user& u) {
    return connections_[static_cast<std::size_t>(thread)]->run(
               "upsert", {std::to_string(u.id), u.email, u.name, std::to_string(u.balance),
                          u.payload, std::to_string(u.utime)}) >= 0;
}

std::optional<user> plain_dao::find(int thread, std::int64_t id) {
    std::vector<std::string> found;
    auto& c = *connections_[static_cast<std::size_t>(thread)];
    if (c.run("find", {std::to_string(id)}, &found) != 1) return std::nullopt;
    return user{.id = std::stoll(found[0]),
                .email = std::move(found[1]),
                .name = std::move(found[2]),
                .balance = std::stoll(found[3]),
                .payload = std::move(found[4]),
                .utime = std::stoll(found[5])};
}

} // namespace bench
