// SPDX-License-Identifier: BSL-1.0
//
// The steps of a switch (protocol, section 5; the letters of core/step.hpp): each one UPDATE of the
// fence rows of all buckets, a compare-and-set run under the exclusive fence locks. Parameters:
//
//   $1 who, $2 why, $3 expected epoch [, $4 phase, $5 floor (enable)] [, $4 mode (A1, A2)]

#include "tandem/core/step.hpp"

#include "postgres/sql.hpp"
#include "postgres/sql_text.hpp"

namespace tandem::postgres::detail {
namespace {

struct step_text {
    step_kind kind;
    std::string_view set;
    std::string_view where;
    std::initializer_list<oid> more = {};
};

} // namespace

void add_step_sql(control_sql& out, const sql_scope& scope) {
    out.durable_commit = make_statement("select set_config('synchronous_commit', 'on', true)");
    const std::string none_owed = fill("not exists (select from {0} o where {1})",
                                       {scope.table("tandem_outbox"), scope.of("o")});
    const std::string none_dirty = fill("not exists (select from {0} y where {1})",
                                        {scope.table("tandem_dirty"), scope.of("y")});
    const std::string no_record = fill("not exists (select from {0} r where {1} and r.owed)",
                                       {scope.table("tandem_operation"), scope.of("r")});
    const std::string decide_where =
        "role='D' and epoch=$3 and " + none_owed + " and " + none_dirty + " and " + no_record;
    const bool joint = scope.joint;
    const std::string_view never = "false and epoch=$3";
    const std::string_view primary = "role='P' and epoch=$3";
    const std::string_view dual = "role='P' and epoch=$3 and phase in (2, 3)";
    const std::initializer_list<oid> phase_and_floor = {oids::int2, oids::int8};
    const std::initializer_list<oid> mode = {oids::single_char};
    const step_text texts[] = {
        {step_kind::begin_handover, joint ? "epoch=$3+1, phase=5-phase" : "epoch=$3+1, role='D'",
         "role='P' and epoch=$3 and synced and phase in (2, 3)"},
        {step_kind::decide, "role='H', phase=5-phase",
         joint ? never : std::string_view(decide_where)},
        {step_kind::enable,
         "role='P', epoch=$3, phase=$4, synced=true, era=$3, floor=greatest(floor, $5)",
         joint ? never : "epoch<$3", phase_and_floor},
        {step_kind::abort, "role='P', epoch=$3+1", joint ? never : "role='D' and epoch=$3"},
        {step_kind::enter_secondary, "role='S', epoch=$3+1, mode=$4", joint ? never : "epoch<$3+1",
         mode},
        {step_kind::enter_primary,
         "epoch=$3+1, era=$3+1, synced=false, mode=$4, phase=case phase when 1 then 2 else 3 end",
         "role='P' and epoch=$3 and phase in (1, 4)", mode},
        {step_kind::leave, "epoch=$3+1, synced=false, phase=case phase when 2 then 1 else 4 end",
         dual},
        {step_kind::roll_primary, "epoch=$3+1", primary},
        {step_kind::roll_secondary, "role='S', epoch=$3", joint ? never : "epoch<$3"},
        {step_kind::mark_synced, "synced=true",
         "role='P' and era=$3 and phase in (2, 3) and not synced"},
        {step_kind::retire, "role='H', epoch=$3, phase=4",
         joint ? never : "role in ('S', 'H') and epoch<=$3"},
    };
    for (const step_text& t : texts) {
        out.steps[static_cast<std::size_t>(t.kind)] = make_statement(
            fill("update {0} f set {1}, changed_at=clock_timestamp(), changed_by=$1, reason=$2 "
                 "where {2} and {3}",
                 {scope.table("tandem_fence"), t.set, scope.of("f"), t.where}),
            with({oids::text, oids::text, oids::int8}, t.more));
    }
}

} // namespace tandem::postgres::detail
