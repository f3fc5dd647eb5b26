// SPDX-License-Identifier: BSL-1.0
//
// The breaker in front of a secondary that may be sick: it opens when calls fail or time out, so
// that nobody waits for a store that does not answer; after a pause that grows it lets one call
// through, and the success of that one closes it. Only what the store as a whole does counts, not
// that it refused a row. Pure: the time comes in, pauses are drawn from a seed. Not thread-safe.
#pragma once

#include "tandem/core/call.hpp"
#include "tandem/core/error.hpp"
#include "tandem/core/random_source.hpp"

#include <array>
#include <cstdint>
#include <string_view>

namespace tandem {

struct breaker_options {
    int failure_percent = 50;       ///< opens at so many failures ...
    int calls_min = 20;             ///< ... of at least so many calls ...
    milliseconds window{10'000};    ///< ... in about so long
    int timeouts_in_a_row = 5;      ///< opens at so many, however long they took
    milliseconds pause_min{5'000};  ///< open at first, plus up to a quarter of it by chance;
    milliseconds pause_max{60'000}; ///< doubled at each probe that fails, up to this
};

enum class breaker_state : std::uint8_t {
    closed,    ///< calls go through
    open,      ///< none does
    half_open, ///< one call is asked for, or on its way: the probe
};
[[nodiscard]] std::string_view to_string(breaker_state s) noexcept;

class breaker {
public:
    /// Who asks: a caller that waits for its answer leaves the probe to those that do not, for as
    /// long as one more pause_min.
    enum class asker : std::uint8_t { background, caller };
    enum class answer : std::uint8_t { call, probe, refused };
    enum class outcome : std::uint8_t {
        good,     ///< the store did its work, or refused a row
        failed,   ///< it could not
        timed_out ///< it did not answer
    };

    breaker(breaker_options options, std::uint64_t seed, monotonic_time now) noexcept
        : options_(options), jitter_(seed), since_(now) {}

    /// Whether a call would be let through; changes nothing.
    [[nodiscard]] bool admits(monotonic_time now, asker who) const noexcept;
    /// The same, and takes the probe: then report() has to follow.
    [[nodiscard]] answer admit(monotonic_time now, asker who) noexcept;
    /// What a call came to, with the answer it was given. One that was refused and made all the
    /// same (an operator asked for it) closes the breaker if it is good, and else changes nothing.
    void report(monotonic_time now, answer given, outcome what) noexcept;

    [[nodiscard]] breaker_state state(monotonic_time now) const noexcept;
    /// When it opened, or closed again, or was made.
    [[nodiscard]] monotonic_time since() const noexcept { return since_; }
    /// Open: when the next probe may go.
    [[nodiscard]] monotonic_time probe_at() const noexcept { return probe_at_; }

private:
    static constexpr int slots = 10; ///< of the window
    struct slot {
        std::int64_t number = -1;
        int calls = 0;
        int failures = 0;
    };

    slot& slot_of(monotonic_time now) noexcept;
    [[nodiscard]] bool too_many_failures(monotonic_time now) const noexcept;
    [[nodiscard]] std::int64_t slot_number(monotonic_time now) const noexcept;
    void count(monotonic_time now, outcome what) noexcept;
    void open(monotonic_time now) noexcept;
    void close(monotonic_time now) noexcept;

    breaker_options options_;
    jitter jitter_;
    std::array<slot, slots> window_{};
    int timeouts_ = 0; ///< in a row
    bool open_ = false;
    bool probing_ = false;
    int openings_ = 0; ///< in a row: the probe of each but the last failed
    monotonic_time since_;
    monotonic_time probe_at_{};
};

/// Whether an error of a call says that the store did not answer in time.
[[nodiscard]] bool is_timeout(const error& why) noexcept;

} // namespace tandem
