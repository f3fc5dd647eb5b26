// SPDX-License-Identifier: BSL-1.0
//
// The registered spools of a keyed source. Rare statements, so their texts are made at each use.
#include "tandem/sqlite/store.hpp"

#include "sqlite/fences.hpp"
#include "sqlite/state.hpp"

namespace tandem::sqlite {

using detail::connection;
using detail::cursor;
using detail::snapshot;
using detail::state;
using detail::unit;

namespace {

constexpr const char* doing = "keeping the register of spools";
// The database's own clock, in milliseconds since 1970.
constexpr const char* now_ms = "CAST(ROUND((julianday('now') - 2440587.5) * 86400000) AS INTEGER)";

std::string of_side(const state& s) {
    return "mig = " + std::to_string(s.bound.id) + " AND side = " + detail::literal(s.side_text());
}

result<std::vector<spool_entry>> list(connection& c, const state& s) {
    TANDEM_TRY(auto found, c.prepare_once("SELECT owner, place, holder, owed, epoch, lost, "
                                          "lease_until - " +
                                              std::string(now_ms) + " FROM tandem_spool WHERE " +
                                              of_side(s) + " ORDER BY owner",
                                          doing));
    std::vector<spool_entry> out;
    for (;;) {
        TANDEM_TRY(const bool more, found.step());
        if (!more) return out;
        out.push_back({.owner = std::string(found.text(0)),
                       .place = std::string(found.text(1)),
                       .holder = std::string(found.text(2)),
                       .owed = found.integer(3),
                       .epoch = found.integer(4),
                       .lost = found.integer(5) != 0,
                       .left = milliseconds(found.integer(6))});
    }
}

result<void> write_report(connection& c, const state& s, const spool_report& report) {
    TANDEM_TRY(auto at,
               c.prepare_once("INSERT INTO tandem_spool(mig, side, owner, place, holder, "
                              "lease_until, owed, epoch, lost) VALUES(" +
                                  std::to_string(s.bound.id) + ", " +
                                  detail::literal(s.side_text()) + ", ?1, ?2, ?3, " + now_ms +
                                  " + ?4, ?5, ?6, 0) ON CONFLICT(mig, side, owner) DO UPDATE SET "
                                  "place = excluded.place, holder = excluded.holder, "
                                  "lease_until = excluded.lease_until, owed = excluded.owed, "
                                  "epoch = excluded.epoch, lost = 0 WHERE holder = excluded.holder "
                                  "OR (?7 AND (place = excluded.place OR lost = 1 OR lease_until "
                                  "<= " +
                                  now_ms + "))",
                              doing));
    at.bind_text(1, report.owner).bind_text(2, report.place).bind_text(3, report.holder);
    at.bind(4, static_cast<std::int64_t>(report.lease.count())).bind(5, report.owed);
    return at.bind(6, report.epoch).bind(7, report.first ? 1 : 0).run();
}

/// Whether the statement changed anything. Parameters 1 owner, 2 holder.
result<bool> run_for(state& s, const spool_entry& seen, const std::string& text,
                     const call_context& call) {
    TANDEM_TRY(auto open,
               unit::begin(s, call, detail::foreign_keys::ignored, detail::layouts::unneeded));
    TANDEM_TRY(detail::read_fences(*open, s));
    {
        TANDEM_TRY(auto at, open->prepare_once(text, doing));
        TANDEM_TRY(at.bind_text(1, seen.owner).bind_text(2, seen.holder).run());
    }
    const bool changed = open->changes() > 0;
    TANDEM_TRY(open.commit(call));
    return changed;
}

} // namespace

result<spool_entry> store::report_spool(const spool_report& report, const call_context& call) {
    auto& s = *state_;
    TANDEM_TRY(auto open,
               unit::begin(s, call, detail::foreign_keys::ignored, detail::layouts::unneeded));
    TANDEM_TRY(detail::read_fences(*open, s));
    TANDEM_TRY(write_report(*open, s, report));
    TANDEM_TRY(auto all, list(*open, s));
    TANDEM_TRY(open.commit(call));
    for (spool_entry& e : all) {
        if (e.owner == report.owner) return std::move(e);
    }
    return error(errc::corrupt_data, "the spool's own registration cannot be read back");
}

result<std::vector<spool_entry>> store::spools(const call_context& call) {
    TANDEM_TRY(auto view, snapshot::begin(*state_, call, detail::layouts::unneeded));
    TANDEM_TRY(detail::read_fences(*view, *state_));
    return list(*view, *state_);
}

result<bool> store::lose_spool(const spool_entry& seen, const call_context& call) {
    return run_for(*state_, seen,
                   "UPDATE tandem_spool SET lost = 1 WHERE " + of_side(*state_) +
                       " AND owner = ?1 AND holder = ?2 AND lease_until <= " + now_ms,
                   call);
}

result<bool> store::close_spool(const spool_entry& seen, const call_context& call) {
    return run_for(*state_, seen,
                   "DELETE FROM tandem_spool WHERE " + of_side(*state_) +
                       " AND owner = ?1 AND holder = ?2 AND lost = " + (seen.lost ? "1" : "0"),
                   call);
}

} // namespace tandem::sqlite
