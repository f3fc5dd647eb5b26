// SPDX-License-Identifier: BSL-1.0
//
// The machine behind every read and write: attempt it where this process believes the authority to
// be; when the store refuses, read both fences, help a half-done switch over its last step, wait
// out a drain, and attempt again, until the deadline. It performs no I/O and reads no clock:
// resume() takes what happened and returns what to do next. Not thread-safe; one object a call.
#pragma once

#include "tandem/core/call.hpp"
#include "tandem/core/error.hpp"
#include "tandem/engine/authority.hpp"

#include <variant>

namespace tandem {

class routing_machine {
public:
    enum class action : std::uint8_t {
        attempt,     ///< run the operation at at() under belief()
        read_fences, ///< read the fences of the bucket at both sides
        enable,      ///< take the last step of a switch: enable at() as heir() says
        wait,        ///< wait for pause(), not beyond the deadline
        done,        ///< accepted, or failed with failure()
    };

    // --- what happened --------------------------------------------------------------------------
    struct begin {};
    struct accepted {}; ///< the store took the operation (or answered it)
    struct refused {};  ///< the store said: not under this fence. Nothing happened
    struct failed {     ///< any other failure of the attempt; ends the call
        error why;
    };
    /// why: of a side that could not be read; not_installed only where every such side said so.
    struct fences_read {
        fence_pair fences;
        error why = errc::unavailable;
    };
    struct enable_tried {}; ///< whatever came of it, the fences tell
    struct waited {
        bool deadline_passed = false;
    };
    using event = std::variant<begin, accepted, refused, failed, fences_read, enable_tried, waited>;

    enum class needs : std::uint8_t {
        writable, ///< a write: waits while a switch drains
        readable, ///< a read: a draining side still answers
    };

    routing_machine(route belief, needs what) noexcept
        : needs_(what), at_(belief.primary()), belief_(belief) {}

    [[nodiscard]] action resume(const event& what);

    [[nodiscard]] side at() const noexcept { return at_; }
    [[nodiscard]] const route& belief() const noexcept { return belief_; }
    /// True once belief() was read from a fence with role P: worth remembering.
    [[nodiscard]] bool learnt() const noexcept { return learnt_; }
    [[nodiscard]] const authority& heir() const noexcept { return heir_; }
    [[nodiscard]] milliseconds pause() const noexcept { return pause_; }
    /// After done: the failure, or nothing where the operation was accepted.
    [[nodiscard]] const std::optional<error>& failure() const noexcept { return failure_; }

private:
    action weigh(const fences_read& seen);
    action attempt_at(const authority& now, error why);
    action rest(error why);

    static constexpr epoch never = -1;

    needs needs_;
    side at_;
    route belief_;
    bool learnt_ = false;
    authority heir_;
    epoch tried_epoch_ = never; ///< attempted at at_ since the last pause
    bool tried_enable_ = false; ///< since the last pause
    milliseconds pause_{0};
    error why_ = errc::fenced; ///< what the caller hears if the deadline passes now
    std::optional<error> failure_;
};

} // namespace tandem
