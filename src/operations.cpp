// SPDX-License-Identifier: BSL-1.0
//
// Writes that carry an operation id, their outcomes, and the records on their way to the other
// side. Source: docs/protocol.md, section 14.

#include "operations.hpp"

#include "coordinator.hpp"

namespace tandem::detail {
namespace {

// In front of every fingerprint's content; raised when the form changes.
constexpr std::string_view form = "1";

void add_part(std::string& out, std::string_view part) {
    out += std::to_string(part.size());
    out += ':';
    out += part;
}

void add_key(std::string& out, table_id table, const row_key& at) {
    add_part(out, std::to_string(table));
    add_part(out, at.encoded);
}

/// At most a thousand round trips, so that a pass ends.
constexpr int batches_max = 1000;

} // namespace

std::string content_of(std::span<const write_command> commands) {
    std::string out(form);
    for (const write_command& c : commands) {
        add_part(out, std::to_string(static_cast<int>(c.kind)));
        add_key(out, c.table, c.key);
        for (const cell& value : c.image) {
            out += std::to_string(value.index());
            add_part(out, describe(value));
        }
    }
    return out;
}

std::string content_of(std::span<const table_key> keys) {
    std::string out(form);
    out += "keys";
    for (const table_key& k : keys)
        add_key(out, k.table, k.key);
    return out;
}

result<void> coordinator::check_operation_log() const {
    for (const auto& s : stores_) {
        if (s && !s->keeps_operations()) {
            return error(errc::unsupported, std::string(s->dialect()) +
                                                " is not operation_log: it keeps no record of an "
                                                "operation");
        }
    }
    return success();
}

result<std::optional<operation_claim>> coordinator::claim_of(const std::optional<operation_id>& id,
                                                             std::string_view content) const {
    if (!id) return std::optional<operation_claim>();
    TANDEM_TRY(check_operation_log());
    return std::optional(operation_claim{*id, md5(content), options_.operation_retention});
}

result<write_reply> coordinator::write_once(const write_command& command, const operation_id& id,
                                            const call_context& call) {
    const std::span one(&command, 1);
    TANDEM_TRY(const auto claim, claim_of(id, content_of(one)));
    const std::vector<table_key> keys{{command.table, command.key}};
    write_reply reply;
    const auto write_it = [&](store_transaction& t) -> result<bool> {
        TANDEM_TRY(reply, t.write(command));
        if (reply.status == write_status::exists) return errc::already_exists;
        return true;
    };
    TANDEM_TRY(auto done, run_transaction(keys, isolation::read_committed, claim, call, write_it));
    if (done.repeated) {
        reply.status = done.repeated->writes > 0 ? write_status::committed : write_status::absent;
        reply.version = done.repeated->version;
    }
    return reply;
}

result<operation_outcome> coordinator::outcome(const error& why, const call_options& options) {
    TANDEM_TRY(check_running());
    using enum operation_status;
    if (why.condition() != errc_condition::outcome_unknown) {
        return operation_outcome{not_committed, {}};
    }
    operation_outcome out;
    if (why.transaction_token().empty()) return out;
    const call_context call = context(options.timeout);
    std::optional<error> trouble;
    for (const side s : sides()) {
        const auto found = store_at(s).transaction_status(why.transaction_token(), call);
        if (!found && found.error() != errc::unsupported) trouble = at_side(s, found.error());
        if (!found || found.value() == unknown) continue;
        out.status = found.value();
        return out;
    }
    if (trouble) return *trouble;
    return out;
}

result<std::int64_t> coordinator::relay_operations(side owing, const relay_options& options,
                                                   relay_for whom, monotonic_time deadline) {
    any_store& from = store_at(owing);
    any_store& to = store_at(other(owing));
    const bool drains = whom == relay_for::drain;
    std::int64_t moved = 0;
    if (!from.keeps_operations() || !to.keeps_operations()) return moved;
    for (int i = 0; i < batches_max && clock_->now() < deadline; ++i) {
        const call_context call{std::min(deadline, clock_->now() + options.batch_timeout)};
        TANDEM_TRY(const auto owed, from.owed_operations(options.batch_rows, call));
        if (owed.empty()) break;
        TANDEM_TRY(at_secondary(other(owing), breaker::asker::background, drains, call,
                                [&] { return to.add_operations(owed, call); }));
        TANDEM_TRY(from.operations_delivered(owed, call));
        moved += static_cast<std::int64_t>(owed.size());
        if (owed.size() < options.batch_rows) break;
    }
    return moved;
}

} // namespace tandem::detail
