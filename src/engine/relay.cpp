// SPDX-License-Identifier: BSL-1.0

#include "tandem/engine/relay.hpp"

#include <algorithm>
#include <cassert>
#include <iterator>
#include <utility>

namespace tandem {
namespace {

// The retry budget of a pass: 20 % of its fresh deliveries, and never so few that a small outbox
// gets nowhere.
constexpr std::size_t retries_min = 10;
constexpr std::size_t retry_share = 5;

} // namespace

relay_machine::action relay_machine::resume(event what) {
    if (std::holds_alternative<begin>(what)) return asked_ = next();
    if (auto* f = std::get_if<failed>(&what)) {
        return asked_ = asked_ == action::apply ? apply_failed(std::move(*f))
                                                : give_up(std::move(f->why));
    }
    switch (asked_) {
    case action::load: return asked_ = start_batch(std::move(std::get<loaded>(what).owed));
    case action::apply: return asked_ = settle_slice(std::get<applied>(what).statuses);
    case action::settle:
        report_.settled += static_cast<std::int64_t>(intents_.size());
        return asked_ = next();
    case action::note_failure: return asked_ = next();
    case action::check_closed:
        if (std::get<still_owed>(what).owed) {
            // Invariant I4: an apply is refused as closed only if its intent no longer exists.
            return asked_ =
                       give_up(error(errc::invariant,
                                     "a change is owed whose epoch the secondary has closed; keep "
                                     "both stores as they are and report this"));
        }
        closed_.pop_back();
        return asked_ = next();
    case action::done: break;
    }
    return action::done;
}

relay_machine::action relay_machine::next() {
    if (!closed_.empty()) {
        intents_.assign(1, closed_.back());
        return action::check_closed;
    }
    if (!todo_.empty()) {
        now_ = todo_.back();
        todo_.pop_back();
        changes_.clear();
        for (std::size_t i = 0; i < now_.count; ++i) {
            changes_.push_back(batch_[now_.first + i].change);
        }
        return action::apply;
    }
    if (more_ && fresh_loaded_ < options_.pass_rows_max) return action::load;
    if (std::exchange(retrying_, true)) return action::done;
    start_retries();
    return todo_.empty() ? action::done : next();
}

relay_machine::action relay_machine::start_batch(std::vector<owed_change> owed) {
    more_ = owed.size() >= options_.batch_rows;
    if (owed.empty()) return next();
    report_.loaded += static_cast<std::int64_t>(owed.size());
    after_ = owed.back().id;
    const auto fresh_end = std::stable_partition(
        owed.begin(), owed.end(), [](const owed_change& o) { return o.attempts == 0; });
    // However many have failed, fresh ones get their turn. No more are kept than a pass may hold.
    const auto kept =
        std::min(options_.pass_rows_max - std::min(failed_before_.size(), options_.pass_rows_max),
                 static_cast<std::size_t>(owed.end() - fresh_end));
    failed_before_.insert(failed_before_.end(), std::make_move_iterator(fresh_end),
                          std::make_move_iterator(fresh_end + static_cast<std::ptrdiff_t>(kept)));
    owed.erase(fresh_end, owed.end());
    fresh_loaded_ += owed.size();
    batch_ = coalesce(owed);
    fresh_ += batch_.size();
    for (std::size_t end = batch_.size(); end > 0;) {
        const std::size_t count = std::min(slice_max_, end);
        end -= count;
        todo_.push_back({end, count});
    }
    return next();
}

/// Each alone, the oldest first; the others keep their turn for a later pass.
void relay_machine::start_retries() {
    batch_ = coalesce(failed_before_);
    failed_before_.clear();
    std::sort(batch_.begin(), batch_.end(), [](const delivery& a, const delivery& b) {
        return a.intents.front() < b.intents.front();
    });
    const std::size_t budget = std::max(retries_min, fresh_ / retry_share);
    if (batch_.size() > budget) batch_.resize(budget);
    for (std::size_t i = batch_.size(); i-- > 0;)
        todo_.push_back({i, 1});
}

relay_machine::action relay_machine::settle_slice(const std::vector<apply_status>& statuses) {
    assert(statuses.size() == now_.count);
    intents_.clear();
    for (std::size_t i = 0; i < now_.count; ++i) {
        const delivery& d = batch_[now_.first + i];
        switch (statuses[i]) {
        case apply_status::applied:
            ++report_.applied;
            intents_.insert(intents_.end(), d.intents.begin(), d.intents.end());
            break;
        case apply_status::superseded:
            ++report_.superseded;
            intents_.insert(intents_.end(), d.intents.begin(), d.intents.end());
            break;
        case apply_status::closed:
            closed_.insert(closed_.end(), d.intents.begin(), d.intents.end());
            break;
        }
    }
    return intents_.empty() ? next() : action::settle;
}

relay_machine::action relay_machine::apply_failed(failed what) {
    if (what.out_of_time) return give_up(std::move(what.why));
    const bool one_row = blame_for(what.why) == blame::one_row;
    // A lock that somebody holds may be that of one row, and a batch may be more than the store can
    // do in time: with fewer rows it goes on. A single row that takes too long is the store's.
    const bool held = what.why == errc::busy;
    if (now_.count > 1 && (one_row || held || what.why == errc::timeout)) {
        halve();
        if (!one_row && !held) slice_max_ = std::max<std::size_t>(1, now_.count / 2);
        return next();
    }
    return one_row || held ? row_failed(std::move(what.why)) : give_up(std::move(what.why));
}

void relay_machine::halve() {
    const std::size_t half = now_.count / 2;
    todo_.push_back({now_.first + half, now_.count - half});
    todo_.push_back({now_.first, half});
}

relay_machine::action relay_machine::row_failed(error why) {
    const delivery& d = batch_[now_.first];
    ++report_.failed;
    attempts_ = d.attempts + 1;
    // A row that waits for a lock is no letter that cannot be delivered.
    dead_ = attempts_ >= options_.attempts_max && why != errc::busy;
    if (dead_) ++report_.dead;
    retry_after_ =
        jitter_.up_to(backoff(options_.retry_pause_min, d.attempts, options_.retry_pause_max));
    intents_ = d.intents;
    failure_ = std::move(why);
    return action::note_failure;
}

relay_machine::action relay_machine::give_up(error why) {
    report_.trouble = std::move(why);
    return action::done;
}

} // namespace tandem
