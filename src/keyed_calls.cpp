// SPDX-License-Identifier: BSL-1.0
//
// Reads and writes of a keyed source. A write never asks for the phase: the intent is kept in every
// phase, because nothing could stop a process that believes in an older one.

#include "tandem/table/check_row.hpp"

#include "coordinator.hpp"
#include "keyed_coordinator.hpp"

namespace tandem::detail {
namespace {

/// Notes the outcome of a write whichever way its call ends, an exception of the source included.
class outcome_guard {
public:
    outcome_guard(any_queue& queue, any_clock& clock, std::int64_t id)
        : queue_(queue), clock_(clock), id_(id) {}
    outcome_guard(const outcome_guard&) = delete;
    outcome_guard& operator=(const outcome_guard&) = delete;
    ~outcome_guard() { queue_.note(id_, outcome_, clock_.now()); }
    void known() noexcept { outcome_ = write_outcome::known; }

private:
    any_queue& queue_;
    any_clock& clock_;
    std::int64_t id_;
    write_outcome outcome_ = write_outcome::unknown;
};

/// A write that may still add an intent: close() waits for it.
class write_under_way {
public:
    explicit write_under_way(std::atomic<int>& count) : count_(count) { count_.fetch_add(1); }
    write_under_way(const write_under_way&) = delete;
    write_under_way& operator=(const write_under_way&) = delete;
    ~write_under_way() { count_.fetch_sub(1); }

private:
    std::atomic<int>& count_;
};

} // namespace

result<void> keyed_coordinator::check_running() const {
    switch (state_.load()) { // with writes_, in one order for all: see close()
    case state::created: return error(errc::not_started, "call keyed_migration::start() first");
    case state::closing:
    case state::stopped: return errc::stopped;
    case state::started: break;
    }
    if (inside_host_function::here()) {
        return error(errc::nested_call, "a callback of a backfill must not call tandem");
    }
    return success();
}

call_context keyed_coordinator::context(std::optional<milliseconds> timeout) const {
    return {clock_->now() + timeout.value_or(options_.timeout)};
}

result<std::optional<row>> keyed_coordinator::get(table_id table, const row_key& at,
                                                  const call_options& options) {
    TANDEM_TRY(check_running());
    return source_->get(table, at, context(options.timeout));
}

result<std::vector<row>> keyed_coordinator::scan(table_id table, const key_range& range,
                                                 std::size_t limit, const call_options& options) {
    TANDEM_TRY(check_running());
    return source_->scan(table, range, limit, context(options.timeout));
}

result<void> keyed_coordinator::write(table_id table, const row_key& at,
                                      const std::optional<row>& image,
                                      const call_options& options) {
    const write_under_way counted(writes_);
    TANDEM_TRY(check_running());
    TANDEM_TRY(check_lease());
    const table_schema& schema = tables_[0][table];
    if (at.encoded.size() > options_.limits.key_bytes_max) {
        return error(errc::key_too_large, "table " + schema.name + ": the key takes " +
                                              std::to_string(at.encoded.size()) +
                                              " bytes, more than limits::key_bytes_max");
    }
    if (image) {
        TANDEM_TRY(check_row(schema, *image, options_.limits));
    } else if (schema.deletes == deletes::never) {
        return error(errc::unsupported, "table " + schema.name + " is declared deletes_never");
    }
    const call_context call = context(options.timeout);
    TANDEM_TRY(const auto id, queue_->add({table, at.encoded, marks_[table]}, call));
    outcome_guard outcome(*queue_, *clock_, id);
    auto done = image ? source_->put(table, at, *image, call) : source_->erase(table, at, call);
    if (done || done.error() != errc::outcome_unknown) outcome.known();
    return done;
}

// --- the face the router templates see
// -------------------------------------------------------------

result<std::optional<row>> keyed_calls::get(keyed_coordinator& c, table_id table, const row_key& at,
                                            const call_options& o) {
    return c.counted(call_kind::get, [&] { return c.get(table, at, o); });
}
result<std::vector<row>> keyed_calls::scan(keyed_coordinator& c, table_id table,
                                           const key_range& range, std::size_t limit,
                                           const call_options& o) {
    return c.counted(call_kind::scan, [&] { return c.scan(table, range, limit, o); });
}
result<void> keyed_calls::write(keyed_coordinator& c, table_id table, const row_key& at,
                                const std::optional<row>& image, const call_options& o) {
    return c.counted(image ? call_kind::upsert : call_kind::erase,
                     [&] { return c.write(table, at, image, o); });
}

} // namespace tandem::detail
