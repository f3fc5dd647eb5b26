// SPDX-License-Identifier: BSL-1.0
//
// The outbox: what is owed to the other side. Intents are thin; the row is read with them, in one
// read transaction.
#include "tandem/core/key.hpp"
#include "tandem/sqlite/store.hpp"

#include "sqlite/fences.hpp"
#include "sqlite/rows.hpp"

namespace tandem::sqlite {

using detail::snapshot;
using detail::unit;

namespace detail {

namespace {

constexpr std::size_t error_bytes_max = 1'000;

/// Cut between characters.
std::string_view shortened(std::string_view text) noexcept {
    if (text.size() <= error_bytes_max) return text;
    std::size_t end = error_bytes_max;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80)
        --end;
    return text.substr(0, end);
}

/// The intents alone, their keys still to be looked up.
result<std::vector<std::pair<owed_change, tombstone>>> list_intents(connection& c, const state& s,
                                                                    std::int64_t after,
                                                                    std::size_t limit,
                                                                    owed_scope scope) {
    TANDEM_TRY(auto found, c.prepare(s.sql.control.owed));
    found.bind(1, s.bound.id).bind_text(2, s.side_text()).bind(3, after).bind(4, limit_of(limit));
    found.bind(5, scope == owed_scope::all ? 1 : 0);
    std::vector<std::pair<owed_change, tombstone>> intents;
    for (;;) {
        TANDEM_TRY(const bool more, found.step());
        if (!more) return intents;
        owed_change owed{.id = found.integer(0)};
        owed.change.table = static_cast<table_id>(found.integer(1));
        owed.change.key = std::string(found.blob(2));
        owed.change.epoch = found.integer(4);
        owed.attempts = static_cast<int>(found.integer(5));
        const tombstone fallback{{found.integer(3)}, found.integer(4)};
        TANDEM_TRY(s.ready(owed.change.table));
        intents.emplace_back(std::move(owed), fallback);
    }
}

/// Removes an intent, and what failed before of its key: that was delivered with it.
result<void> settle_one(connection& c, const state& s, std::int64_t id) {
    std::int64_t table = 0, up_to = 0;
    std::string key;
    {
        TANDEM_TRY(auto found, c.prepare(s.sql.control.find_intent));
        found.bind(1, s.bound.id).bind_text(2, s.side_text()).bind(3, id);
        TANDEM_TRY(const bool is_there, found.step());
        if (!is_there) return success(); // another relay was faster, or another migration's
        table = found.integer(0);
        key = found.blob(1);
        up_to = found.integer(2);
    }
    TANDEM_TRY(auto gone, c.prepare(s.sql.control.settle));
    TANDEM_TRY(gone.bind(1, s.bound.id).bind_text(2, s.side_text()).bind(3, id).run());
    for (const auto* text : {&s.sql.control.settle_key, &s.sql.control.settle_failure}) {
        TANDEM_TRY(auto at, c.prepare(*text));
        at.bind(1, s.bound.id).bind_text(2, s.side_text()).bind(3, table);
        TANDEM_TRY(at.bind_blob(4, key).bind(5, up_to).run());
    }
    return success();
}

} // namespace

} // namespace detail

result<std::vector<owed_change>> store::owed(std::int64_t after, std::size_t limit,
                                             owed_scope scope, const call_context& call) {
    const auto& s = *state_;
    TANDEM_TRY(auto view, snapshot::begin(*state_, call));
    TANDEM_TRY(auto intents, detail::list_intents(*view, s, after, limit, scope));
    std::vector<owed_change> out;
    out.reserve(intents.size());
    for (auto& [owed, fallback] : intents) {
        const auto types = s.own_table(owed.change.table).schema->key_types();
        TANDEM_TRY(auto parts, decode_key(owed.change.key, types));
        const row_key wanted{std::move(parts), owed.change.key};
        TANDEM_TRY(auto present,
                   detail::present_state(*view, s, owed.change.table, wanted, fallback));
        present.epoch = owed.change.epoch;
        owed.change = std::move(present);
        out.push_back(std::move(owed));
    }
    return out;
}

result<std::vector<std::optional<change>>>
store::present(table_id table, std::span<const key_bytes> keys, const call_context& call) {
    const auto& s = *state_;
    TANDEM_TRY(s.ready(table));
    TANDEM_TRY(auto view, snapshot::begin(*state_, call));
    const auto types = s.own_table(table).schema->key_types();
    constexpr detail::tombstone neither{{-1}, 0};
    std::vector<std::optional<change>> out;
    out.reserve(keys.size());
    for (const key_bytes& encoded : keys) {
        TANDEM_TRY(auto parts, decode_key(encoded, types));
        const row_key wanted{std::move(parts), encoded};
        TANDEM_TRY(auto found, detail::present_state(*view, s, table, wanted, neither));
        const bool is_there = found.version != neither.version;
        out.push_back(is_there ? std::optional(std::move(found)) : std::nullopt);
    }
    return out;
}

result<void> store::settle(std::span<const std::int64_t> ids, const call_context& call) {
    TANDEM_TRY(auto open, unit::begin(*state_, call, detail::foreign_keys::ignored));
    for (const auto id : ids) {
        TANDEM_TRY(detail::settle_one(*open, *state_, id));
    }
    return open.commit(call);
}

result<void> store::note_failure(std::span<const std::int64_t> ids, const delivery_failure& failure,
                                 const call_context& call) {
    TANDEM_TRY(auto open, unit::begin(*state_, call, detail::foreign_keys::ignored));
    for (const auto id : ids) {
        TANDEM_TRY(auto at, open->prepare(state_->sql.control.note_failure));
        at.bind(1, state_->bound.id).bind_text(2, state_->side_text()).bind(3, id);
        at.bind(4, failure.dead ? 1 : 0).bind_text(5, detail::shortened(failure.text));
        TANDEM_TRY(at.bind(6, failure.retry_after.count()).run());
    }
    return open.commit(call);
}

result<owed_stats> store::stats(const call_context& call) {
    TANDEM_TRY(auto view, snapshot::begin(*state_, call));
    TANDEM_TRY(auto found, (*view).prepare(state_->sql.control.stats));
    TANDEM_TRY(const bool is_there,
               found.bind(1, state_->bound.id).bind_text(2, state_->side_text()).step());
    if (!is_there) return owed_stats{};
    return owed_stats{.owed = found.integer(0),
                      .dead = found.integer(1),
                      .oldest_age_ms = found.integer(2),
                      .dirty = found.integer(3),
                      .operations = found.integer(4),
                      .oldest_epoch = found.integer(5)};
}

result<bool> store::is_owed(std::int64_t id, const call_context& call) {
    TANDEM_TRY(auto view, snapshot::begin(*state_, call));
    TANDEM_TRY(auto found, (*view).prepare(state_->sql.control.is_owed));
    return found.bind(1, state_->bound.id).bind_text(2, state_->side_text()).bind(3, id).step();
}

} // namespace tandem::sqlite
