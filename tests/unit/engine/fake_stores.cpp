// SPDX-License-Identifier: BSL-1.0
#include "fake_stores.hpp"

#include <gtest/gtest.h>

namespace tandem {

std::int64_t fake_stores::owe(const key_bytes& of, std::int64_t at_version, epoch under) {
    primary_[of] = at_version;
    outbox_[++last_id_] = {.key = of, .under = under};
    return last_id_;
}

void fake_stores::fail_action(int n, error why, bool applied) {
    failure_ = {n, std::move(why), applied};
}

std::set<std::int64_t> fake_stores::owed() const {
    std::set<std::int64_t> ids;
    for (const auto& [id, i] : outbox_)
        ids.insert(id);
    return ids;
}

std::set<std::int64_t> fake_stores::dead() const {
    std::set<std::int64_t> ids;
    for (const auto& [id, i] : outbox_) {
        if (i.dead) ids.insert(id);
    }
    return ids;
}

bool fake_stores::holds(const key_bytes& of, std::int64_t at_version) const {
    const auto found = secondary_.find(of);
    return found != secondary_.end() && found->second == at_version;
}

relay_machine::event fake_stores::load(const relay_machine& m) const {
    relay_machine::loaded out;
    for (auto i = outbox_.upper_bound(m.after());
         i != outbox_.end() && out.owed.size() < m.batch_rows(); ++i) {
        if (i->second.dead) continue;
        out.owed.push_back({.id = i->first,
                            .change = {.key = i->second.key,
                                       .version = {primary_.at(i->second.key)},
                                       .epoch = i->second.under},
                            .attempts = i->second.attempts});
    }
    return out;
}

relay_machine::event fake_stores::apply(const relay_machine& m) {
    batches_.push_back(m.changes().size());
    sent_.emplace_back();
    for (const change& c : m.changes())
        sent_.back().push_back(c.key);
    for (const change& c : m.changes()) {
        if (const auto found = poisoned_.find(c.key); found != poisoned_.end()) {
            return relay_machine::failed{found->second};
        }
    }
    relay_machine::applied out;
    for (const change& c : m.changes()) {
        std::int64_t& held = secondary_[c.key];
        if (c.epoch < open_from_) {
            out.statuses.push_back(apply_status::closed);
        } else if (held >= c.version.value) {
            out.statuses.push_back(apply_status::superseded);
        } else {
            held = c.version.value;
            out.statuses.push_back(apply_status::applied);
        }
        if (held == 0) secondary_.erase(c.key);
    }
    return out;
}

relay_machine::event fake_stores::settle(const relay_machine& m) {
    for (const std::int64_t id : m.intents()) {
        const auto found = outbox_.find(id);
        if (found == outbox_.end()) continue;
        const key_bytes& of = found->second.key;
        EXPECT_TRUE(holds(of, primary_.at(of))) << "settled before its apply was known: " << id;
        outbox_.erase(found);
    }
    return relay_machine::ok{};
}

relay_machine::event fake_stores::note(const relay_machine& m) {
    EXPECT_FALSE(m.intents().empty());
    pauses_.push_back(m.retry_after());
    for (const std::int64_t id : m.intents()) {
        intent& i = outbox_.at(id);
        EXPECT_TRUE(poisoned_.contains(i.key) || failure_.in < 0)
            << "blamed without a cause: " << id;
        ++i.attempts;
        i.dead = i.dead || m.dead();
    }
    return relay_machine::ok{};
}

relay_machine::event fake_stores::act(action what, const relay_machine& m) {
    switch (what) {
    case action::load: return load(m);
    case action::apply: return apply(m);
    case action::settle: return settle(m);
    case action::note_failure: return note(m);
    case action::check_closed: {
        const std::int64_t id = m.intents().front();
        if (forgotten_.contains(id)) outbox_.erase(id);
        return relay_machine::still_owed{outbox_.contains(id)};
    }
    case action::done: break;
    }
    return relay_machine::begin{};
}

relay_report fake_stores::pass(relay_options options, std::uint64_t seed) {
    relay_machine m(options, seed);
    actions_.clear();
    batches_.clear();
    sent_.clear();
    pauses_.clear();
    action next = m.resume(relay_machine::begin{});
    while (next != action::done && actions_.size() < 10'000) {
        actions_.push_back(next);
        if (failure_.in-- != 0) {
            next = m.resume(act(next, m));
            continue;
        }
        if (failure_.applied) (void)act(next, m);
        next = m.resume(relay_machine::failed{failure_.why});
    }
    EXPECT_EQ(next, action::done) << "the machine does not end";
    failure_.in = -1;
    return m.report();
}

} // namespace tandem
