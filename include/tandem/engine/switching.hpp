// SPDX-License-Identifier: BSL-1.0
//
// The switch machine: walks a migration one phase forward or back, or aborts a switch that has not
// been decided. It remembers nothing that the fences do not say, so any process may take over at
// any point by starting a new machine. No I/O, no clock. Source: protocol, section 5.
//
// Invariants: 1. At most one side has role P or D. 2. A handover is decided by one compare-and-set
// at the side that gives up (H3); before it anybody may abort, after it only forward is possible.
// 3. Nothing is enabled while a change is owed: H3 itself tests the outbox.
#pragma once

#include "tandem/core/call.hpp"
#include "tandem/core/change.hpp"
#include "tandem/core/error.hpp"
#include "tandem/engine/authority.hpp"

#include <string>
#include <variant>

namespace tandem {

enum class direction : std::uint8_t { forward, backward, abort };

struct switch_options {
    std::int64_t owed_max = 1000;       ///< a handover is not begun with more owed than this
    milliseconds drain_timeout{10'000}; ///< writes stand still at most this long; then abort
    /// How the secondary is treated when a double-write era begins. Nothing: `reset` going forward,
    /// `keep` going back. `keep` going forward is only for a target that tandem alone has written;
    /// `adopt` is for one with rows of any origin.
    std::optional<era_mode> mode;
    bool allow_truncate = false;         ///< `reset` may empty tables that hold rows
    std::int64_t sequence_margin = 1000; ///< see switch_step
    std::string by;                      ///< who, for the fence row
    std::string reason;                  ///< why, for the fence row
};

class switch_machine {
public:
    enum class action : std::uint8_t {
        read_fences,    ///< of both sides
        count_owed,     ///< stats of at()
        check_empty,    ///< do the tables of at() hold any row?
        read_sequences, ///< of at(), for the enable step that follows
        step,           ///< take next() at at()
        relay,          ///< deliver what at() owes, then count it
        done,           ///< see failure()
    };

    struct begin {};
    struct fences_read {
        fence_pair fences;
    };
    struct counted {
        owed_stats stats;
        bool drain_deadline_passed = false;
    };
    struct emptiness {
        bool empty = true;
    };
    struct sequences_read {
        std::vector<sequence_value> values;
    };
    struct stepped {
        bool changed = false;
    };
    struct failed {
        error why;
    };
    using event =
        std::variant<begin, fences_read, counted, emptiness, sequences_read, stepped, failed>;

    /// joint: same_transaction mode, where one fence holds both roles.
    switch_machine(direction where, switch_options options, bool joint);

    [[nodiscard]] action resume(event what);

    [[nodiscard]] side at() const noexcept { return at_; }
    [[nodiscard]] const switch_step& next() const noexcept { return step_; }
    /// True from the start of the drain on: the driver's drain clock runs.
    [[nodiscard]] bool draining() const noexcept { return draining_; }
    [[nodiscard]] const std::optional<error>& failure() const noexcept { return failure_; }
    /// Where the walk ended.
    [[nodiscard]] tandem::phase phase() const noexcept { return phase_; }

private:
    action on_fences(const fence_pair& seen);
    action stop_looking(const authority& now);
    action phase_changed();
    action completed();
    action arrive();
    action from_stable(const authority& now, const fence_pair& seen);
    action from_draining(const authority& now);
    action on_counted(const counted& what);
    action on_stepped(bool changed);
    action on_failed(error why);
    action take(side where, switch_step step);
    action begin_era(const std::optional<fence>& secondary);
    action enter_era();
    action enter_primary(era_mode mode);
    action leave_era();
    action abort_drain(error why);
    action finish(std::optional<error> why);
    [[nodiscard]] bool is_behind_us(const authority& now) const noexcept;
    [[nodiscard]] bool goal_reached(tandem::phase now) const noexcept;
    [[nodiscard]] era_mode mode() const noexcept;

    direction where_;
    switch_options options_;
    bool joint_;
    side at_ = side::source;
    switch_step step_;
    bool draining_ = false;
    tandem::phase from_ = tandem::phase::old_only;
    bool started_ = false;        ///< from_ is known
    bool decided_before_ = false; ///< the walk met a switch that was decided before it began
    fence primary_;               ///< as read when the walk began
    authority heir_;
    tandem::phase phase_ = tandem::phase::old_only;
    std::optional<error> failure_;
    std::optional<error> after_abort_;
    int looks_ = 0;
};

} // namespace tandem
