// SPDX-License-Identifier: BSL-1.0
#include "tandem/memory/keyed_store.hpp"

#include "tandem/core/clock_source.hpp"

namespace tandem::testing {
namespace {

result<void> in_time(const call_context& call) {
    if (time_left(call).count() == 0) return errc::timeout;
    return success();
}

} // namespace

result<void> keyed_store::bind(binding b) {
    bound_ = std::move(b);
    return success();
}

result<std::string> keyed_store::identity(side, table_id table, const call_context&) {
    return "keyed memory: " + bound_.tables[table].name;
}

result<std::vector<schema_difference>> keyed_store::compare_schema(const call_context&) {
    return std::vector<schema_difference>();
}

result<std::optional<row>> keyed_store::get(table_id table, const row_key& at,
                                            const call_context& call) {
    TANDEM_TRY(in_time(call));
    std::function<void(const row_key&)> before, after;
    {
        const std::lock_guard lock(mutex_);
        if (reads_broken_) return error(errc::unavailable, "injected fault");
        before = before_get_;
        after = after_get_;
    }
    if (before) before(at);
    std::optional<row> found;
    {
        const std::lock_guard lock(mutex_);
        const auto& rows = tables_[table];
        if (const auto it = rows.find(at.encoded); it != rows.end()) found = it->second;
    }
    if (after) after(at);
    return found;
}

result<void> keyed_store::put(table_id table, const row_key& at, const row& image,
                              const call_context& call) {
    return send({table, at.encoded, image}, call);
}

result<void> keyed_store::erase(table_id table, const row_key& at, const call_context& call) {
    return send({table, at.encoded, std::nullopt}, call);
}

result<void> keyed_store::send(write w, const call_context& call) {
    TANDEM_TRY(in_time(call));
    const std::lock_guard lock(mutex_);
    if (faults_.empty()) {
        take_effect(std::move(w));
        return success();
    }
    const write_fault fault = faults_.front();
    faults_.pop_front();
    switch (fault) {
    case write_fault::refused: return error(errc::unavailable, "injected fault");
    case write_fault::unanswered: take_effect(std::move(w)); break;
    case write_fault::lost: break;
    case write_fault::late: late_.push_back(std::move(w)); break;
    }
    return error(errc::outcome_unknown, "injected fault");
}

void keyed_store::take_effect(write w) {
    auto& rows = tables_[w.table];
    if (w.image) {
        rows.insert_or_assign(std::move(w.key), std::move(*w.image));
    } else {
        rows.erase(w.key);
    }
}

result<std::vector<row>> keyed_store::scan(table_id table, const key_range& range,
                                           std::size_t limit, const call_context& call) {
    TANDEM_TRY(in_time(call));
    const std::lock_guard lock(mutex_);
    if (reads_broken_) return error(errc::unavailable, "injected fault");
    const auto bound = [](const std::optional<key>& k) {
        return k ? encode_stored_key(*k) : key_bytes();
    };
    const auto& rows = tables_[table];
    auto it = range.after  ? rows.upper_bound(bound(range.after))
              : range.from ? rows.lower_bound(bound(range.from))
                           : rows.begin();
    const auto end = range.to ? rows.lower_bound(bound(range.to)) : rows.end();
    std::vector<row> found;
    for (; it != end && it != rows.end() && found.size() < limit; ++it)
        found.push_back(it->second);
    return found;
}

void keyed_store::fail_next(write_fault fault) {
    const std::lock_guard lock(mutex_);
    faults_.push_back(fault);
}

std::size_t keyed_store::land_late() {
    const std::lock_guard lock(mutex_);
    const std::size_t count = late_.size();
    for (auto& w : late_)
        take_effect(std::move(w));
    late_.clear();
    return count;
}

void keyed_store::break_reads(bool broken) {
    const std::lock_guard lock(mutex_);
    reads_broken_ = broken;
}

void keyed_store::before_get(std::function<void(const row_key&)> run) {
    const std::lock_guard lock(mutex_);
    before_get_ = std::move(run);
}

void keyed_store::after_get(std::function<void(const row_key&)> run) {
    const std::lock_guard lock(mutex_);
    after_get_ = std::move(run);
}

std::size_t keyed_store::size(table_id table) const {
    const std::lock_guard lock(mutex_);
    const auto it = tables_.find(table);
    return it == tables_.end() ? 0 : it->second.size();
}

} // namespace tandem::testing
