// SPDX-License-Identifier: BSL-1.0
//
// An operation id names one write of the host, so that a write whose answer was lost can be asked
// about and repeated (docs/guide.md, "What happened to my debit?"). The primary's store keeps a
// record of it in the write's own transaction. Plain values, and what a store does with a record:
// the same rules for every store. Source: docs/protocol.md, section 14.
#pragma once

#include "tandem/core/call.hpp"
#include "tandem/core/fence.hpp"
#include "tandem/core/types.hpp"
#include "tandem/core/version.hpp"

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tandem {

/// A UUID of version 7: 48 bits of milliseconds since 1970, the rest random. Its date is what tells
/// an id whose record has expired from one that was never used.
class operation_id {
public:
    using bytes_type = std::array<std::uint8_t, 16>;

    /// Errors: invalid_options (a UUID of another version: it has no date).
    [[nodiscard]] static result<operation_id> from_bytes(const bytes_type& value);
    [[nodiscard]] static result<operation_id> from_uuid(const uuid& value);
    /// 36 characters with dashes, upper or lower case. Errors: as above; out_of_range (no UUID).
    [[nodiscard]] static result<operation_id> parse(std::string_view text);

    [[nodiscard]] const bytes_type& bytes() const noexcept { return bytes_; }
    /// The same as a string of 16 bytes.
    [[nodiscard]] std::string_view view() const noexcept;
    /// When it was made, by the clock of who made it: milliseconds since 1970.
    [[nodiscard]] std::int64_t unix_ms() const noexcept;

    /// By time, then by the random rest.
    friend auto operator<=>(const operation_id&, const operation_id&) = default;

private:
    friend operation_id make_operation_id(std::int64_t, std::uint64_t, std::uint64_t) noexcept;
    explicit operation_id(const bytes_type& value) : bytes_(value) {}
    bytes_type bytes_;
};

/// From a time (milliseconds since 1970, 0 to 2^48 - 1; cut to that) and 74 of 128 random bits.
[[nodiscard]] operation_id make_operation_id(std::int64_t unix_ms, std::uint64_t random_high,
                                             std::uint64_t random_low) noexcept;
/// From the system's clock and random source. Thread-safe.
[[nodiscard]] operation_id new_operation_id() noexcept;
/// Lower case, with dashes.
[[nodiscard]] std::string to_text(const operation_id& id);

/// What became of a write.
enum class operation_status : std::uint8_t {
    committed,     ///< it happened, once
    not_committed, ///< it has not happened and never will
    pending,       ///< it is under way, or may be: ask again
    expired,       ///< the id is older than migration_options::operation_retention: nobody knows
    unknown,       ///< the store cannot tell (any more)
};
[[nodiscard]] std::string_view to_string(operation_status status) noexcept;

struct operation_outcome {
    operation_status status = operation_status::unknown;
    tandem::version version; ///< committed, by id: of the last row written; 0 where none was
};

// --- for the stores ------------------------------------------------------------------------------

/// A digest of what an operation does, so that one id is not taken for two contents.
using operation_fingerprint = std::array<std::uint8_t, 16>;

/// What a write transaction is given when it begins.
struct operation_claim {
    operation_id id;
    operation_fingerprint content{};
    milliseconds retention{0}; ///< an id older than this is refused
};

/// What a committed operation did.
struct operation_effect {
    tandem::version version; ///< of the last row written; 0 where none was
    std::int64_t writes = 0; ///< rows written or removed
};

/// A record as a store keeps it. Records are facts: they are added, never changed, and removed when
/// they are older than the retention.
struct operation_record {
    operation_id id;
    operation_fingerprint content{};
    bool committed = false; ///< false: abandoned, because its outcome was asked for first
    operation_effect effect;
};

/// What a store answers to the question what became of an id.
struct operation_answer {
    tandem::fence fence; ///< as entered
    /// Nothing: refused under the fence, this side is not the primary.
    std::optional<operation_outcome> outcome;
};

/// Records go this much later than their ids are refused, so that no difference between the clocks
/// of two stores lets a write in whose record is gone.
inline constexpr milliseconds operation_margin{3'600'000};

/// Whether a write may go on: nothing where its id is new, the first effect where it is a repeat.
/// `now_ms` is the store's clock. Errors: id_reused, operation_abandoned, operation_expired,
/// invalid_options (an id dated beyond the retention into the future).
[[nodiscard]] result<std::optional<operation_effect>>
admit_operation(const operation_claim& claim, const std::optional<operation_record>& found,
                std::int64_t now_ms);

/// The outcome of an operation that is not under way; nothing where it has to be abandoned first.
[[nodiscard]] std::optional<operation_outcome>
outcome_of(const operation_id& id, const std::optional<operation_record>& found,
           milliseconds retention, std::int64_t now_ms) noexcept;

/// Every id below this one is older than retention and margin: its record may go.
[[nodiscard]] operation_id purge_limit(milliseconds retention, std::int64_t now_ms) noexcept;

/// The second errors of two calls with one id that ran at the same time.
[[nodiscard]] error operation_ran_meanwhile();

} // namespace tandem
