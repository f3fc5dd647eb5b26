// SPDX-License-Identifier: BSL-1.0
//
// What became of an operation or a transaction, and the records on their way to the other side.

#include "postgres/codec.hpp"
#include "postgres/operations.hpp"

#include <algorithm>

namespace tandem::postgres {
namespace detail {
namespace {

// "pg:O:123"
std::string token_prefix(const sql_scope& scope) {
    return "pg:" + std::string(1, scope.side) + ":";
}

template <class Bytes>
std::string_view view_of(const Bytes& value) noexcept {
    return {reinterpret_cast<const char*>(value.data()), value.size()};
}

template <class Bytes>
result<Bytes> bytes_of(std::string_view value) {
    Bytes out{};
    if (value.size() != out.size()) {
        return error(errc::corrupt_data, "tandem_operation holds a value that tandem never writes; "
                                         "stop and look at the control tables");
    }
    std::copy(value.begin(), value.end(), out.begin());
    return out;
}

// Of content, committed, version and writes, from column 1 on.
result<operation_record> record_in(const result_set& lines, std::size_t line,
                                   const operation_id& id) {
    operation_record out{.id = id};
    TANDEM_TRY(out.content, bytes_of<operation_fingerprint>(lines.at(line, 1)));
    out.committed = lines.boolean(line, 2);
    out.effect = {{lines.int8(line, 3)}, lines.int8(line, 4)};
    return out;
}

parameters ids_of(std::span<const operation_record> records) {
    parameters out;
    array_writer ids(out, oids::uuid);
    for (const operation_record& r : records)
        ids.add_bytes(r.id.view());
    ids.finish();
    return out;
}

parameters arrays_of(std::span<const operation_record> records) {
    parameters out = ids_of(records);
    const auto add = [&](oid type, auto&& add_one) {
        array_writer values(out, type);
        for (const operation_record& r : records)
            add_one(values, r);
        values.finish();
    };
    add(oids::bytea, [](auto& v, const auto& r) { v.add_bytes(view_of(r.content)); });
    add(oids::int4, [](auto& v, const auto& r) { v.add_int4(r.committed ? 1 : 0); });
    add(oids::int8, [](auto& v, const auto& r) { v.add_int8(r.effect.version.value); });
    add(oids::int8, [](auto& v, const auto& r) { v.add_int8(r.effect.writes); });
    return out;
}

result<operation_answer> conclude(store_state& state, lease& on, const operation_id& id,
                                  milliseconds retention, const call_context& call) {
    const control_sql& sql = state.control();
    parameters bucket;
    const int first[] = {0};
    add_int4_array(bucket, first);
    pipeline work;
    work.run(sql.begin[static_cast<std::size_t>(isolation::read_committed)]);
    limit_idle(work, on, sql);
    add_timeouts(work, on, sql, call);
    const std::size_t fence_at = work.add(sql.enter, std::move(bucket));
    const std::size_t free_at = work.add(sql.try_lock_operation, lock_of(state.scope(), id));
    const std::size_t found_at = work.add(sql.find_operation, name_of(id));
    TANDEM_TRY(auto answers, exchange(*on, work, call));
    const fences entered = fences_of(answers[fence_at]);
    if (entered.empty() || entered.front().epoch == 0) return state.not_installed();
    operation_answer out{entered.front(), {}};
    if (out.fence.role == role::primary) {
        TANDEM_TRY(const auto seen, looked_up_in(answers[found_at], id));
        out.outcome = outcome_of(id, seen.found, retention, seen.now_ms);
        if (!out.outcome && !answers[free_at].boolean(0, 0)) {
            out.outcome = operation_outcome{operation_status::pending, {}};
        }
    }
    if (out.outcome || out.fence.role != role::primary) {
        roll_back(on, sql, call);
        return out;
    }
    pipeline last;
    last.outcome = effect::commits_at_last;
    last.run(sql.add_operation, values_of(operation_record{.id = id}));
    last.run(sql.commit);
    TANDEM_TRY(exchange(*on, last, call));
    out.outcome = operation_outcome{operation_status::not_committed, {}};
    return out;
}

result<result_set> write_one(store_state& state, lease& on, const statement& text,
                             parameters values, const call_context& call) {
    pipeline work;
    open_write(work, on, state.control());
    work.run(state.control().by_index);
    const std::size_t at = work.add(text, std::move(values));
    close_write(work, on, state.control());
    TANDEM_TRY(auto answers, exchange(*on, work, call));
    return std::move(answers[at]);
}

operation_status status_of(const result_set& line) {
    if (line.rows() == 0 || line.is_null(0, 0)) return operation_status::unknown;
    const std::string text = line.text(0, 0);
    if (text == "committed") return operation_status::committed;
    if (text == "aborted") return operation_status::not_committed;
    return text == "in progress" ? operation_status::pending : operation_status::unknown;
}

} // namespace

result<looked_up> looked_up_in(const result_set& line, const operation_id& id) {
    looked_up out;
    if (line.rows() == 0) return out;
    out.now_ms = line.int8(0, 0);
    if (line.is_null(0, 1)) return out;
    TANDEM_TRY(out.found, record_in(line, 0, id));
    return out;
}

parameters lock_of(const sql_scope& scope, const operation_id& id) {
    std::uint64_t bits = 0;
    for (std::size_t i = 8; i < 16; ++i)
        bits = (bits << 8) | id.bytes()[i];
    bits ^= static_cast<std::uint32_t>(scope.migration);
    bits ^= static_cast<std::uint64_t>(static_cast<unsigned char>(scope.side)) << 32;
    parameters out;
    out.add_int8(static_cast<std::int64_t>(bits));
    return out;
}

parameters name_of(const operation_id& id) {
    parameters out;
    out.add_bytes(id.view());
    return out;
}

parameters values_of(const operation_record& record) {
    parameters out = name_of(record.id);
    out.add_bytes(view_of(record.content));
    out.add_bool(record.committed);
    out.add_int8(record.effect.version.value);
    out.add_int8(record.effect.writes);
    return out;
}

error with_transaction(error found, const sql_scope& scope, std::int64_t xid) {
    if (found != errc::outcome_unknown || xid == 0) return found;
    return found.with_token(token_prefix(scope) + std::to_string(xid));
}

} // namespace detail

using detail::lease;
using detail::parameters;
using detail::pipeline;

result<operation_answer> store::conclude(const operation_id& id, milliseconds retention,
                                         const call_context& call) {
    return state_->run(
        call, [&](lease& on) { return detail::conclude(*state_, on, id, retention, call); });
}

result<std::vector<operation_record>> store::owed_operations(std::size_t limit,
                                                             const call_context& call) {
    return state_->run(call, [&](lease& on) -> result<std::vector<operation_record>> {
        parameters most;
        most.add_int8(static_cast<std::int64_t>(limit));
        pipeline work;
        work.add(state_->control().owed_operations, std::move(most));
        TANDEM_TRY(auto answers, exchange(*on, work, call));
        std::vector<operation_record> out;
        for (std::size_t line = 0; line < answers[0].rows(); ++line) {
            TANDEM_TRY(const auto bytes,
                       detail::bytes_of<operation_id::bytes_type>(answers[0].at(line, 0)));
            TANDEM_TRY(const auto id, operation_id::from_bytes(bytes));
            TANDEM_TRY(auto record, detail::record_in(answers[0], line, id));
            out.push_back(std::move(record));
        }
        return out;
    });
}

result<void> store::add_operations(std::span<const operation_record> records,
                                   const call_context& call) {
    return state_->run(call, [&](lease& on) -> result<void> {
        const detail::control_sql& sql = state_->control();
        pipeline work;
        detail::open_write(work, on, sql);
        detail::add_write_locks(work, on, sql, call, 0, std::nullopt);
        const std::size_t at = work.add(sql.fence_rows);
        work.run(sql.add_operations, detail::arrays_of(records));
        detail::close_write(work, on, sql);
        TANDEM_TRY(auto answers, exchange(*on, work, call));
        if (answers[at].rows() == 0) return state_->not_installed();
        return success();
    });
}

result<void> store::operations_delivered(std::span<const operation_record> records,
                                         const call_context& call) {
    return state_->run(call, [&](lease& on) -> result<void> {
        TANDEM_TRY(detail::write_one(*state_, on, state_->control().operations_delivered,
                                     detail::ids_of(records), call));
        return success();
    });
}

result<std::int64_t> store::purge_operations(milliseconds retention, std::size_t limit,
                                             const call_context& call) {
    return state_->run(call, [&](lease& on) -> result<std::int64_t> {
        parameters values;
        values.add_int8((retention + operation_margin).count());
        values.add_int8(static_cast<std::int64_t>(limit));
        TANDEM_TRY(auto done, detail::write_one(*state_, on, state_->control().purge_operations,
                                                std::move(values), call));
        return done.affected();
    });
}

result<operation_status> store::transaction_status(std::string_view token,
                                                   const call_context& call) {
    TANDEM_TRY(state_->check(0));
    const std::string prefix = detail::token_prefix(state_->scope());
    if (!token.starts_with(prefix)) return operation_status::unknown;
    const std::string xid(token.substr(prefix.size()));
    if (xid.empty() || xid.size() > 20 || xid.find_first_not_of("0123456789") != xid.npos) {
        return operation_status::unknown;
    }
    return state_->run(call, [&](lease& on) -> result<operation_status> {
        parameters number;
        number.add_bytes(xid);
        pipeline work;
        work.add(state_->control().transaction_status, std::move(number));
        auto answers = exchange(*on, work, call);
        if (answers) return detail::status_of(answers.value()[0]);
        // A number of the future: this is not the server that gave it out.
        if (on->sqlstate() == "22023") return operation_status::unknown;
        return answers.error();
    });
}

} // namespace tandem::postgres
