// SPDX-License-Identifier: BSL-1.0
#include "tandem/core/operation.hpp"

#include "tandem/core/clock_source.hpp"
#include "tandem/core/random_source.hpp"

#include <algorithm>
#include <limits>

namespace tandem {

namespace {

constexpr std::int64_t time_max = (std::int64_t{1} << 48) - 1;

bool is_dated(const operation_id::bytes_type& b) noexcept {
    return (b[6] & 0xf0) == 0x70 && (b[8] & 0xc0) == 0x80;
}

bool is_older(const operation_id& id, milliseconds retention, std::int64_t now_ms) noexcept {
    return id.unix_ms() < now_ms - retention.count();
}

} // namespace

result<operation_id> operation_id::from_bytes(const bytes_type& value) {
    if (is_dated(value)) return operation_id(value);
    return error(errc::invalid_options,
                 "an operation id is a UUID of version 7, which holds its date; make it with "
                 "new_operation_id()");
}

result<operation_id> operation_id::from_uuid(const uuid& value) {
    bytes_type b;
    std::copy(value.begin(), value.end(), b.begin());
    return from_bytes(b);
}

result<operation_id> operation_id::parse(std::string_view text) {
    TANDEM_TRY(const auto value, parse_uuid(text));
    return from_uuid(value);
}

std::string_view operation_id::view() const noexcept {
    return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()};
}

std::int64_t operation_id::unix_ms() const noexcept {
    std::int64_t ms = 0;
    for (std::size_t i = 0; i < 6; ++i)
        ms = (ms << 8) | bytes_[i];
    return ms;
}

operation_id make_operation_id(std::int64_t unix_ms, std::uint64_t random_high,
                               std::uint64_t random_low) noexcept {
    const auto ms = static_cast<std::uint64_t>(std::clamp<std::int64_t>(unix_ms, 0, time_max));
    const std::uint64_t first = (ms << 16) | 0x7000U | (random_high & 0x0fffU);
    const std::uint64_t second = 0x8000'0000'0000'0000U | (random_low >> 2);
    operation_id::bytes_type b;
    for (std::size_t i = 0; i < 8; ++i) {
        b[i] = static_cast<std::uint8_t>(first >> (56 - 8 * i));
        b[i + 8] = static_cast<std::uint8_t>(second >> (56 - 8 * i));
    }
    return operation_id(b);
}

operation_id new_operation_id() noexcept {
    return make_operation_id(unix_now_ms(), random_seed(), random_seed());
}

std::string to_text(const operation_id& id) {
    uuid value;
    std::copy(id.bytes().begin(), id.bytes().end(), value.begin());
    return to_text(value);
}

std::string_view to_string(operation_status status) noexcept {
    switch (status) {
    case operation_status::committed: return "committed";
    case operation_status::not_committed: return "not_committed";
    case operation_status::pending: return "pending";
    case operation_status::expired: return "expired";
    case operation_status::unknown: return "unknown";
    }
    return "unknown";
}

result<std::optional<operation_effect>>
admit_operation(const operation_claim& claim, const std::optional<operation_record>& found,
                std::int64_t now_ms) {
    if (found && !found->committed) {
        return error(errc::operation_abandoned,
                     "the outcome of operation " + to_text(claim.id) +
                         " was asked for before it was committed, and the answer was that it did "
                         "not happen; use a new id");
    }
    if (found) {
        if (found->content == claim.content) return std::optional(found->effect);
        return error(errc::id_reused, "operation " + to_text(claim.id) +
                                          " was committed with another content; use a new id for "
                                          "each write");
    }
    if (is_older(claim.id, claim.retention, now_ms)) {
        return error(errc::operation_expired,
                     "operation " + to_text(claim.id) +
                         " is dated before the retention, so that nobody can tell whether it "
                         "happened; look at the data, and use a new id");
    }
    if (claim.id.unix_ms() - now_ms > claim.retention.count()) {
        return error(errc::invalid_options,
                     "operation " + to_text(claim.id) +
                         " is dated far in the future; correct the clock of who makes the ids");
    }
    return std::optional<operation_effect>();
}

std::optional<operation_outcome> outcome_of(const operation_id& id,
                                            const std::optional<operation_record>& found,
                                            milliseconds retention, std::int64_t now_ms) noexcept {
    using enum operation_status;
    if (found && found->committed) return operation_outcome{committed, found->effect.version};
    if (found) return operation_outcome{not_committed, {}};
    if (is_older(id, retention, now_ms)) return operation_outcome{expired, {}};
    return std::nullopt;
}

operation_id purge_limit(milliseconds retention, std::int64_t now_ms) noexcept {
    return make_operation_id(now_ms - (retention + operation_margin).count(), 0, 0);
}

error operation_ran_meanwhile() {
    return {errc::serialization, "another call with the same operation id ended while this one "
                                 "ran; repeat it to hear its outcome"};
}

} // namespace tandem
