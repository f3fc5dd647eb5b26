// SPDX-License-Identifier: BSL-1.0
//
// Single writes: one pipeline with one Sync. The locks come first, in a statement of their own; the
// write decides by what it believes the epoch to be, so no answer line means that it was fenced.

#include "postgres/operations.hpp"
#include "postgres/write_texts.hpp"

namespace tandem::postgres {
namespace detail {
namespace {

bool is_by_key(write_kind kind) noexcept {
    return kind == write_kind::erase || kind == write_kind::restate;
}

const write_forms& forms_of(const table_sql& sql, write_kind kind) {
    switch (kind) {
    case write_kind::upsert: return sql.upsert;
    case write_kind::insert: return sql.insert;
    case write_kind::erase: return sql.erase;
    case write_kind::restate: return sql.restate;
    }
    return sql.upsert;
}

const statement& text_of(const table_sql& sql, const write_command& command, bool dual) {
    const write_forms& forms = forms_of(sql, command.kind);
    if (!dual) return forms.plain;
    return command.want_change ? forms.dual_change : forms.dual;
}

result<parameters> values_of(const write_command& command, const write_place& place,
                             const table_plan& plan) {
    parameters values;
    if (is_by_key(command.kind)) {
        TANDEM_TRY(add_key(values, command.key.parts, plan.own));
    } else {
        TANDEM_TRY(add_columns(values, command.image, plan.own));
    }
    values.add_bytes(command.key.encoded);
    values.add_int4(place.bucket);
    values.add_int8(place.epoch);
    if (command.kind == write_kind::restate) values.add_int8(command.above.value);
    return values;
}

// The change as the write's RETURNING gave it: version, intent, columns.
result<void> read_change(write_reply& out, const result_set& line, const write_command& command,
                         const table_plan& plan) {
    change made;
    made.table = command.table;
    made.key = command.key.encoded;
    made.version = out.version;
    made.epoch = out.epoch;
    if (command.kind == write_kind::erase) {
        made.tombstone_epoch = out.epoch;
    } else {
        TANDEM_TRY(auto image, row_at(line, 0, 2, plan.own));
        made.image = std::move(image);
    }
    out.intent = line.int8(0, 1);
    out.change = std::move(made);
    return success();
}

} // namespace

result<write_position> add_write(pipeline& work, const write_command& command,
                                 const write_place& place, const table_plan& plan, bool joint) {
    if (command.kind == write_kind::erase && !plan.own.has_deletes()) {
        return error(errc::unsupported, "table " + plan.own.schema->name +
                                            " is declared without deletes; declare "
                                            "deletes::allowed to erase rows");
    }
    if (command.kind == write_kind::restate && joint) {
        return error(errc::unsupported, "a restated key is for two stores");
    }
    TANDEM_TRY(auto values, values_of(command, place, plan));
    const bool twice = joint && place.dual && command.kind == write_kind::erase;
    const write_position position{
        work.add(text_of(plan.sql, command, place.dual), twice ? values : std::move(values))};
    if (twice) work.add(plan.sql.joint_erase_other, std::move(values));
    return position;
}

result<write_reply> read_write(const replies& answers, write_position position,
                               const write_command& command, const write_place& place,
                               const table_plan& plan, bool joint) {
    write_reply out;
    out.epoch = place.epoch;
    const result_set& line = answers[position.at];
    if (line.rows() == 0) {
        out.status = write_status::fenced;
        return out;
    }
    if (line.is_null(0, 0)) {
        out.status =
            command.kind == write_kind::insert ? write_status::exists : write_status::absent;
        return out;
    }
    out.status = write_status::committed;
    if (joint) return out;
    out.version = {line.int8(0, 0)};
    out.dual = place.dual;
    if (place.dual && command.want_change && command.kind != write_kind::restate) {
        TANDEM_TRY(read_change(out, line, command, plan));
    }
    return out;
}

namespace {

result<write_reply> write_one(store_state& state, lease& on, const table_plan& plan,
                              const write_command& command, route belief,
                              const call_context& call) {
    const bool joint = state.bound().is_joint();
    const write_place place{belief.epoch, is_dual(belief.phase), state.bucket(command.key.encoded)};
    std::optional<int> stripe;
    if (plan.own.has_deletes()) stripe = key_stripe(command.table, command.key.encoded);
    pipeline work;
    open_write(work, on, state.control());
    const std::size_t locks_at =
        add_write_locks(work, on, state.control(), call, place.bucket, stripe);
    if (state.options().early_transaction_id) {
        work.requests[locks_at].wanted = true;
        work.number_at = locks_at;
    }
    TANDEM_TRY(auto position, add_write(work, command, place, plan, joint));
    close_write(work, on, state.control());
    auto answers = exchange(*on, work, call);
    if (!answers) {
        return with_transaction(answers.error(), state.scope(), on->transaction_number());
    }
    return read_write(answers.value(), position, command, place, plan, joint);
}

} // namespace
} // namespace detail

result<write_reply> store::write(const write_command& command, route belief,
                                 const call_context& call) {
    TANDEM_TRY(state_->check(command.table));
    const side which = state_->bound().is_joint() ? primary_of(belief.phase) : state_->bound().side;
    return state_->run(which, command.table, call,
                       [&](detail::lease& on, const detail::table_plan& plan) {
                           return detail::write_one(*state_, on, plan, command, belief, call);
                       });
}

} // namespace tandem::postgres
