// SPDX-License-Identifier: BSL-1.0
//
// The registered spools of a keyed source. Rare statements, so their texts are made at each use.
// They enter the fence, shared: none registers while a side leaves.

#include "postgres/sql_text.hpp"
#include "postgres/store_state.hpp"

namespace tandem::postgres {
namespace detail {
namespace {

spool_entry entry_at(const result_set& lines, std::size_t i) {
    return {.owner = lines.text(i, 0),
            .place = lines.text(i, 1),
            .holder = lines.text(i, 2),
            .owed = lines.int8(i, 3),
            .epoch = lines.int8(i, 4),
            .lost = lines.boolean(i, 5),
            .left = milliseconds(lines.int8(i, 6))};
}

std::string list_text(const sql_scope& s) {
    return fill("select x.owner, x.place, x.holder, x.owed, x.epoch, x.lost, "
                "(extract(epoch from x.lease_until-clock_timestamp())*1000)::bigint "
                "from {0} x where {1}",
                {s.table("tandem_spool"), s.of("x")});
}

std::string report_text(const sql_scope& s) {
    return fill("insert into {0} as x (mig, side, owner, place, holder, lease_until, owed, epoch) "
                "select {1}, '{2}', $1, $2, $3, clock_timestamp()+$4*interval '1 ms', $5, $6 "
                "where exists (select from {3} f where {4}) "
                "on conflict (mig, side, owner) do update set place=excluded.place, "
                "holder=excluded.holder, lease_until=excluded.lease_until, owed=excluded.owed, "
                "epoch=excluded.epoch, lost=false where x.holder=excluded.holder or ($7 and "
                "(x.place=excluded.place or x.lost or x.lease_until<=clock_timestamp()))",
                {s.table("tandem_spool"), std::to_string(s.migration), std::string(1, s.side),
                 s.table("tandem_fence"), s.of("f")});
}

parameters values_of(const spool_report& report) {
    parameters out;
    out.add_bytes(report.owner);
    out.add_bytes(report.place);
    out.add_bytes(report.holder);
    out.add_int8(report.lease.count());
    out.add_int8(report.owed);
    out.add_int8(report.epoch);
    out.add_bool(report.first);
    return out;
}

// Commits; how many rows the statement changed. Parameters: owner, holder.
result<bool> run_for(store_state& state, const spool_entry& seen, std::string sql,
                     const call_context& call) {
    return state.run(call, [&](lease& on) -> result<bool> {
        const statement text = one_off(sql, {oids::text, oids::text});
        parameters values;
        values.add_bytes(seen.owner);
        values.add_bytes(seen.holder);
        pipeline work;
        open_write(work, on, state.control());
        const std::size_t at = work.add(text, std::move(values));
        close_write(work, on, state.control());
        TANDEM_TRY(auto answers, exchange(*on, work, call));
        return answers[at].affected() > 0;
    });
}

} // namespace
} // namespace detail

using detail::fill;
using detail::lease;

result<spool_entry> store::report_spool(const spool_report& report, const call_context& call) {
    return state_->run(call, [&](lease& on) -> result<spool_entry> {
        namespace oids = detail::oids;
        const auto& scope = state_->scope();
        const auto write = detail::one_off(detail::report_text(scope),
                                           {oids::text, oids::text, oids::text, oids::int8,
                                            oids::int8, oids::int8, oids::boolean});
        const auto read =
            detail::one_off(detail::list_text(scope) + " and x.owner=$1", {oids::text});
        detail::parameters owner;
        owner.add_bytes(report.owner);
        detail::pipeline work;
        detail::open_write(work, on, state_->control());
        detail::add_write_locks(work, on, state_->control(), call, 0, std::nullopt);
        work.run(write, detail::values_of(report));
        const std::size_t at = work.add(read, std::move(owner));
        detail::close_write(work, on, state_->control());
        TANDEM_TRY(auto answers, exchange(*on, work, call));
        if (answers[at].rows() == 0) return state_->not_installed();
        return detail::entry_at(answers[at], 0);
    });
}

result<std::vector<spool_entry>> store::spools(const call_context& call) {
    return state_->run(call, [&](lease& on) -> result<std::vector<spool_entry>> {
        const auto read = detail::one_off(detail::list_text(state_->scope()) + " order by x.owner");
        detail::pipeline work;
        work.add(read);
        TANDEM_TRY(auto answers, exchange(*on, work, call));
        std::vector<spool_entry> out;
        for (std::size_t i = 0; i < answers[0].rows(); ++i)
            out.push_back(detail::entry_at(answers[0], i));
        return out;
    });
}

result<bool> store::lose_spool(const spool_entry& seen, const call_context& call) {
    const auto& scope = state_->scope();
    return detail::run_for(*state_, seen,
                           fill("update {0} x set lost=true where {1} and x.owner=$1 and "
                                "x.holder=$2 and x.lease_until<=clock_timestamp()",
                                {scope.table("tandem_spool"), scope.of("x")}),
                           call);
}

result<bool> store::close_spool(const spool_entry& seen, const call_context& call) {
    const auto& scope = state_->scope();
    return detail::run_for(
        *state_, seen,
        fill("delete from {0} x where {1} and x.owner=$1 and x.holder=$2 and "
             "x.lost={2}",
             {scope.table("tandem_spool"), scope.of("x"), seen.lost ? "true" : "false"}),
        call);
}

} // namespace tandem::postgres
