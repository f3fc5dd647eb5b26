// SPDX-License-Identifier: BSL-1.0
//
// The calls of the routers: each is a routed attempt at the primary's store.

#include "tandem/table/check_row.hpp"

#include "coordinator.hpp"
#include "operations.hpp"

#include <algorithm>

namespace tandem::detail {
namespace {

thread_local bool host_function_runs = false;

/// Every bucket of the fences serves reads.
bool all_serve(const fences& all) noexcept {
    return !all.empty() &&
           std::all_of(all.begin(), all.end(), [](const fence& f) { return is_authority(f.role); });
}

/// Nothing was done, and the store itself is the reason.
bool is_out_of_reach(const error& why) noexcept {
    return why == errc::unavailable || why == errc::authentication || why == errc::read_only;
}

call_kind kind_of(write_kind kind) noexcept {
    switch (kind) {
    case write_kind::upsert: return call_kind::upsert;
    case write_kind::insert: return call_kind::insert;
    case write_kind::erase:
    case write_kind::restate: break; // never a call of the service
    }
    return call_kind::erase;
}

} // namespace

inside_host_function::inside_host_function() noexcept { host_function_runs = true; }
inside_host_function::~inside_host_function() { host_function_runs = false; }
bool inside_host_function::here() noexcept { return host_function_runs; }

result<void> coordinator::check_running() const {
    switch (state_.load(std::memory_order_acquire)) {
    case state::created: return error(errc::not_started, "call migration::start() first");
    case state::stopped: return errc::stopped;
    case state::started: break;
    }
    if (inside_host_function::here()) {
        return error(errc::nested_call,
                     "a function given to update, modify or transaction must not "
                     "call tandem");
    }
    return success();
}

template <class F>
result<void> coordinator::routed(int at_bucket, routing_machine::needs needs,
                                 const call_context& call, F&& f) {
    using action = routing_machine::action;
    routing_machine machine(routes_.find(at_bucket), needs);
    bool looked_elsewhere = false;
    bool again = false;
    action next = machine.resume(routing_machine::begin{});
    while (next != action::done) {
        switch (next) {
        case action::attempt: {
            const side which = joint() ? machine.belief().primary() : machine.at();
            const auto begun = meter_ ? clock_->now() : monotonic_time();
            auto outcome = f(store_at(machine.at()), which, machine.belief());
            if (meter_) {
                meter_->attempted(machine.at(), again,
                                  outcome && outcome.value() == attempt::refused,
                                  clock_->now() - begun);
            }
            again = true;
            if (!outcome && outcome.error() == errc::schema_mismatch) {
                // A version column that went with its migration.
                const auto fences_there = store_at(machine.at()).read_fences(call);
                if (!fences_there && fences_there.error() == errc::not_installed) {
                    outcome = fences_there.error();
                }
            }
            if (!outcome && is_out_of_reach(outcome.error()) && !looked_elsewhere) {
                // The side that was left behind may be gone for good: is the authority elsewhere?
                looked_elsewhere = true;
                (void)read_fences_of(at_bucket, call, look::at_both);
                const route now = routes_.find(at_bucket);
                if (now == machine.belief()) {
                    next = machine.resume(routing_machine::failed{outcome.error()});
                } else {
                    machine = routing_machine(now, needs);
                    next = machine.resume(routing_machine::begin{});
                }
            } else if (!outcome) {
                next = machine.resume(routing_machine::failed{outcome.error()});
            } else if (outcome.value() == attempt::accepted) {
                next = machine.resume(routing_machine::accepted{});
            } else {
                next = machine.resume(routing_machine::refused{});
            }
            break;
        }
        case action::read_fences:
            next = machine.resume(read_fences_of(at_bucket, call, look::for_primary));
            break;
        case action::enable:
            enable(machine.heir(), call);
            next = machine.resume(routing_machine::enable_tried{});
            break;
        case action::wait: {
            const auto until = std::min(call.deadline, clock_->now() + machine.pause());
            clock_->sleep_until(until);
            next = machine.resume(
                routing_machine::waited{clock_->now() >= call.deadline || stopped()});
            break;
        }
        case action::done: break;
        }
    }
    if (machine.failure()) return *machine.failure();
    return success();
}

result<read_reply> coordinator::get(table_id table, const row_key& at,
                                    const call_options& options) {
    TANDEM_TRY(check_running());
    const call_context call = context(options.timeout);
    read_reply reply;
    const auto here = [&](any_store& store, side which, const route&) -> result<attempt> {
        TANDEM_TRY(auto answer, store.read(which, table, at, call));
        const bool serves = is_authority(answer.fence.role) &&
                            (!joint() || primary_of(answer.fence.phase) == which);
        if (!serves) return attempt::refused;
        reply = std::move(answer);
        return attempt::accepted;
    };
    TANDEM_TRY(routed(bucket(at), routing_machine::needs::readable, call, here));
    return reply;
}

result<std::vector<std::optional<stored_row>>>
coordinator::get_many(table_id table, std::span<const row_key> at, const call_options& options) {
    TANDEM_TRY(check_running());
    if (at.empty()) return std::vector<std::optional<stored_row>>();
    if (at.size() > options_.limits.batch_rows_max) {
        return error(errc::batch_too_large,
                     "at most " + std::to_string(options_.limits.batch_rows_max) + " keys a call");
    }
    const call_context call = context(options.timeout);
    std::vector<std::optional<stored_row>> rows;
    const auto here = [&](any_store& store, side which, const route&) -> result<attempt> {
        TANDEM_TRY(auto answer, store.read_many(which, table, at, call));
        for (const row_key& k : at) {
            const fence& f = answer.fences[static_cast<std::size_t>(bucket(k))];
            if (!is_authority(f.role)) return attempt::refused;
            if (joint() && primary_of(f.phase) != which) return attempt::refused;
        }
        rows = std::move(answer.rows);
        return attempt::accepted;
    };
    TANDEM_TRY(routed(bucket(at.front()), routing_machine::needs::readable, call, here));
    return rows;
}

result<std::vector<stored_row>> coordinator::scan(table_id table, const key_range& range,
                                                  std::size_t limit, const call_options& options) {
    TANDEM_TRY(check_running());
    const call_context call = context(options.timeout);
    std::vector<stored_row> rows;
    const auto here = [&](any_store& store, side which, const route&) -> result<attempt> {
        TANDEM_TRY(auto answer, store.scan(which, table, range, limit, call));
        if (!all_serve(answer.fences)) return attempt::refused;
        if (joint() && primary_of(answer.fences.front().phase) != which) {
            return attempt::refused;
        }
        rows = std::move(answer.rows);
        return attempt::accepted;
    };
    TANDEM_TRY(routed(0, routing_machine::needs::readable, call, here));
    return rows;
}

result<void> coordinator::check_command(const write_command& command) const {
    const table_schema& schema = tables_[0][command.table];
    if (command.key.encoded.size() > options_.limits.key_bytes_max) {
        return error(errc::key_too_large, "table " + schema.name + ": the key takes " +
                                              std::to_string(command.key.encoded.size()) +
                                              " bytes, more than limits::key_bytes_max");
    }
    if (command.kind == write_kind::erase) {
        if (schema.deletes == deletes::never) {
            return error(errc::unsupported, "table " + schema.name + " is declared deletes_never");
        }
        return success();
    }
    if (command.kind == write_kind::restate) return success();
    return check_row(schema, command.image, options_.limits);
}

result<write_reply> coordinator::write(write_command command, const call_options& options) {
    TANDEM_TRY(check_running());
    TANDEM_TRY(check_command(command));
    command.want_change = wants_change();
    const call_context call = context(options.timeout);
    if (options.operation) return write_once(command, *options.operation, call);
    write_reply reply;
    side primary = side::source;
    const auto here = [&](any_store& store, side which, const route& belief) -> result<attempt> {
        TANDEM_TRY(auto answer, store.write(command, belief, call));
        if (answer.status == write_status::fenced) return attempt::refused;
        reply = std::move(answer);
        primary = which;
        return attempt::accepted;
    };
    TANDEM_TRY(routed(bucket(command.key), routing_machine::needs::writable, call, here));
    if (reply.status == write_status::exists) return errc::already_exists;
    if (reply.change) deliver(primary, std::span(&reply, 1), call);
    return reply;
}

result<std::vector<table_key>> coordinator::sorted_keys(std::vector<table_key> keys) const {
    if (keys.empty())
        return error(errc::invalid_options, "a transaction declares at least one key");
    if (keys.size() > options_.limits.batch_rows_max) {
        return error(errc::batch_too_large,
                     "at most " + std::to_string(options_.limits.batch_rows_max) + " rows a call");
    }
    const auto place = [](const table_key& k) { return std::tie(k.table, k.key.encoded); };
    std::sort(keys.begin(), keys.end(),
              [&](const table_key& a, const table_key& b) { return place(a) < place(b); });
    const auto twice =
        std::adjacent_find(keys.begin(), keys.end(), [&](const table_key& a, const table_key& b) {
            return place(a) == place(b);
        });
    if (twice != keys.end()) {
        return error(errc::duplicate_key,
                     "table " + tables_[0][twice->table].name + ": a key stands twice");
    }
    return keys;
}

result<coordinator::transacted>
coordinator::run_transaction(std::span<const table_key> keys, isolation level,
                             const std::optional<operation_claim>& claim, const call_context& call,
                             const std::function<result<bool>(store_transaction&)>& f) {
    transacted out;
    side primary = side::source;
    const auto here = [&](any_store& store, side which, const route&) -> result<attempt> {
        TANDEM_TRY(auto begun,
                   claim ? store.begin(keys, level, *claim, call) : store.begin(keys, level, call));
        if (begun.repeated) {
            out.repeated = begun.repeated;
            return attempt::accepted;
        }
        if (!begun.transaction) return attempt::refused;
        primary = which;
        TANDEM_TRY(const bool commit, f(*begun.transaction));
        if (!commit && !claim) return attempt::accepted;
        TANDEM_TRY(out.replies, begun.transaction->commit());
        return attempt::accepted;
    };
    TANDEM_TRY(routed(bucket(keys.front().key), routing_machine::needs::writable, call, here));
    if (wants_change()) deliver(primary, out.replies, call);
    return out;
}

result<operation_effect> coordinator::write_all(std::vector<write_command> commands,
                                                const call_options& options) {
    TANDEM_TRY(check_running());
    operation_effect effect;
    if (commands.empty()) return effect;
    std::vector<table_key> keys;
    keys.reserve(commands.size());
    for (auto& c : commands) {
        TANDEM_TRY(check_command(c));
        c.want_change = wants_change();
        keys.push_back({c.table, c.key});
    }
    TANDEM_TRY(auto sorted, sorted_keys(std::move(keys)));
    std::sort(commands.begin(), commands.end(), [](const write_command& a, const write_command& b) {
        return std::tie(a.table, a.key.encoded) < std::tie(b.table, b.key.encoded);
    });
    const call_context call = context(options.timeout);
    TANDEM_TRY(const auto claim,
               claim_of(options.operation, options.operation ? content_of(commands) : ""));
    TANDEM_TRY(const auto done, run_transaction(sorted, isolation::read_committed, claim, call,
                                                [&](store_transaction& t) -> result<bool> {
                                                    TANDEM_TRY(auto replies, t.write_all(commands));
                                                    for (const auto& r : replies) {
                                                        if (r.status == write_status::exists)
                                                            return errc::already_exists;
                                                    }
                                                    return true;
                                                }));
    if (done.repeated) return *done.repeated;
    for (const write_reply& r : done.replies) {
        if (r.status != write_status::committed) continue;
        ++effect.writes;
        effect.version = r.version;
    }
    return effect;
}

result<row> coordinator::checked_image(table_id table, const row_key& at, row wanted) const {
    const table_schema& schema = tables_[0][table];
    if (encode_stored_key(schema.key_of(wanted)) != at.encoded) {
        return error(errc::unsupported,
                     "table " + schema.name +
                         ": the function changed the key of the record; erase the "
                         "one and insert the other");
    }
    return wanted;
}

result<write_reply> coordinator::modify(table_id table, row_key at, const row_function& f,
                                        const call_options& options) {
    TANDEM_TRY(check_running());
    const call_context call = context(options.timeout);
    const std::vector<table_key> keys{{table, at}};
    const auto change_it = [&](store_transaction& t) -> result<bool> {
        TANDEM_TRY(auto present, t.get(table, at));
        std::optional<row> wanted;
        {
            const inside_host_function guard;
            TANDEM_TRY(auto given, f(present));
            wanted = std::move(given);
        }
        if (!present && !wanted) return false;
        write_command command{.kind = wanted ? write_kind::upsert : write_kind::erase,
                              .table = table,
                              .key = at,
                              .want_change = wants_change()};
        if (wanted) {
            TANDEM_TRY(auto image, checked_image(table, at, std::move(*wanted)));
            command.image = std::move(image);
        }
        TANDEM_TRY(check_command(command));
        TANDEM_TRY(t.write(command));
        return true;
    };
    TANDEM_TRY(const auto claim,
               claim_of(options.operation, options.operation ? content_of(keys) : ""));
    TANDEM_TRY(auto done, run_transaction(keys, isolation::read_committed, claim, call, change_it));
    write_reply reply{.status = write_status::absent};
    if (!done.replies.empty()) reply = std::move(done.replies.back());
    if (done.repeated) reply.version = done.repeated->version;
    return reply;
}

result<void> coordinator::transact(std::vector<table_key> keys,
                                   const std::function<result<void>(transaction&)>& f,
                                   const transaction_options& options) {
    TANDEM_TRY(check_running());
    TANDEM_TRY(auto sorted, sorted_keys(std::move(keys)));
    const call_context call = context(options.timeout);
    const auto work = [&](store_transaction& t) -> result<bool> {
        const inside_host_function guard;
        transaction handle(t, sorted, options_.limits, tables_[0], wants_change());
        TANDEM_TRY(f(handle));
        return true;
    };
    TANDEM_TRY(const auto claim,
               claim_of(options.operation, options.operation ? content_of(sorted) : ""));
    TANDEM_TRY(run_transaction(sorted, options.level, claim, call, work));
    return success();
}

result<operation_outcome> coordinator::outcome(const operation_id& id,
                                               const call_options& options) {
    TANDEM_TRY(check_running());
    TANDEM_TRY(check_operation_log());
    const call_context call = context(options.timeout);
    operation_outcome out;
    const auto ask = [&](any_store& store, side, const route&) -> result<attempt> {
        TANDEM_TRY(const auto answer, store.conclude(id, options_.operation_retention, call));
        if (!answer.outcome) return attempt::refused;
        out = *answer.outcome;
        return attempt::accepted;
    };
    // All buckets change their fences together, so that any of them will do.
    TANDEM_TRY(routed(0, routing_machine::needs::writable, call, ask));
    return out;
}

// --- the face the router templates see
// -------------------------------------------------------------

result<read_reply> calls::get(coordinator& c, table_id table, const row_key& at,
                              const call_options& o) {
    return c.counted(call_kind::get, [&] { return c.get(table, at, o); });
}
result<std::vector<std::optional<stored_row>>> calls::get_many(coordinator& c, table_id table,
                                                               std::span<const row_key> at,
                                                               const call_options& o) {
    return c.counted(call_kind::get_many, [&] { return c.get_many(table, at, o); });
}
result<std::vector<stored_row>> calls::scan(coordinator& c, table_id table, const key_range& range,
                                            std::size_t limit, const call_options& o) {
    return c.counted(call_kind::scan, [&] { return c.scan(table, range, limit, o); });
}
result<write_reply> calls::write(coordinator& c, write_command command, const call_options& o) {
    return c.counted(kind_of(command.kind), [&] { return c.write(std::move(command), o); });
}
result<operation_effect> calls::write_all(coordinator& c, std::vector<write_command> commands,
                                          const call_options& o) {
    return c.counted(call_kind::batch, [&] { return c.write_all(std::move(commands), o); });
}
result<write_reply> calls::modify(coordinator& c, table_id table, row_key at, const row_function& f,
                                  const call_options& o) {
    return c.counted(call_kind::modify, [&] { return c.modify(table, std::move(at), f, o); });
}

} // namespace tandem::detail
