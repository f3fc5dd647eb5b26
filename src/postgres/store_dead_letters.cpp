// SPDX-License-Identifier: BSL-1.0
//
// Failed deliveries, dead letters, and the marks of the tables that lost one. Each operation is one
// statement in its own transaction.

#include "postgres/codec.hpp"
#include "postgres/store_state.hpp"

#include <algorithm>

namespace tandem::postgres {
namespace detail {
namespace {

constexpr std::size_t text_max = 2000;

// The server takes UTF-8 alone.
std::string storable(std::string_view text) {
    std::size_t end = std::min(text.size(), text_max);
    while (end < text.size() && end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80)
        --end; // between characters
    std::string out(text.substr(0, end));
    return is_valid_text(out) ? out : std::string("(not valid UTF-8)");
}

// Commits.
result<result_set> run_one(store_state& state, lease& on, const statement& text, parameters values,
                           const call_context& call) {
    pipeline work;
    open_write(work, on, state.control());
    work.run(state.control().by_index);
    const std::size_t at = work.add(text, std::move(values));
    close_write(work, on, state.control());
    TANDEM_TRY(auto answers, exchange(*on, work, call));
    return std::move(answers[at]);
}

result<result_set> read_one(lease& on, const statement& text, parameters values,
                            const call_context& call) {
    pipeline work;
    work.add(text, std::move(values));
    TANDEM_TRY(auto answers, exchange(*on, work, call));
    return std::move(answers[0]);
}

} // namespace
} // namespace detail

using detail::lease;
using detail::parameters;

result<void> store::note_failure(std::span<const std::int64_t> ids, const delivery_failure& failure,
                                 const call_context& call) {
    return state_->run(call, [&](lease& on) -> result<void> {
        parameters values;
        detail::add_int8_array(values, ids);
        values.add_bool(failure.dead);
        values.add_bytes(detail::storable(failure.text));
        values.add_int8(failure.retry_after.count());
        TANDEM_TRY(
            detail::run_one(*state_, on, state_->control().note_failure, std::move(values), call));
        return success();
    });
}

result<std::vector<dead_letter>> store::dead_letters(std::int64_t after, std::size_t limit,
                                                     const call_context& call) {
    return state_->run(call, [&](lease& on) -> result<std::vector<dead_letter>> {
        parameters values;
        values.add_int8(after);
        values.add_int8(static_cast<std::int64_t>(limit));
        TANDEM_TRY(const auto lines,
                   detail::read_one(on, state_->control().dead_letters, std::move(values), call));
        std::vector<dead_letter> out;
        for (std::size_t i = 0; i < lines.rows(); ++i) {
            out.push_back({.owing = state_->bound().side,
                           .id = lines.int8(i, 0),
                           .table = static_cast<table_id>(lines.int2(i, 1)),
                           .key = lines.text(i, 2),
                           .version = {lines.int8(i, 3)},
                           .attempts = lines.int4(i, 4),
                           .last_error = lines.text(i, 5),
                           .age_ms = lines.int8(i, 6)});
        }
        return out;
    });
}

result<std::int64_t> store::revive(std::span<const std::int64_t> ids, const call_context& call) {
    return state_->run(call, [&](lease& on) -> result<std::int64_t> {
        const detail::control_sql& sql = state_->control();
        parameters values;
        if (!ids.empty()) detail::add_int8_array(values, ids);
        TANDEM_TRY(auto done,
                   detail::run_one(*state_, on, ids.empty() ? sql.revive_all : sql.revive,
                                   std::move(values), call));
        return done.affected();
    });
}

result<std::int64_t> store::drop(std::span<const std::int64_t> ids, std::string_view reason,
                                 const call_context& call) {
    return state_->run(call, [&](lease& on) -> result<std::int64_t> {
        parameters values;
        detail::add_int8_array(values, ids);
        values.add_bytes(detail::storable(reason));
        TANDEM_TRY(auto done, detail::run_one(*state_, on, state_->control().drop_dead,
                                              std::move(values), call));
        return done.int8(0, 0);
    });
}

result<void> store::mark_dirty(table_id table, std::string_view reason, const call_context& call) {
    TANDEM_TRY(state_->check(table));
    return state_->run(call, [&](lease& on) -> result<void> {
        parameters values;
        values.add_int2(static_cast<std::int16_t>(table));
        values.add_bytes(detail::storable(reason));
        TANDEM_TRY(
            detail::run_one(*state_, on, state_->control().mark_dirty, std::move(values), call));
        return success();
    });
}

result<std::vector<dirty_mark>> store::dirty_marks(const call_context& call) {
    return state_->run(call, [&](lease& on) -> result<std::vector<dirty_mark>> {
        TANDEM_TRY(const auto lines, detail::read_one(on, state_->control().marks, {}, call));
        std::vector<dirty_mark> out;
        for (std::size_t i = 0; i < lines.rows(); ++i) {
            out.push_back({lines.int8(i, 0), static_cast<table_id>(lines.int2(i, 1)),
                           lines.text(i, 2), lines.int8(i, 3)});
        }
        return out;
    });
}

result<void> store::clear_dirty(std::span<const std::int64_t> ids, const call_context& call) {
    return state_->run(call, [&](lease& on) -> result<void> {
        parameters values;
        detail::add_int8_array(values, ids);
        TANDEM_TRY(
            detail::run_one(*state_, on, state_->control().clear_marks, std::move(values), call));
        return success();
    });
}

} // namespace tandem::postgres
