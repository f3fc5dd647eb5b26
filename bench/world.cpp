// SPDX-License-Identifier: BSL-1.0

#include "world.hpp"

#include "rivals.hpp"

namespace bench {

void moving::go_to(tandem::phase wanted) {
    while (must(migration->status()).phase < wanted) {
        (void)must(migration->forward({.owed_max = 1'000'000'000, .allow_truncate = true}));
        const auto now = must(migration->status());
        if (tandem::is_dual(now.phase) && !now.synced) {
            (void)must(migration->backfill({.chunk_rows = 2'000}));
        }
    }
}

namespace {

std::unique_ptr<tandem_test::postgres_server> start_server() {
    // Durable, as a ledger is; the settings are those of docs/performance.md.
    return must(tandem_test::postgres_server::start(
        {.fsync = true,
         .settings = {"shared_buffers=512MB", "max_wal_size=4GB", "max_connections=100"}}));
}

} // namespace

world::world() : source_(start_server()), target_(start_server()) {}

std::string world::source() const { return source_->conninfo(); }

std::string world::target() const { return target_->conninfo(); }

void world::make_table(const std::string& name, bool fill_target) {
    const std::string table = "create table " + name +
                              " (id bigint primary key, email text not null, name text not null, "
                              "balance bigint not null, payload text not null, "
                              "utime bigint not null, tandem_version bigint not null default 0) "
                              "with (fillfactor=70)";
    const std::string fill =
        "insert into " + name +
        " select i, 'user'||i||'@example.org', 'User Number '||i, 0, repeat('a', 200), 0 "
        "from generate_series(1, " +
        std::to_string(table_rows) + ") i";
    at_source(table);
    at_source(fill);
    at_source("vacuum analyze " + name);
    at_target(table);
    if (fill_target) {
        at_target(fill);
        at_target("vacuum analyze " + name);
    }
}

moving world::start(const moving_options& o) {
    moving m;
    m.source = must(tandem::postgres::store::make({.conninfo = source(), .max = o.pool}));
    m.target = must(tandem::postgres::store::make({.conninfo = target(), .max = o.pool}));
    m.migration =
        std::make_unique<tandem::migration>(tandem::migration_options{.name = o.table,
                                                                      .buckets = o.buckets,
                                                                      .mode = o.mode,
                                                                      .breaker = o.breaker,
                                                                      .log = o.log},
                                            *m.source, *m.target);
    const auto add = [&](const auto& mapped) { return m.migration->add(mapped, mapped); };
    m.users.emplace(o.deletes ? add(mapping(o.table)) : add(mapping(o.table).deletes_never()));
    must(m.migration->install());
    must(m.migration->start());
    return m;
}

void world::at_source(const std::string& sql) { connection(source()).execute(sql); }

void world::at_target(const std::string& sql) { connection(target()).execute(sql); }

} // namespace bench
