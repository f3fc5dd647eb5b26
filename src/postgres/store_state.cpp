// SPDX-License-Identifier: BSL-1.0

#include "postgres/store_state.hpp"

#include "tandem/core/clock_source.hpp"

#include "postgres/sql_text.hpp"

#include <algorithm>

namespace tandem::postgres::detail {
namespace {

// Bounded apart from the call's deadline, which may have passed: a connection that cannot even
// roll back is thrown away.
constexpr milliseconds rollback_time{1000};

bool names_control_table(const error& found) {
    return found.server_text().find("tandem_") != std::string_view::npos;
}

} // namespace

result<void> store_state::bind(binding joined) {
    if (joined.tables.empty()) {
        return error(errc::invalid_mapping, "a migration has at least one table");
    }
    if (joined.buckets != 1 && joined.buckets != 1024) {
        return error(errc::invalid_options, "a migration has 1 or 1024 buckets");
    }
    if (joined.is_joint() &&
        (joined.joint.size() != joined.tables.size() || joined.side != side::source)) {
        return error(errc::invalid_mapping, "in same_transaction mode the store is bound as the "
                                            "source and both sides have the same number of tables");
    }
    for (const auto* list : {&joined.tables, &joined.joint}) {
        for (const table_schema& table : *list) {
            TANDEM_TRY(tandem::check(table));
            if (table.version_column.empty() && !joined.is_joint()) {
                return error(errc::invalid_mapping,
                             "table " + table.name + " has no version column; name one");
            }
        }
    }
    bound_ = std::move(joined);
    scope_ = scope_of(bound_, options_.control_schema);
    control_ = make_control_sql(scope_);
    slots_ = std::vector<std::atomic<const table_plan*>>(2 * bound_.tables.size());
    return success();
}

result<void> store_state::check(table_id table) const {
    if (bound_.tables.empty()) return error(errc::not_started, "the store joined no migration");
    if (table < bound_.tables.size()) return success();
    return error(errc::invalid_mapping, "migration \"" + bound_.migration +
                                            "\" has no table number " + std::to_string(table));
}

result<lease> store_state::acquire(const call_context& call) const {
    if (call.deadline != monotonic_time::max() && time_left(call).count() == 0) {
        return error(errc::timeout, "the deadline passed before the operation began");
    }
    return connections_->source().acquire(call);
}

result<live_table> store_state::look_up(side which, table_id table, lease& on,
                                        const call_context& call) const {
    const table_schema& schema = bound_.table(which, table);
    pipeline work;
    parameters path;
    path.add_bytes(quoted_path(schema.name));
    work.add(inspect_statement(), std::move(path));
    TANDEM_TRY(auto answers, exchange(*on, work, call));
    auto live = read_live_table(answers[0]);
    if (!live) {
        return error(errc::schema_mismatch, "table " + schema.name +
                                                " does not exist (as the session's search_path "
                                                "and privileges show it); create it");
    }
    return std::move(*live);
}

result<sql_table> store_state::inspect(side which, table_id table, lease& on,
                                       const call_context& call) const {
    TANDEM_TRY(const live_table live, look_up(which, table, on, call));
    return to_sql_table(bound_.table(which, table), table, live);
}

result<const table_plan*> store_state::plan(side which, table_id table, lease& on,
                                            const call_context& call) {
    if (const table_plan* known = slot(which, table).load(std::memory_order_acquire)) return known;
    if (is_control(on)) {
        TANDEM_TRY(auto data, acquire(call));
        return plan(which, table, data, call);
    }
    table_plan made;
    TANDEM_TRY(made.own, inspect(which, table, on, call));
    if (bound_.is_joint()) {
        TANDEM_TRY(auto second, inspect(other(which), table, on, call));
        made.sql = make_table_sql(scope_, made.own, &second);
    } else {
        made.sql = make_table_sql(scope_, made.own, nullptr);
    }
    const std::lock_guard lock(mutex_);
    plans_.push_back(std::make_unique<const table_plan>(std::move(made)));
    slot(which, table).store(plans_.back().get(), std::memory_order_release);
    return plans_.back().get();
}

void store_state::forget_plans() noexcept {
    for (auto& s : slots_)
        s.store(nullptr, std::memory_order_release);
}

bool store_state::recover(lease& on, const call_context& call) {
    if (!on->stale() || on->broken()) return false;
    if (on->in_transaction()) roll_back(on, control_, call);
    if (on->broken()) return false;
    on->forget_statements();
    forget_plans();
    return true;
}

error store_state::close_after_error(lease& on, error found, const call_context& call) const {
    const std::string state = on->sqlstate();
    if (!on->broken() && on->in_transaction()) roll_back(on, control_, call);
    if ((state == "42P01" || state == "42883" || state == "3F000") && names_control_table(found)) {
        return not_installed();
    }
    return found;
}

error store_state::not_installed() const {
    return {errc::not_installed, "migration \"" + bound_.migration +
                                     "\" is not installed in this database (control schema " +
                                     options_.control_schema + "); call install() once"};
}

std::optional<server_timeouts> timeouts_for(const lease& on, const call_context& call) {
    const pool_options& session = on.options();
    const milliseconds own_statement = session.statement_timeout, own_lock = session.lock_timeout;
    const bool bounded = call.deadline != monotonic_time::max();
    if (!bounded && (!on->is_shared() || own_statement.count() == 0)) return std::nullopt;
    milliseconds statement = own_statement;
    if (bounded) {
        const milliseconds left = time_left(call);
        if (!on->is_shared() && own_statement.count() > 0 && left >= own_statement) {
            return std::nullopt;
        }
        // The server gives up a little earlier than we do, so that its answer, which is definite,
        // still arrives.
        const milliseconds margin = std::clamp(left / 10, milliseconds(5), milliseconds(200));
        const milliseconds usable = std::max(left - margin, milliseconds(1));
        statement = own_statement.count() > 0 ? std::min(usable, own_statement) : usable;
    }
    // A wait for a lock ends before its statement does: "busy" says more than "timeout".
    const milliseconds usable_lock =
        std::max(statement - std::clamp(statement / 10, milliseconds(1), milliseconds(100)),
                 milliseconds(1));
    const milliseconds lock = own_lock.count() > 0 ? std::min(own_lock, usable_lock) : usable_lock;
    return server_timeouts{std::to_string(lock.count()), std::to_string(statement.count())};
}

void open_write(pipeline& work, const lease& on, const control_sql& sql) {
    if (on->is_shared()) work.run(sql.begin[static_cast<std::size_t>(isolation::read_committed)]);
}

void close_write(pipeline& work, const lease& on, const control_sql& sql) {
    work.outcome = on->is_shared() ? effect::commits_at_last : effect::commits_at_sync;
    if (on->is_shared()) work.run(sql.commit);
}

std::size_t add_write_locks(pipeline& work, const lease& on, const control_sql& sql,
                            const call_context& call, int bucket, std::optional<int> stripe) {
    parameters values;
    values.add_int4(bucket);
    if (stripe) values.add_int4(*stripe);
    const auto timed = timeouts_for(on, call);
    if (timed) {
        values.add_bytes(timed->lock);
        values.add_bytes(timed->statement);
    }
    const statement& text = stripe ? (timed ? sql.lock_write_timed : sql.lock_write)
                                   : (timed ? sql.lock_fence_timed : sql.lock_fence);
    work.run(text, std::move(values));
    return work.requests.size() - 1;
}

void add_timeouts(pipeline& work, const lease& on, const control_sql& sql,
                  const call_context& call) {
    const auto timed = timeouts_for(on, call);
    if (!timed) return;
    parameters values;
    values.add_bytes(timed->lock);
    values.add_bytes(timed->statement);
    work.run(sql.set_timeouts, std::move(values));
}

void limit_idle(pipeline& work, const lease& on, const control_sql& sql) {
    const milliseconds limit = on.options().idle_in_transaction_timeout;
    if (!on->is_shared() || limit.count() <= 0) return; // else the session has it
    parameters values;
    values.add_bytes(std::to_string(limit.count()));
    work.run(sql.set_idle_timeout, std::move(values));
}

void roll_back(lease& on, const control_sql& sql, const call_context& call) {
    pipeline work;
    work.add(sql.rollback);
    call_context bounded = call;
    bounded.deadline = std::max(call.deadline, monotonic_now() + rollback_time);
    if (call.deadline == monotonic_time::max())
        bounded.deadline = monotonic_now() + 10 * rollback_time;
    static_cast<void>(exchange(*on, work, bounded));
}

} // namespace tandem::postgres::detail
