// SPDX-License-Identifier: BSL-1.0
//
// The relay machine: one pass over the outbox of one side. It loads owed changes in batches, has
// them applied at the other side, and only after an apply is known to be committed has their
// intents removed. A batch that one row poisons is halved until the row is alone; that row's
// failure is counted, it is tried again after a pause (full jitter), and after attempts_max it
// becomes a dead letter, still owed. What failed before is never mixed with fresh changes: it comes
// behind them, alone, and only so much of it a pass (the retry budget), so that a stuck row holds
// up nobody. No I/O, no clock, no random source: it takes a seed. Any number of relays may work on
// one outbox: applies are guarded and settling is by id.
#pragma once

#include "tandem/core/call.hpp"
#include "tandem/core/random_source.hpp"
#include "tandem/engine/delivery.hpp"

#include <cstdint>
#include <string>
#include <variant>

namespace tandem {

struct relay_options {
    std::size_t batch_rows = 500;       ///< 1 to 10000
    int attempts_max = 5;               ///< of one row, before it becomes a dead letter; at least 1
    std::size_t pass_rows_max = 10'000; ///< a pass ends after about so many that are fresh
    /// A row that failed n times before is tried again after 0 to min(max, min * 2^n), by chance.
    milliseconds retry_pause_min{100};
    milliseconds retry_pause_max{60'000};
    milliseconds batch_timeout{15'000}; ///< of one batch at one store; at least 1 ms
};

/// What a pass did.
struct relay_report {
    std::int64_t loaded = 0;      ///< intents seen
    std::int64_t applied = 0;     ///< changes applied
    std::int64_t superseded = 0;  ///< changes the secondary already had, or had newer
    std::int64_t settled = 0;     ///< intents removed
    std::int64_t failed = 0;      ///< rows that failed alone
    std::int64_t dead = 0;        ///< of these, now dead letters
    std::int64_t operations = 0;  ///< records of operations brought to the other side
    std::optional<error> trouble; ///< why the pass ended early
    bool breaker_open = false;    ///< trouble: the breaker of the secondary was open (breaker.hpp)
};

class relay_machine {
public:
    enum class action : std::uint8_t {
        load,         ///< owed(after(), batch_rows) at the side that owes
        apply,        ///< changes() at the other side, in one transaction
        settle,       ///< intents() at the side that owes
        note_failure, ///< intents(), all of changes()[0], failed with failure(); see attempts(),
                      ///< dead(), retry_after()
        check_closed, ///< is intents().front() still owed?
        done,         ///< see report()
    };

    struct begin {};
    struct loaded {
        std::vector<owed_change> owed;
    };
    struct applied {
        std::vector<apply_status> statuses;
    };
    struct still_owed {
        bool owed = false;
    };
    struct ok {};   ///< of settle and note_failure
    struct failed { ///< of the action just asked for
        error why;
        bool out_of_time = false; ///< the whole pass, not this action alone
    };
    using event = std::variant<begin, loaded, applied, still_owed, ok, failed>;

    explicit relay_machine(relay_options options, std::uint64_t seed = 0)
        : options_(options), jitter_(seed), slice_max_(options.batch_rows) {}

    [[nodiscard]] action resume(event what);

    [[nodiscard]] std::int64_t after() const noexcept { return after_; }
    [[nodiscard]] std::size_t batch_rows() const noexcept { return options_.batch_rows; }
    [[nodiscard]] std::span<const change> changes() const noexcept { return changes_; }
    [[nodiscard]] std::span<const std::int64_t> intents() const noexcept { return intents_; }
    [[nodiscard]] const error& failure() const noexcept { return failure_; }
    [[nodiscard]] bool dead() const noexcept { return dead_; }
    [[nodiscard]] int attempts() const noexcept { return attempts_; } ///< the failed one included
    [[nodiscard]] milliseconds retry_after() const noexcept { return retry_after_; }
    [[nodiscard]] const relay_report& report() const noexcept { return report_; }

private:
    struct slice {
        std::size_t first = 0;
        std::size_t count = 0;
    };

    action next();
    action start_batch(std::vector<owed_change> owed);
    void start_retries();
    action settle_slice(const std::vector<apply_status>& statuses);
    action apply_failed(failed what);
    action row_failed(error why);
    action give_up(error why);
    void halve();

    relay_options options_;
    jitter jitter_;
    std::int64_t after_ = 0;
    std::vector<delivery> batch_;
    std::vector<slice> todo_; ///< of batch_, the next one last
    slice now_;
    std::vector<change> changes_;
    std::vector<std::int64_t> intents_;
    std::vector<std::int64_t> closed_;       ///< intents refused as closed, to be looked at
    std::vector<owed_change> failed_before_; ///< put off to the end of the pass
    error failure_ = errc::store_error;
    bool dead_ = false;
    int attempts_ = 0;
    milliseconds retry_after_{0};
    std::size_t slice_max_;        ///< of one apply; less after one took too long
    std::size_t fresh_ = 0;        ///< deliveries of this pass
    std::size_t fresh_loaded_ = 0; ///< intents of this pass
    bool more_ = true;
    bool retrying_ = false;
    action asked_ = action::done;
    relay_report report_;
};

} // namespace tandem
