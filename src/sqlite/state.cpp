// SPDX-License-Identifier: BSL-1.0
#include "sqlite/state.hpp"

#include "tandem/core/clock_source.hpp"

#include "sqlite/errors.hpp"

#include <sqlite3.h>

namespace tandem::sqlite::detail {

result<void> state::ready() const {
    if (is_bound) return success();
    return error(errc::not_started, "the store joined no migration; call bind() first");
}

result<void> state::ready(table_id table) const {
    TANDEM_TRY(ready());
    if (table < bound.tables.size()) return success();
    return error(errc::invalid_mapping, "the migration '" + bound.migration +
                                            "' has no table number " + std::to_string(table));
}

result<std::vector<table_layout>>
state::read_layouts(connection& c, const std::vector<table_schema>& tables) const {
    std::vector<table_layout> layouts;
    for (const auto& table : tables) {
        TANDEM_TRY(const auto live, inspect(c, table.name));
        TANDEM_TRY(auto layout, make_layout(table, live));
        layouts.push_back(std::move(layout));
    }
    return layouts;
}

result<void> state::load_layouts(connection& c) {
    if (has_layouts_.load(std::memory_order_acquire)) return success();
    TANDEM_TRY(auto own, read_layouts(c, bound.tables));
    TANDEM_TRY(auto joint, read_layouts(c, bound.joint));
    const std::lock_guard lock(layouts_mutex_);
    if (has_layouts_.load(std::memory_order_relaxed)) return success();
    layouts_ = std::move(own);
    joint_layouts_ = std::move(joint);
    has_layouts_.store(true, std::memory_order_release);
    return success();
}

table_ref state::table(side which, table_id t) const noexcept {
    if (bound.is_joint() && which != bound.side) {
        return {&bound.joint[t], &sql.joint[t], &joint_layouts_[t]};
    }
    return {&bound.tables[t], &sql.tables[t], &layouts_[t]};
}

// --- unit ---------------------------------------------------------------------------------------

result<unit> unit::begin(state& s, const call_context& call, foreign_keys mode, layouts what) {
    TANDEM_TRY(s.ready());
    TANDEM_TRY(auto lent, s.writer.take(call));
    if (lent->is_read_only()) {
        return error(errc::read_only, "'" + lent->path() +
                                          "' is read-only for this process; make the file and its "
                                          "directory writable");
    }
    TANDEM_TRY(lent->enforce_foreign_keys(mode == foreign_keys::enforced && s.opts.foreign_keys));
    TANDEM_TRY(lent->execute("BEGIN IMMEDIATE", "taking the write lock"));
    unit made(std::move(lent));
    if (what == layouts::needed) {
        TANDEM_TRY(s.load_layouts(*made));
    }
    return made;
}

unit::~unit() {
    if (lease_.holds()) roll_back();
}

void unit::roll_back() noexcept {
    lease_->suspend_deadline();
    // Some errors have ended the transaction already.
    if (lease_->in_transaction() && lease_->execute_code("ROLLBACK") != SQLITE_OK) {
        lease_->retire();
    }
}

result<void> unit::commit(const call_context& call) {
    if (!lease_->in_transaction()) { // an error of the disk or of memory ended it
        return error(errc::resources, "SQLite rolled the transaction in '" + lease_->path() +
                                          "' back after an error; nothing was written");
    }
    if (call.deadline != monotonic_time::max() && monotonic_now() >= call.deadline) {
        roll_back();
        return error(errc::timeout, "the deadline passed before the commit in '" + lease_->path() +
                                        "'; nothing was written");
    }
    lease_->suspend_deadline(); // a COMMIT that is under way is not interrupted
    const int code = lease_->execute_code("COMMIT");
    if (code == SQLITE_OK) return success();
    // The disk may have taken the commit before it reported the error. What left the transaction
    // open or had no room for it did not happen.
    const int primary_code = code & 0xff;
    const bool is_known =
        primary_code == SQLITE_FULL || (primary_code != SQLITE_IOERR && lease_->in_transaction());
    auto failed = is_known ? lease_->failure(code, "committing")
                           : unknown_commit(lease_->handle(), lease_->path());
    if (!is_known) lease_->retire();
    roll_back();
    return failed;
}

// --- snapshot -----------------------------------------------------------------------------------

result<snapshot> snapshot::begin(state& s, const call_context& call, layouts what) {
    TANDEM_TRY(s.ready());
    TANDEM_TRY(auto lent, s.readers.take(call));
    TANDEM_TRY(lent->execute("BEGIN", "beginning to read"));
    snapshot made(std::move(lent));
    if (what == layouts::needed) {
        TANDEM_TRY(s.load_layouts(*made));
    }
    return made;
}

snapshot::~snapshot() {
    // Moved from: nothing to end.
    if (!lease_.holds()) return;
    lease_->suspend_deadline();
    if (lease_->in_transaction() && lease_->execute_code("ROLLBACK") != SQLITE_OK) {
        lease_->retire();
    }
}

} // namespace tandem::sqlite::detail
