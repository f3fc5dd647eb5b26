// SPDX-License-Identifier: BSL-1.0
#include "tandem/memory/fault_injector.hpp"

#include <utility>

namespace tandem::testing {

namespace {

bool matches(operation wanted, operation seen) {
    return wanted == operation::any || wanted == seen;
}

error unknown_answer(operation op) {
    if (op == operation::write || op == operation::commit) {
        return {errc::outcome_unknown, "injected fault: the answer was lost"};
    }
    return {errc::connection_lost, "injected fault: the answer was lost"};
}

} // namespace

void fault_injector::add(rule r) {
    const std::scoped_lock lock(mutex_);
    rules_.push_back(std::move(r));
}

void fault_injector::fail(calls which, errc code, std::string detail) {
    add({.which = which, .answer = error(code, std::move(detail)), .run = false});
}

void fault_injector::unknown_applied(calls which) { add({.which = which, .unknown = true}); }

void fault_injector::unknown_not_applied(calls which) {
    add({.which = which, .unknown = true, .run = false});
}

void fault_injector::before(calls which, std::function<void()> run) {
    add({.which = which, .before = std::move(run)});
}

void fault_injector::after(calls which, std::function<void()> run) {
    add({.which = which, .after = std::move(run)});
}

void fault_injector::poison(std::function<bool(const change&)> match, errc code) {
    const std::scoped_lock lock(mutex_);
    poisons_.push_back({std::move(match), code});
}

void fault_injector::clear() {
    const std::scoped_lock lock(mutex_);
    rules_.clear();
    poisons_.clear();
}

std::int64_t fault_injector::count(operation op) const {
    const std::scoped_lock lock(mutex_);
    if (op != operation::any) return counts_[static_cast<std::size_t>(op)];
    std::int64_t sum = 0;
    for (const auto n : counts_)
        sum += n;
    return sum;
}

fault_injector::plan fault_injector::next(operation op) {
    plan out;
    const std::scoped_lock lock(mutex_);
    ++counts_[static_cast<std::size_t>(op)];
    for (auto it = rules_.begin(); it != rules_.end();) {
        auto& which = it->which;
        if (!matches(which.op, op)) {
            ++it;
            continue;
        }
        if (which.skip > 0) {
            --which.skip;
            ++it;
            continue;
        }
        if (it->before) out.before.push_back(it->before);
        if (it->after) out.after.push_back(it->after);
        if (!out.answer && (it->answer || it->unknown)) {
            out.answer = it->unknown ? unknown_answer(op) : *it->answer;
            out.run = it->run;
        }
        if (which.times > 0) --which.times;
        it = which.times == 0 ? rules_.erase(it) : std::next(it);
    }
    return out;
}

std::optional<error> fault_injector::poisoned(const change& c) const {
    std::vector<poison_rule> poisons;
    {
        const std::scoped_lock lock(mutex_);
        poisons = poisons_;
    }
    for (const auto& p : poisons) {
        if (p.match(c)) return error(p.code, "injected fault: the secondary refuses this row");
    }
    return std::nullopt;
}

} // namespace tandem::testing
