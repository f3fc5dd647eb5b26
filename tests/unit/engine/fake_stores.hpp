// SPDX-License-Identifier: BSL-1.0
//
// Two stores as maps, and the loop that drives a relay machine over them: one owes, the other
// applies under its guard. One action of a pass can be made to fail. It watches that nothing is
// settled that the secondary does not hold. Not thread-safe; copying it branches history.
#pragma once

#include "tandem/engine/relay.hpp"

#include <map>
#include <set>

namespace tandem {

class fake_stores {
public:
    using action = relay_machine::action;

    /// A write at the primary, which reads as the state of its key from now on.
    std::int64_t owe(const key_bytes& of, std::int64_t at_version, epoch under = 1);
    void poison(const key_bytes& of, errc with = errc::constraint) { poisoned_[of] = with; }
    void heal() { poisoned_.clear(); }
    /// The secondary accepts changes of this epoch and newer ones.
    void close_below(epoch e) { open_from_ = e; }
    /// The era of an intent ends between the load and the check behind a closed apply.
    void forget(std::int64_t id) { forgotten_.insert(id); }
    /// The n-th action from now on, the first is 0, fails with `why`; an apply or settle that is
    /// `applied` all the same happened. A failed clean apply happened to nothing.
    void fail_action(int n, error why, bool applied = false);

    relay_report pass(relay_options options = {}, std::uint64_t seed = 0);
    /// Of the failures noted in the last pass.
    [[nodiscard]] const std::vector<milliseconds>& pauses() const noexcept { return pauses_; }
    /// The keys of the last pass's applies, one list each.
    [[nodiscard]] const std::vector<std::vector<key_bytes>>& sent() const noexcept { return sent_; }

    [[nodiscard]] std::set<std::int64_t> owed() const;
    [[nodiscard]] std::set<std::int64_t> dead() const;
    [[nodiscard]] int attempts(std::int64_t id) const { return outbox_.at(id).attempts; }
    [[nodiscard]] bool holds(const key_bytes& of, std::int64_t at_version) const;
    /// Every key is at the secondary as it is at the primary.
    [[nodiscard]] bool all_delivered() const { return primary_ == secondary_; }
    [[nodiscard]] const std::vector<action>& actions() const noexcept { return actions_; }
    [[nodiscard]] const std::vector<std::size_t>& batches() const noexcept { return batches_; }

private:
    struct intent {
        key_bytes key;
        epoch under = 0;
        int attempts = 0;
        bool dead = false;
    };
    struct planned_failure {
        int in = -1; ///< actions from now
        error why = errc::store_error;
        bool applied = false;
    };

    [[nodiscard]] relay_machine::event act(action what, const relay_machine& m);
    [[nodiscard]] relay_machine::event load(const relay_machine& m) const;
    [[nodiscard]] relay_machine::event apply(const relay_machine& m);
    [[nodiscard]] relay_machine::event settle(const relay_machine& m);
    [[nodiscard]] relay_machine::event note(const relay_machine& m);

    std::map<key_bytes, std::int64_t> primary_;
    std::map<key_bytes, std::int64_t> secondary_;
    std::map<std::int64_t, intent> outbox_;
    std::map<key_bytes, errc> poisoned_;
    std::set<std::int64_t> forgotten_;
    epoch open_from_ = 0;
    std::int64_t last_id_ = 0;
    planned_failure failure_;
    std::vector<action> actions_;
    std::vector<std::size_t> batches_; ///< rows of each apply
    std::vector<std::vector<key_bytes>> sent_;
    std::vector<milliseconds> pauses_;
};

} // namespace tandem
