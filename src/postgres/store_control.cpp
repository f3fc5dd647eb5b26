// SPDX-License-Identifier: BSL-1.0
//
// Connections of pool_options::control. Each is compared with the pool's own before its first use:
// a step taken in another database than the writes would fence nobody.

#include "tandem/core/clock_source.hpp"

#include "postgres/store_state.hpp"

namespace tandem::postgres::detail {
namespace {

// What no two databases have in common, and every role may read. Of a server and its standby the
// start differs, too, though not the cluster's identifier.
struct database_place {
    std::int64_t started = 0; ///< the server, in microseconds since 1970
    std::int32_t database = 0;
    std::string name;

    friend bool operator==(const database_place& a, const database_place& b) {
        return a.started == b.started && a.database == b.database;
    }
};

result<database_place> place_of(lease& on, const call_context& call) {
    static const statement ask =
        one_off("select (extract(epoch from pg_postmaster_start_time())*1000000)::bigint, d.oid, "
                "d.datname::text from pg_database d where d.datname=current_database()");
    pipeline work;
    work.add(ask);
    TANDEM_TRY(auto answers, exchange(*on, work, call));
    return database_place{answers[0].int8(0, 0), answers[0].int4(0, 1), answers[0].text(0, 2)};
}

result<void> compare_places(lease& control, lease& data, const call_context& call) {
    TANDEM_TRY(auto there, place_of(control, call));
    TANDEM_TRY(auto here, place_of(data, call));
    if (there == here) return success();
    return error(errc::invalid_options,
                 "pool_options::control reaches database " + there.name +
                     ", the pool's own connections database " + here.name +
                     (there.started == here.started ? " of the same server"
                                                    : " of another server or another start of it") +
                     "; both must reach the same database: check host, port and dbname, and where "
                     "the pooler leads to");
}

} // namespace

result<lease> store_state::acquire_control(const call_context& call, lease* held) const {
    connection_source* source = connections_->control();
    if (source == nullptr) return acquire(call);
    if (call.deadline != monotonic_time::max() && time_left(call).count() == 0) {
        return error(errc::timeout, "the deadline passed before the operation began");
    }
    TANDEM_TRY(auto control, source->acquire(call));
    if (control->is_same_database()) return control;
    if (held != nullptr) {
        TANDEM_TRY(compare_places(control, *held, call));
    } else {
        TANDEM_TRY(auto data, acquire(call));
        TANDEM_TRY(compare_places(control, data, call));
    }
    control->note_same_database();
    return control;
}

result<void> store_state::prepare_plans(lease& on, const call_context& call) {
    if (!is_control(on)) return success();
    for (std::size_t t = 0; t < bound_.tables.size(); ++t) {
        const auto table = static_cast<table_id>(t);
        TANDEM_TRY(plan(bound_.side, table, on, call));
        if (bound_.is_joint()) {
            TANDEM_TRY(plan(other(bound_.side), table, on, call));
        }
    }
    return success();
}

} // namespace tandem::postgres::detail
