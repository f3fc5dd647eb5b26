// SPDX-License-Identifier: BSL-1.0
#include "sqlite/operations.hpp"

#include "tandem/core/clock_source.hpp"
#include "tandem/sqlite/store.hpp"

#include "sqlite/fences.hpp"
#include "sqlite/rows.hpp"

#include <algorithm>

namespace tandem::sqlite {

using detail::snapshot;
using detail::unit;

namespace detail {

namespace {

std::string_view view_of(const operation_fingerprint& f) noexcept {
    return {reinterpret_cast<const char*>(f.data()), f.size()};
}

template <class Bytes>
result<Bytes> bytes_of(std::string_view blob) {
    Bytes out{};
    if (blob.size() != out.size()) {
        return error(errc::corrupt_data, "tandem_operation holds a value that tandem never writes; "
                                         "stop and look at the control tables");
    }
    std::copy(blob.begin(), blob.end(), out.begin());
    return out;
}

/// Of content, committed, version and writes, from column `first` on.
result<operation_record> read_record(const cursor& from, const operation_id& id, int first) {
    operation_record out{.id = id};
    TANDEM_TRY(out.content, bytes_of<operation_fingerprint>(from.blob(first)));
    out.committed = from.integer(first + 1) != 0;
    out.effect = {{from.integer(first + 2)}, from.integer(first + 3)};
    return out;
}

/// In a transaction that holds the write lock.
result<operation_answer> conclude_now(connection& c, const state& s, const operation_id& id,
                                      milliseconds retention, bool& wrote) {
    TANDEM_TRY(const auto f, read_fence(c, s, 0));
    operation_answer out{f, {}};
    if (f.role != role::primary) return out;
    TANDEM_TRY(const auto seen, find_operation(c, s, id));
    out.outcome = outcome_of(id, seen.found, retention, seen.now_ms);
    if (out.outcome) return out;
    TANDEM_TRY(add_operation(c, s, {.id = id}, !s.bound.is_joint()));
    wrote = true;
    out.outcome = operation_outcome{operation_status::not_committed, {}};
    return out;
}

/// Somebody holds the write lock: the operation itself, as far as anybody can tell.
result<operation_answer> pending_at(state& s, const call_context& call) {
    TANDEM_TRY(auto view, snapshot::begin(s, call, layouts::unneeded));
    TANDEM_TRY(const auto f, read_fence(*view, s, 0));
    operation_answer out{f, {}};
    if (f.role == role::primary) {
        out.outcome = operation_outcome{operation_status::pending, {}};
    }
    return out;
}

} // namespace

result<looked_up> find_operation(connection& c, const state& s, const operation_id& id) {
    TANDEM_TRY(auto found, c.prepare(s.sql.control.find_operation));
    found.bind(1, s.bound.id).bind_text(2, s.side_text()).bind_blob(3, id.view());
    TANDEM_TRY(const bool is_there, found.step());
    looked_up out;
    if (!is_there) return out;
    out.now_ms = found.integer(0);
    if (found.is_null(1)) return out;
    TANDEM_TRY(out.found, read_record(found, id, 1));
    return out;
}

result<void> add_operation(connection& c, const state& s, const operation_record& record,
                           bool owed) {
    TANDEM_TRY(auto at, c.prepare(s.sql.control.add_operation));
    at.bind(1, s.bound.id).bind_text(2, s.side_text()).bind_blob(3, record.id.view());
    at.bind_blob(4, view_of(record.content)).bind(5, record.committed ? 1 : 0);
    at.bind(6, owed ? 1 : 0).bind(7, record.effect.version.value).bind(8, record.effect.writes);
    return at.run();
}

} // namespace detail

result<operation_answer> store::conclude(const operation_id& id, milliseconds retention,
                                         const call_context& call) {
    // Time is left to say that somebody else holds the lock.
    call_context brief = call;
    if (call.deadline != monotonic_time::max()) {
        brief.deadline = monotonic_now() + time_left(call) / 2;
    }
    auto open =
        unit::begin(*state_, brief, detail::foreign_keys::ignored, detail::layouts::unneeded);
    if (!open && (open.error() == errc::busy || open.error() == errc::timeout)) {
        return detail::pending_at(*state_, call);
    }
    if (!open) return open.error();
    bool wrote = false;
    TANDEM_TRY(auto answer, detail::conclude_now(*open.value(), *state_, id, retention, wrote));
    if (wrote) {
        TANDEM_TRY(open.value().commit(call));
    }
    return answer;
}

result<std::vector<operation_record>> store::owed_operations(std::size_t limit,
                                                             const call_context& call) {
    TANDEM_TRY(auto view, snapshot::begin(*state_, call, detail::layouts::unneeded));
    TANDEM_TRY(auto found, (*view).prepare(state_->sql.control.owed_operations));
    found.bind(1, state_->bound.id).bind_text(2, state_->side_text());
    found.bind(3, detail::limit_of(limit));
    std::vector<operation_record> out;
    for (;;) {
        TANDEM_TRY(const bool more, found.step());
        if (!more) return out;
        TANDEM_TRY(const auto bytes, detail::bytes_of<operation_id::bytes_type>(found.blob(0)));
        TANDEM_TRY(const auto id, operation_id::from_bytes(bytes));
        TANDEM_TRY(auto record, detail::read_record(found, id, 1));
        out.push_back(std::move(record));
    }
}

result<void> store::add_operations(std::span<const operation_record> records,
                                   const call_context& call) {
    TANDEM_TRY(auto open, unit::begin(*state_, call, detail::foreign_keys::ignored,
                                      detail::layouts::unneeded));
    TANDEM_TRY(detail::read_fence(*open, *state_, 0)); // else it is not installed
    for (const auto& record : records) {
        TANDEM_TRY(detail::add_operation(*open, *state_, record, false));
    }
    return open.commit(call);
}

result<void> store::operations_delivered(std::span<const operation_record> records,
                                         const call_context& call) {
    TANDEM_TRY(auto open, unit::begin(*state_, call, detail::foreign_keys::ignored,
                                      detail::layouts::unneeded));
    for (const auto& record : records) {
        TANDEM_TRY(auto at, open->prepare(state_->sql.control.operation_delivered));
        at.bind(1, state_->bound.id).bind_text(2, state_->side_text());
        TANDEM_TRY(at.bind_blob(3, record.id.view()).run());
    }
    return open.commit(call);
}

result<std::int64_t> store::purge_operations(milliseconds retention, std::size_t limit,
                                             const call_context& call) {
    TANDEM_TRY(auto open, unit::begin(*state_, call, detail::foreign_keys::ignored,
                                      detail::layouts::unneeded));
    TANDEM_TRY(const auto seen, detail::find_operation(*open, *state_, purge_limit(retention, 0)));
    const operation_id end = purge_limit(retention, seen.now_ms);
    std::int64_t purged = 0;
    {
        TANDEM_TRY(auto at, open->prepare(state_->sql.control.purge_operations));
        at.bind(1, state_->bound.id).bind_text(2, state_->side_text());
        TANDEM_TRY(at.bind_blob(3, end.view()).bind(4, detail::limit_of(limit)).run());
        purged = open->changes();
    }
    TANDEM_TRY(open.commit(call));
    return purged;
}

} // namespace tandem::sqlite
