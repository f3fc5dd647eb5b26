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
result<std::vector<std::pair<owed_change, tombstone>>>
list_intents(connection& c, const state& s, std::int64_t after, std::size_t limit) {
    TANDEM_TRY(auto found, c.prepare(s.sql.control.owed));
    found.bind(1, s.bound.id).bind_text(2, s.side_text()).bind(3, after).bind(4, limit_of(limit));
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

} // namespace

} // namespace detail

result<std::vector<owed_change>> store::owed(std::int64_t after, std::size_t limit,
                                             const call_context& call) {
    const auto& s = *state_;
    TANDEM_TRY(auto view, snapshot::begin(*state_, call));
    TANDEM_TRY(auto intents, detail::list_intents(*view, s, after, limit));
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

result<void> store::settle(std::span<const std::int64_t> ids, const call_context& call) {
    const auto& sql = state_->sql.control;
    TANDEM_TRY(auto open, unit::begin(*state_, call, detail::foreign_keys::ignored));
    for (const auto id : ids) {
        TANDEM_TRY(auto at, open->prepare(sql.settle));
        TANDEM_TRY(
            at.bind(1, state_->bound.id).bind_text(2, state_->side_text()).bind(3, id).run());
        if (open->changes() == 0) continue; // another relay was faster, or another migration's
        TANDEM_TRY(auto failures, open->prepare(sql.settle_failure));
        TANDEM_TRY(failures.bind(1, id).run());
    }
    return open.commit(call);
}

result<void> store::note_failure(std::int64_t id, std::string_view text, bool dead,
                                 const call_context& call) {
    TANDEM_TRY(auto open, unit::begin(*state_, call, detail::foreign_keys::ignored));
    {
        TANDEM_TRY(auto at, open->prepare(state_->sql.control.note_failure));
        at.bind(1, state_->bound.id).bind_text(2, state_->side_text()).bind(3, id);
        at.bind(4, dead ? 1 : 0).bind_text(5, detail::shortened(text));
        TANDEM_TRY(at.run());
    }
    return open.commit(call);
}

result<std::int64_t> store::revive(const call_context& call) {
    TANDEM_TRY(auto open, unit::begin(*state_, call, detail::foreign_keys::ignored));
    {
        TANDEM_TRY(auto at, open->prepare(state_->sql.control.revive));
        TANDEM_TRY(at.bind(1, state_->bound.id).bind_text(2, state_->side_text()).run());
    }
    const auto revived = open->changes();
    TANDEM_TRY(open.commit(call));
    return revived;
}

result<owed_stats> store::stats(const call_context& call) {
    TANDEM_TRY(auto view, snapshot::begin(*state_, call));
    TANDEM_TRY(auto found, (*view).prepare(state_->sql.control.stats));
    TANDEM_TRY(const bool is_there,
               found.bind(1, state_->bound.id).bind_text(2, state_->side_text()).step());
    if (!is_there) return owed_stats{};
    return owed_stats{
        .owed = found.integer(0), .dead = found.integer(1), .oldest_age_ms = found.integer(2)};
}

result<bool> store::is_owed(std::int64_t id, const call_context& call) {
    TANDEM_TRY(auto view, snapshot::begin(*state_, call));
    TANDEM_TRY(auto found, (*view).prepare(state_->sql.control.is_owed));
    return found.bind(1, state_->bound.id).bind_text(2, state_->side_text()).bind(3, id).step();
}

} // namespace tandem::sqlite
